import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const folder = join(import.meta.dirname, 'styles')

test('the page loads every file of styles', () => {
  const index = readFileSync(join(folder, 'index.css'), 'utf8')
  const loaded = [...index.matchAll(/@import "\.\/([\w-]+\.css)"/g)].map(([, name]) => name)
  const there = readdirSync(folder).filter((name) => name !== 'index.css')
  expect(loaded.toSorted()).toEqual(there.toSorted())
})
