import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import mongoose from 'mongoose'
import { describe, expect, it } from 'vitest'
import { collections } from '../src/index.ts'

const goldenFolder = join(import.meta.dirname, '../../contracts/golden')

const frozenRows = readdirSync(goldenFolder).flatMap((version) =>
  readdirSync(join(goldenFolder, version, 'rows')).flatMap((file) => {
    const text = readFileSync(join(goldenFolder, version, 'rows', file), 'utf8')
    const rows = mongoose.mongo.BSON.EJSON.parse(text) as Record<string, unknown>[]
    const collection = basename(file, '.json')
    return rows.map((row, index) => ({ name: `${version} ${collection} #${index}`, collection, row }))
  }),
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
    ({ collection, row }) => {
      const Model = models.get(collection)
      if (!Model)
        throw new Error(`${collection} is no collection any more: say in a migration what becomes of its rows`)
      // `strict: 'throw'`: an unknown field throws here.
      const document = new Model(row)
      expect(document.validateSync()?.errors ?? {}).toEqual({})
    },
  )
})
