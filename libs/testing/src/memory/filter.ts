import { compareValues, type Fields, isFields, isSameType, scalarOf, valuesAt } from './values.ts'

// MongoDB's filters, as far as this project uses them. What it does not know throws: a fake must not guess.

const isEqual = (one: unknown, other: unknown): boolean =>
  (one ?? null) === (other ?? null) || scalarOf(one) === scalarOf(other)

/** An array matches by itself or by one of its elements. */
const holds = (stored: unknown, wanted: unknown): boolean =>
  isEqual(stored, wanted) || (Array.isArray(stored) && stored.some((element) => isEqual(element, wanted)))

type Condition = (stored: unknown, operand: unknown, now: Date) => boolean

/** Only values of one type are compared: a time is neither before nor after null. */
const compares =
  (isTrue: (order: number) => boolean): Condition =>
  (stored, operand) =>
    isSameType(stored, operand) && isTrue(compareValues(stored, operand))

const conditions: Readonly<Record<string, Condition>> = {
  $lt: compares((order) => order < 0),
  $lte: compares((order) => order <= 0),
  $gt: compares((order) => order > 0),
  $gte: compares((order) => order >= 0),
  $eq: holds,
  $in: (stored, operand) => (operand as unknown[]).some((one) => holds(stored, one)),
  $exists: (stored, operand) => (stored !== undefined) === operand,
  $elemMatch: (stored, operand, now) =>
    Array.isArray(stored) && stored.some((element) => matches(element as Fields, operand as Fields, now)),
}

/** True of the whole field or of none of its values. */
const negations: Readonly<Record<string, string>> = { $ne: '$eq', $nin: '$in' }

const isCondition = (value: unknown): value is Fields =>
  isFields(value) && Object.keys(value).some((key) => key.startsWith('$'))

const matchesField = (document: Fields, field: string, wanted: unknown, now: Date): boolean => {
  const values = field.includes('.') ? valuesAt(document, field.split('.')) : [document[field]]
  if (!isCondition(wanted)) return values.some((value) => holds(value, wanted))
  return Object.entries(wanted).every(([operator, operand]) => {
    if (operator === '$not') return !matchesField(document, field, operand, now)
    const negated = negations[operator]
    const condition = conditions[negated ?? operator]
    if (!condition) throw new Error(`the database in memory does not know ${operator}`)
    return values.some((value) => condition(value, operand, now)) === (negated === undefined)
  })
}

/** `$expr` compares over the borders of types: absent and null come before every time. */
const matchesExpression = (document: Fields, expression: Fields, now: Date): boolean =>
  Object.entries(expression).every(([operator, operands]) => {
    const [left, right] = (operands as unknown[]).map((operand) => {
      if (operand === '$$NOW') return now
      return typeof operand === 'string' && operand.startsWith('$') ? document[operand.slice(1)] : operand
    })
    const order = compareValues(left, right)
    if (operator === '$lt') return order < 0
    if (operator === '$gt') return order > 0
    throw new Error(`the database in memory does not know ${operator}`)
  })

export const matches = (document: Fields, filter: Fields, now: Date): boolean => {
  for (const key in filter) {
    const wanted = filter[key]
    if (key === '$or') {
      if (!(wanted as Fields[]).some((one) => matches(document, one, now))) return false
    } else if (key === '$expr') {
      if (!matchesExpression(document, wanted as Fields, now)) return false
    } else if (!matchesField(document, key, wanted, now)) return false
  }
  return true
}
