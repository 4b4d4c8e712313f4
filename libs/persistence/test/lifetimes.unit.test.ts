import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { collections } from '../src/collections/index.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/facts.md'), 'utf8')

/** What the page says of each collection: the TTL index that ends its rows, or none. */
const documented = () => {
  const [, section = ''] = page.split('## How long rows live')
  const rows = [...section.matchAll(/^\| (`.+?`) \|.*\| (.+?) \|$/gm)]
  return rows.flatMap(([, names = '', by = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => ({ name, by })),
  )
}

const declared = () =>
  Object.values(collections).map(({ name, indexes }) => {
    const ends = indexes.find(({ expireAfterSeconds }) => expireAfterSeconds !== undefined)
    return { name, by: ends ? `TTL \`${ends.name}\` on \`${Object.keys(ends.key).join()}\`` : '–' }
  })

const byName = (one: { name: string }, other: { name: string }) => one.name.localeCompare(other.name)

it('docs/facts.md says of every collection by which index its rows end', () => {
  expect(documented().sort(byName)).toEqual(declared().sort(byName))
})
