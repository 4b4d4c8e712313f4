import type { Request } from 'express'
import type { z } from 'zod'
import { RefusalError } from '../domain/refusal.ts'

interface Issue {
  path: PropertyKey[]
  message: string
  code?: string
  keys?: string[]
}

/** A caller's mistake in a name is shown. What is longer may be a secret in the place of one: tokens and codes have 40 characters and more. */
const looksLikeName = (key: string): boolean => key.length <= 32

/** One entry for each offending field; an unknown field is named itself rather than its parent. */
const describe = ({ code, keys, path, message }: Issue) =>
  code === 'unrecognized_keys' && keys
    ? keys.map((key) => ({ path: [...path, ...(looksLikeName(key) ? [key] : [])].join('.'), message: 'is not known' }))
    : [{ path: path.join('.'), message }]

const read = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> => {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new RefusalError(
    'invalid_request',
    result.error.issues.flatMap((issue) => describe(issue as Issue)),
  )
}

/** @throws RefusalError `unsupported_media_type` or `invalid_request` with one entry for each offending field. */
export const readBody = <Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> => {
  if (request.is('application/json') === false) throw new RefusalError('unsupported_media_type')
  return read(schema, request.body)
}

/** @throws RefusalError `invalid_request` with one entry for each offending parameter. */
export const readQuery = <Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> =>
  read(schema, { ...request.query })

/**
 * The id in the address. What cannot be one of ours is not looked for, so that the store does not note it among its slow queries.
 * @throws RefusalError `not_found`
 */
export const readId = (request: Request): string => {
  const { id } = request.params
  if (typeof id !== 'string' || !/^[a-z]+_[a-z0-9_]{1,64}$/.test(id)) throw new RefusalError('not_found')
  return id
}
