// How the search of the site finds, in the browser and in search.unit.test.ts.

/** How the index is made, of the entries of search.json. */
export const indexOptions = { fields: ['heading', 'page', 'text'], storeFields: ['heading', 'page', 'weight'] }

/** Words that say nothing about what is looked for. */
const stopWords = new Set(
  'a an and are at be by can do does for from how i in is it me my of on or our that the this to what when where which why with you your'.split(
    ' ',
  ),
)

/** What else a word may be called in the documents; each is one or more words that have to come together. */
const otherWords = new Map([
  ['breaking', ['only added']],
  ['dedupe', ['duplicate', 'seen']],
  ['deduplicate', ['dedupe', 'duplicate']],
  ['duplicate', ['dedupe', 'twice']],
  ['limit', ['ratelimit', 'too many requests']],
  ['pagination', ['cursor']],
  ['paging', ['cursor']],
  ['sandbox', ['simulator']],
  ['sse', ['server sent events']],
  ['throttling', ['ratelimit', 'too many requests']],
  ['unsubscribe', ['durable']],
])

/** Without the ending of a plural or of a form of a verb, so that the rest is found as the beginning of any form. */
const stemOf = (word) => (word.length > 5 ? word.replace(/(ing|ed|s)$/, '') : word)

const anyOf = (queries) => ({ combineWith: 'OR', queries })
const allOf = (queries) => ({ combineWith: 'AND', queries })

/** A word, its other forms and its other names. */
const queryOf = (word) => {
  const stem = stemOf(word)
  const names = otherWords.get(word) ?? otherWords.get(stem) ?? []
  return anyOf([...new Set([word, stem]), ...names.map((name) => allOf(name.split(' ')))])
}

const options = {
  boost: { heading: 4, page: 2 },
  prefix: (term) => term.length > 2,
  fuzzy: (term) => (term.length > 5 ? 0.1 : false),
  boostDocument: (_id, _term, { weight }) => weight,
}

/** What has all of the words first, then what has some of them. */
export const find = (index, text) => {
  const words = text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
  const telling = words.filter((word) => !stopWords.has(word))
  const queries = (telling.length > 0 ? telling : words).map(queryOf)
  if (queries.length === 0) return []
  const all = index.search(allOf(queries), options)
  const known = new Set(all.map(({ id }) => id))
  return [...all, ...index.search(anyOf(queries), options).filter(({ id }) => !known.has(id))]
}
