/** What reading an answer gives: the data, or in a few words why not. A problem never quotes the answer. `isOfAnother`: it can be
 * read, and is not of the athlete who was asked for. */
export type Reading<T> = { data: T } | { problem: string; isOfAnother?: boolean }

/** The third argument is given by Node 24 (ECMAScript JSON.parse source text access), not yet known to TypeScript. */
const keepBigIntegers = (_key: string, value: unknown, context?: { source?: string }): unknown => {
  const source = context?.source
  return typeof value === 'number' && source && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? source : value
}

/**
 * Parses JSON; integers beyond 2^53 become strings of their digits instead of losing them. Strava's segment effort and
 * route ids are of that size.
 */
export const parseJson = (text: string): Reading<unknown> => {
  try {
    return { data: JSON.parse(text, keepBigIntegers) }
  } catch {
    // The syntax error is not kept: its message quotes the text, which may hold a token.
    return { problem: 'answer is not JSON' }
  }
}
