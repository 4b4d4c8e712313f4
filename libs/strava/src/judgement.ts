import { z } from 'zod'
import { parseJson } from './json.ts'

/** The calls this client makes; a closed set, fit for a metrics label. */
export const stravaEndpoints = [
  'token',
  'refresh',
  'revoke',
  'athlete',
  'activities',
  'activity',
  'subscription',
] as const
export type StravaEndpoint = (typeof stravaEndpoints)[number]

/**
 * What a refused call means. 401 alone has four meanings (dead token, missing scope, wrong client secret, closed
 * endpoint), so the status never decides by itself.
 */
export type FailureKind =
  | 'access_token_dead'
  | 'scope_missing'
  | 'client_credentials_invalid'
  | 'endpoint_closed'
  | 'app_inactive'
  | 'rate_limited'
  | 'not_found'
  | 'code_invalid'
  | 'refresh_token_dead'
  | 'athlete_limit_reached'
  | 'transient'
  | 'unexpected'

/** `missingScope` is set for `scope_missing` alone, in the form a scope is asked for: `activity:read`. */
export interface StravaFailure {
  kind: FailureKind
  missingScope: string | null
}

const faultSchema = z.object({
  message: z.string().catch(''),
  errors: z
    .array(
      z.object({
        resource: z.string().catch(''),
        field: z.string().catch(''),
        code: z.string().catch(''),
      }),
    )
    .catch([]),
})

/** Strava's error body. `isJson` is false for a page of text (an edge or a proxy answered): `message` is that text. */
export type Fault = z.infer<typeof faultSchema> & { isJson: boolean }

/** Reads an error body of any form; null when it is empty. */
export const readFault = (text: string): Fault | null => {
  if (text.trim() === '') return null
  const body = parseJson(text)
  const fault = 'data' in body ? faultSchema.safeParse(body.data) : undefined
  return fault?.success ? { ...fault.data, isJson: true } : { message: text, errors: [], isJson: false }
}

interface RefusedCall {
  status: number
  fault: Fault | null
  endpoint: StravaEndpoint
}

type FaultPattern = Partial<Record<'resource' | 'field' | 'code', string | RegExp>>

const matches = (value: string, wanted: string | RegExp | undefined): boolean =>
  wanted === undefined || (typeof wanted === 'string' ? value.toLowerCase() === wanted : wanted.test(value))

const findError = (fault: Fault | null, pattern: FaultPattern) =>
  fault?.errors.find(
    ({ resource, field, code }) =>
      matches(resource, pattern.resource) && matches(field, pattern.field) && matches(code, pattern.code),
  )

const missingPermission: FaultPattern = { field: /^[a-z_]+:?[a-z_]*_permission$/, code: 'missing' }

/** A JSON 404, or an empty one, that speaks of the activity. A text page is more likely a wrong base URL than a deletion. */
const saysActivityIsGone = ({ status, fault, endpoint }: RefusedCall): boolean =>
  endpoint === 'activity' &&
  status === 404 &&
  (fault === null ||
    findError(fault, { resource: 'activity' }) !== undefined ||
    (fault.isJson && fault.errors.length === 0 && /not found/i.test(fault.message)))

/**
 * First match wins. Every line is an observed answer; collected at https://developers.strava.com/docs/,
 * https://github.com/stravalib/stravalib (issues 185, 305, 730) and https://github.com/node-strava/node-strava-v3 (97, 209).
 */
const rules: { kind: FailureKind; when: (call: RefusedCall) => boolean }[] = [
  { kind: 'rate_limited', when: ({ status }) => status === 429 },
  { kind: 'rate_limited', when: ({ fault }) => !!findError(fault, { field: /rate limit/i, code: 'exceeded' }) },
  { kind: 'transient', when: ({ status }) => status >= 500 || status === 408 },
  {
    kind: 'app_inactive',
    when: ({ fault }) => !!findError(fault, { resource: 'application', field: 'status', code: 'inactive' }),
  },
  { kind: 'athlete_limit_reached', when: ({ fault }) => /limit of connected athletes/i.test(fault?.message ?? '') },
  { kind: 'scope_missing', when: ({ fault }) => !!findError(fault, missingPermission) },
  { kind: 'access_token_dead', when: ({ fault }) => !!findError(fault, { field: 'access_token', code: 'invalid' }) },
  { kind: 'refresh_token_dead', when: ({ fault }) => !!findError(fault, { field: 'refresh_token', code: 'invalid' }) },
  {
    kind: 'code_invalid',
    when: ({ fault }) => !!findError(fault, { resource: /^(authorizationcode|requesttoken)$/i, code: 'invalid' }),
  },
  {
    kind: 'endpoint_closed',
    when: ({ fault }) => !!findError(fault, { resource: 'application', field: 'internal', code: 'invalid' }),
  },
  {
    kind: 'endpoint_closed',
    when: ({ fault }) => !!findError(fault, { resource: 'resource', field: 'path', code: 'invalid' }),
  },
  {
    kind: 'client_credentials_invalid',
    when: ({ fault }) => !!findError(fault, { resource: 'application', field: /^(client_id)?$/, code: 'invalid' }),
  },
  {
    // A wrong Basic header at the revocation endpoint: {"message":"Authorization Error","errors":[]}
    kind: 'client_credentials_invalid',
    when: ({ status, endpoint }) => endpoint === 'revoke' && status === 401,
  },
  { kind: 'not_found', when: saysActivityIsGone },
]

/** Says what a refused call means, from status, error body and endpoint; anything not known is `unexpected`. */
export const judgeResponse = (call: RefusedCall): StravaFailure => {
  const kind = rules.find(({ when }) => when(call))?.kind ?? 'unexpected'
  const missing = kind === 'scope_missing' ? findError(call.fault, missingPermission) : undefined
  return { kind, missingScope: missing ? missing.field.replace(/_permission$/, '') : null }
}
