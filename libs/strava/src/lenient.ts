import { z } from 'zod'
import { parseJson, type Reading } from './json.ts'

// Strava leaves optional values out, or sends null, an empty array or an empty text; whole numbers come as floats and
// the other way round. What is optional here is therefore read or null, and never fails.

/** An id of any size, as a string. */
export const idSchema = z.union([z.int().nonnegative(), z.string().regex(/^\d+$/)]).transform(String)

export const numberSchema = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .transform(Number)
    .pipe(z.number()),
])

export const optional = <Schema extends z.ZodType>(schema: Schema) => schema.nullable().catch(null)

/**
 * Half a surrogate pair (an emoji cut in two) becomes U+FFFD, as it would in UTF-8 on the way to any store: what is read
 * again has to equal what was written.
 */
export const textSchema = z.string().transform((text) => text.toWellFormed())

export const optionalText = optional(textSchema.pipe(z.string().trim().min(1)))

/** Path and kind of the first thing wrong, for example `start_date: invalid_type`; no values. */
const problemOf = (error: z.ZodError): string => {
  const [issue] = error.issues
  return issue ? `${issue.path.join('.') || 'body'}: ${issue.code}` : 'body: unreadable'
}

export const readWith = <Schema extends z.ZodType>(schema: Schema, raw: unknown): Reading<z.output<Schema>> => {
  const result = schema.safeParse(raw)
  return result.success ? { data: result.data } : { problem: problemOf(result.error) }
}

export const readJsonWith =
  <Schema extends z.ZodType>(schema: Schema) =>
  (text: string): Reading<z.output<Schema>> => {
    const body = parseJson(text)
    return 'data' in body ? readWith(schema, body.data) : body
  }
