import { goldenRows, goldenVersions } from '@slipstream/testing'
import mongoose from 'mongoose'
import { describe, expect, it } from 'vitest'
import { collections } from '../src/index.ts'

const frozenRows = goldenVersions.flatMap((version) =>
  [...goldenRows(version)].flatMap(([collection, rows]) =>
    rows.map((row, index) => ({ name: `${version} ${collection} #${index}`, collection, row })),
  ),
)

const models = new Map(
  Object.values(collections).map(({ name, schema }) => [
    name,
    new mongoose.Mongoose().model(name, schema as unknown as mongoose.Schema<object>),
  ]),
)

describe('rows of every release', () => {
  it('are there, of every collection', () => {
    const seen = new Set(frozenRows.map(({ collection }) => collection))
    expect(seen.size).toBeGreaterThanOrEqual(13)
  })

  it.each(frozenRows)(
    '$name has no field that today’s schema does not know, and all that it asks for',
    async ({ collection, row }) => {
      const Model = models.get(collection)
      if (!Model)
        throw new Error(`${collection} is no collection any more: say in a migration what becomes of its rows`)
      // 'throw': otherwise an unknown field is kept without a word.
      const document = new Model(row, 'throw')
      await expect(document.validate()).resolves.toBeUndefined()
    },
  )
})
