import { expect, it } from 'vitest'
import { findDocuments } from './documents.ts'
import { llmsFullText, llmsText } from './llms.ts'
import { navOf } from './nav.ts'

const nav = navOf(findDocuments())

const entries = [...llmsText(nav).matchAll(/^- \[(.*?)\]\((.*?)\)(?:: (.*))?$/gm)].map(
  ([, title = '', address = '', summary = '']) => ({ title, address, summary }),
)

it('lists every document once, under a title of its own', () => {
  expect(entries).toHaveLength(findDocuments().length)
  expect(new Set(entries.map(({ title }) => title.toLowerCase())).size).toBe(entries.length)
})

it('says of each what tells it from the others; of decisions the title does', () => {
  const decisions = entries.filter(({ address }) => address.startsWith('/docs/adr/0'))
  const others = entries.filter((entry) => !decisions.includes(entry))
  expect(decisions.filter(({ summary }) => summary !== '')).toEqual([])
  expect(others.filter(({ summary }) => summary.length < 30)).toEqual([])
  expect(new Set(others.map(({ summary }) => summary)).size).toBe(others.length)
})

it('leads to all of it in one text', () => {
  expect(llmsText(nav)).toContain('(/llms-full.txt)')
  expect(llmsFullText(nav)).toContain('# Five minutes with Slipstream')
})
