import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { streams } from '@slipstream/messaging/topology'
import { collections } from '@slipstream/persistence'
import { expect, it } from 'vitest'

const page = readFileSync(join(import.meta.dirname, '../docs/data-protection.md'), 'utf8')

/** What the rows of the table under a heading are about. */
const told = (heading: string): string[] => {
  const [, part = ''] = page.split(`\n### ${heading}\n`)
  const [table = ''] = part.split(/\n##/)
  return [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name = '']) => name).toSorted()
}

it('docs/data-protection.md says of each collection what it holds', () => {
  const declared = Object.values(collections).map(({ name }) => name)
  expect(told('In MongoDB')).toEqual(declared.toSorted())
})

it('and of each stream', () => {
  expect(told('In NATS')).toEqual(Object.keys(streams).toSorted())
})
