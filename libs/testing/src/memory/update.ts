import { matches } from './filter.ts'
import { copyOf, type Fields, isFields, valuesAt } from './values.ts'

// MongoDB's updates, as far as this project uses them. What it does not know throws: a fake must not guess.

const parentAt = (document: Fields, path: string): { parent: Fields; key: string } => {
  const keys = path.split('.')
  const key = keys.pop() ?? path
  let parent = document
  for (const step of keys) {
    const next = parent[step] ?? {}
    if (!isFields(next)) throw new Error(`the database in memory cannot write to ${path}`)
    const changed = { ...next }
    parent[step] = changed
    parent = changed
  }
  return { parent, key }
}

interface Pushed {
  $each: unknown[]
  $slice?: number
}

const isPushed = (value: unknown): value is Pushed => isFields(value) && '$each' in value

type Change = (parent: Fields, key: string, operand: unknown, now: Date) => void

const changes: Readonly<Record<string, Change>> = {
  $set: (parent, key, operand) => {
    parent[key] = copyOf(operand)
  },
  $unset: (parent, key) => {
    delete parent[key]
  },
  $inc: (parent, key, operand) => {
    parent[key] = Number(parent[key] ?? 0) + Number(operand)
  },
  $max: (parent, key, operand) => {
    if (parent[key] === undefined || Number(parent[key]) < Number(operand)) parent[key] = operand
  },
  $push: (parent, key, operand) => {
    const { $each, $slice } = isPushed(operand) ? operand : { $each: [operand] }
    const all = [...((parent[key] as unknown[]) ?? []), ...copyOf($each)]
    parent[key] = $slice === undefined ? all : all.slice($slice)
  },
  $pull: (parent, key, operand, now) => {
    const kept = (parent[key] as Fields[]).filter((element) => !matches(element, operand as Fields, now))
    parent[key] = kept
  },
}

type Expression = (operands: unknown[]) => unknown

const plus = (sum: unknown, value: unknown): unknown =>
  sum instanceof Date ? new Date(sum.getTime() + Number(value)) : Number(sum) + Number(value)

const expressions: Readonly<Record<string, Expression>> = {
  $add: (operands) => operands.reduce(plus),
  $multiply: (operands) => operands.map(Number).reduce((product, factor) => product * factor),
  $eq: ([one, other]) => one === other,
  $cond: ([condition, yes, no]) => (condition ? yes : no),
  $ifNull: (operands) => operands.find((value) => value !== undefined && value !== null) ?? null,
  $rand: () => Math.random(),
}

const evaluate = (expression: unknown, document: Fields, now: Date): unknown => {
  if (expression === '$$NOW') return now
  if (typeof expression === 'string' && expression.startsWith('$')) {
    return valuesAt(document, expression.slice(1).split('.'))[0]
  }
  const [operator] = isFields(expression) ? Object.keys(expression) : []
  if (!operator?.startsWith('$')) return expression
  const compute = expressions[operator]
  if (!compute) throw new Error(`the database in memory does not know ${operator}`)
  const operands = (expression as Fields)[operator]
  return compute(Array.isArray(operands) ? operands.map((operand) => evaluate(operand, document, now)) : [])
}

/** An update by operators, or a pipeline of `$set` stages. */
export type Update = Fields | readonly { $set: Fields }[]

/** Changes the document in place; what it holds is replaced, not changed. */
export const applyUpdate = (document: Fields, update: Update, now: Date): void => {
  if (Array.isArray(update)) {
    for (const { $set } of update as { $set: Fields }[]) {
      const values = Object.entries($set).map(
        ([field, expression]) => [field, evaluate(expression, document, now)] as const,
      )
      for (const [path, value] of values) {
        const { parent, key } = parentAt(document, path)
        parent[key] = value
      }
    }
    return
  }
  for (const [operator, fields] of Object.entries(update)) {
    if (operator === '$setOnInsert') continue
    const change = changes[operator]
    if (!change) throw new Error(`the database in memory does not know ${operator}`)
    for (const [path, operand] of Object.entries(fields as Fields)) {
      if (operand === undefined) continue
      if (path.includes('$')) throw new Error(`the database in memory cannot write to ${path}`)
      const { parent, key } = parentAt(document, path)
      change(parent, key, operand, now)
    }
  }
}

/** What an upsert that found nothing inserts: what the filter says is equal, and all that the update says. */
export const insertedBy = (filter: Fields, update: Update, now: Date): Fields => {
  const equal = Object.entries(filter).filter(([field, value]) => !field.startsWith('$') && !isFields(value))
  const document: Fields = Object.fromEntries(equal)
  if (!Array.isArray(update)) applyUpdate(document, { $set: (update as Fields).$setOnInsert ?? {} }, now)
  applyUpdate(document, update, now)
  return document
}
