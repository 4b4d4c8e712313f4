import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import MiniSearch from 'minisearch'
import { expect, it } from 'vitest'
import { find, indexOptions } from './assets/find.js'
import { findDocuments, root, urlOf } from './documents.ts'
import { createMarkdown } from './markdown.ts'
import { navOf, searchWeightsOf } from './nav.ts'
import { entriesOf } from './search-index.ts'

// The site's search over the documents as they are, with the words of people who do not know ours.

const documents = findDocuments()
const weights = searchWeightsOf(navOf(documents))
const markdown = createMarkdown({ documents: new Set(documents), diagrams: { figureOf: () => '' } })

const index = new MiniSearch(indexOptions)
for (const source of documents) {
  const article = markdown.render(readFileSync(join(root, source), 'utf8'), { source })
  index.addAll(entriesOf(urlOf(source), `<article>${article}</article>`, weights.get(source) ?? 1))
}

it.each([
  ['pagination', 'docs/reference/http-api.md'],
  ['next page of workouts', 'docs/reference/http-api.md'],
  ['unsubscribe', 'docs/receive-events.md'],
  ['sandbox', 'services/simulator/README.md'],
  ['delete my copy', 'docs/receive-events.md'],
  ['versioning breaking change', 'docs/reference/events.md'],
  ['duplicate', 'docs/receive-events.md'],
  ['duplicates', 'docs/receive-events.md'],
  ['dedupe', 'docs/receive-events.md'],
  ['sse', 'docs/reference/http-api.md'],
  ['rate limit', 'docs/reference/http-api.md'],
  ['too_many_requests', 'docs/reference/errors.md'],
  ['strava_account_in_use', 'docs/reference/errors.md'],
  ['how do I replay events', 'docs/receive-events.md'],
  ['deep link', 'docs/linking/native.md'],
])('"%s" finds %s among the first three', (words, wanted) => {
  const places = find(index, words)
    .slice(0, 3)
    .map(({ id }) => String(id).replace(/#.*/, ''))
  expect(places).toContain(urlOf(wanted))
})

it('finds nothing where there is nothing to look for', () => {
  expect(find(index, ' ?')).toEqual([])
})
