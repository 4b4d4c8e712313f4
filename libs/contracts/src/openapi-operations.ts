import { z } from 'zod'
import type { ZodOpenApiOperationObject, ZodOpenApiResponsesObject } from 'zod-openapi'
import { problemSchema } from './api.ts'
import { type ErrorCode, errorCatalogue } from './error-catalogue.ts'

// What operations of the OpenAPI document are put together from.

/** Responses for error codes, one per HTTP status, each listing its codes. */
export const problems = (...codes: ErrorCode[]): ZodOpenApiResponsesObject =>
  Object.fromEntries(
    [...Map.groupBy(codes, (code) => errorCatalogue[code].status)].map(([status, ofStatus]) => [
      String(status) as '400',
      {
        description: ofStatus.map((code) => `\`${code}\`: ${errorCatalogue[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  )

export const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
})

/** For a person or, asked for with `Accept`, for a program. */
export const pageOrJson = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'text/html': { schema: z.string() }, 'application/json': { schema } },
})

export const jsonBody = (schema: z.ZodType) => ({ required: true, content: { 'application/json': { schema } } })

interface Operation extends Omit<ZodOpenApiOperationObject, 'responses'> {
  operationId: string
  summary: string
  tags: [string]
  responses: ZodOpenApiResponsesObject
  /** Beside those every route of its kind may answer. */
  refusals?: ErrorCode[]
}

/** Needs an access token of the host's issuer. */
export const asAthlete = ({ refusals = [], ...operation }: Operation): ZodOpenApiOperationObject => ({
  ...operation,
  security: [{ accessToken: [] }],
  responses: {
    ...operation.responses,
    ...problems('unauthorized', ...refusals, 'internal_error', 'service_unavailable'),
  },
})
