import type { Schema } from './generate.ts'

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null

const valuesOf = ({ enum: several, const: one }: Schema): string[] => {
  const values = several ?? (one === undefined ? [] : [one])
  return values.filter((value) => typeof value === 'string')
}

const namesError = (values: readonly string[]): boolean => values.includes('internal_error')

/** A union that an editor completes and that any other text is assignable to. */
const openUnion = (values: readonly string[]): string =>
  `${namesError(values) ? 'ErrorCode' : values.map((value) => `'${value}'`).join(' | ')} | (string & {})`

/**
 * A schema for what is read: a value that a later release adds to a list of texts must not break a reader of today.
 * For `types` such a list becomes an open union, for `checks` it becomes any text.
 */
export const openedFor = (use: 'types' | 'checks', schema: Schema): Schema => {
  const values = valuesOf(schema)
  const { enum: _enum, const: _const, propertyNames: _names, ...rest } = schema
  const open =
    values.length === 0
      ? schema.propertyNames === undefined
        ? schema
        : rest
      : { ...rest, ...(use === 'types' && { tsType: openUnion(values) }) }
  return Object.fromEntries(
    Object.entries(open).map(([keyword, value]) => [
      keyword,
      Array.isArray(value)
        ? value.map((one) => (isSchema(one) ? openedFor(use, one) : one))
        : isSchema(value)
          ? openedFor(use, value)
          : value,
    ]),
  )
}
