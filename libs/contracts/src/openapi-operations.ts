import { z } from 'zod'
import type { ZodOpenApiOperationObject, ZodOpenApiResponsesObject } from 'zod-openapi'
import { problemSchema } from './api.ts'
import { type ErrorCode, errorCatalogue } from './error-catalogue.ts'

// What operations of the OpenAPI document are put together from.

/** Statuses that come with the time at which asking again makes sense. */
const tellsWhen = new Set([429, 503])

const retryAfter = z.object({ 'Retry-After': z.string().meta({ description: 'Seconds.' }) })

/** Responses for error codes, one per HTTP status, each listing its codes. */
export const problems = (...codes: ErrorCode[]): ZodOpenApiResponsesObject =>
  Object.fromEntries(
    [...Map.groupBy(codes, (code) => errorCatalogue[code].status)].map(([status, ofStatus]) => [
      String(status) as '400',
      {
        ...(tellsWhen.has(status) && { headers: retryAfter }),
        description: ofStatus.map((code) => `\`${code}\`: ${errorCatalogue[code].title}.`).join(' '),
        content: {
          'application/problem+json': {
            schema: problemSchema,
            examples: Object.fromEntries(ofStatus.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
          },
        },
      },
    ]),
  )

export const json = <Schema extends z.ZodType>(
  description: string,
  schema: Schema,
  example: z.output<NoInfer<Schema>>,
) => ({ description, content: { 'application/json': { schema, example } } })

/** For a person or, asked for with `Accept`, for a program. */
export const pageOrJson = <Schema extends z.ZodType>(
  description: string,
  schema: Schema,
  example: z.output<NoInfer<Schema>>,
) => ({
  description,
  content: { 'text/html': { schema: z.string() }, 'application/json': { schema, example } },
})

export const jsonBody = <Schema extends z.ZodType>(schema: Schema, example: z.input<NoInfer<Schema>>) => ({
  required: true,
  content: { 'application/json': { schema, example } },
})

interface Operation extends Omit<ZodOpenApiOperationObject, 'responses'> {
  operationId: string
  summary: string
  tags: [string]
  responses: ZodOpenApiResponsesObject
  /** Beside those every route of its kind may answer. */
  refusals?: ErrorCode[]
  /** How often it may be asked for is limited. */
  isLimited?: true
  /** May be sent again under the same `Idempotency-Key`. */
  isRepeatable?: true
}

const rateLimitHeaders = z.object({
  RateLimit: z.string().optional().meta({
    description:
      'What is left of each limit (draft-ietf-httpapi-ratelimit-headers-10): `r` requests, renewed in `t` seconds.',
  }),
  'RateLimit-Policy': z
    .string()
    .optional()
    .meta({ description: 'The limits of the athlete: `q` requests in `w` seconds.' }),
})

const idempotencyKey = z.object({
  'Idempotency-Key': z
    .string()
    .regex(/^("[!#-~]{1,255}"|[!#-~]{1,255})$/)
    .optional()
    .meta({
      description:
        'Makes it safe to send the request again: for a day the same key, athlete and body get the same answer. A random one, such as a UUID.',
    }),
})

const withRateLimit = (responses: ZodOpenApiResponsesObject): ZodOpenApiResponsesObject =>
  Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [status, { ...response, headers: rateLimitHeaders }]),
  )

/** Needs an access token of the host's issuer. */
export const asAthlete = ({
  refusals = [],
  isLimited,
  isRepeatable,
  ...operation
}: Operation): ZodOpenApiOperationObject => ({
  ...operation,
  ...(isRepeatable && { requestParams: { ...operation.requestParams, header: idempotencyKey } }),
  security: [{ accessToken: [] }],
  responses: {
    ...(isLimited ? withRateLimit(operation.responses) : operation.responses),
    ...problems(
      ...new Set<ErrorCode>([
        'unauthorized',
        ...refusals,
        ...(isLimited ? (['too_many_requests'] as const) : []),
        ...(isRepeatable ? (['invalid_request', 'request_in_progress', 'idempotency_key_reused'] as const) : []),
        'internal_error',
        'service_unavailable',
      ]),
    ),
  },
})

/** Needs an access token with the role `slipstream:operator`. */
export const asOperator = ({ refusals = [], ...operation }: Operation): ZodOpenApiOperationObject =>
  asAthlete({ ...operation, refusals: ['forbidden', ...refusals] })
