/** A stored document, or a part of one. */
export type Fields = Record<string, unknown>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

/** As a document enters a database: a copy, without fields that are undefined, that nobody can change afterwards. */
export const copyOf = <T>(value: T): T => {
  if (Array.isArray(value)) return Object.freeze(value.map(copyOf)) as T
  if (value instanceof Date) return new Date(value) as T
  if (!isFields(value) || Object.isFrozen(value)) return value
  const copy: Fields = {}
  for (const key in value) if (value[key] !== undefined) copy[key] = copyOf(value[key])
  return Object.freeze(copy) as T
}

/** What stands at a dotted path: one value, or one for each element of the arrays on the way. */
export const valuesAt = (value: unknown, path: readonly string[]): unknown[] => {
  const [key, ...rest] = path
  if (key === undefined) return [value]
  if (Array.isArray(value)) {
    if (/^\d+$/.test(key)) return valuesAt(value[Number(key)], rest)
    return value.length === 0 ? [undefined] : value.flatMap((element) => valuesAt(element, path))
  }
  return isFields(value) ? valuesAt(value[key], rest) : [undefined]
}

/** What can be put in order; dates as their milliseconds. */
export const scalarOf = (value: unknown): unknown => (value instanceof Date ? value.getTime() : value)

/** MongoDB's order of types, as far as they are compared here: absent and null come first. */
const rankOf = (value: unknown): number => {
  if (value === undefined || value === null) return 0
  if (typeof value === 'number') return 1
  if (typeof value === 'string') return 2
  if (typeof value === 'boolean') return 4
  return value instanceof Date ? 5 : 3
}

export const isSameType = (one: unknown, other: unknown): boolean => rankOf(one) === rankOf(other)

/** Negative where `one` comes before `other`. */
export const compareValues = (one: unknown, other: unknown): number => {
  const ranks = rankOf(one) - rankOf(other)
  if (ranks !== 0 || rankOf(one) === 0) return ranks
  const [left, right] = [scalarOf(one), scalarOf(other)] as [number, number]
  return left < right ? -1 : Number(left > right)
}
