import type { Request } from 'express'
import type { z } from 'zod'
import { RefusalError } from '../domain/refusal.ts'

interface Issue {
  path: PropertyKey[]
  message: string
  code?: string
  keys?: string[]
}

/** One entry for each offending field; an unknown field is named itself rather than its parent. */
const describe = (issue: Issue) =>
  issue.code === 'unrecognized_keys' && issue.keys
    ? issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'is not known' }))
    : [{ path: issue.path.join('.'), message: issue.message }]

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
