import type { ErrorCode } from '@slipstream/contracts'
import { type FieldProblem, RefusalError } from './refusal.ts'

/** An answer as it was given, to be given again. */
export interface KeptAnswer {
  status: number
  isProblem: boolean
  body: object
  /** `Set-Cookie` lines: an answer that was lost on its way has taken its cookie with it. */
  cookies: string[]
}

export interface KeyedRequest {
  /** Of athlete, route and key. */
  id: string
  athleteId: string
  /** Of what was asked for. */
  fingerprint: string
}

/** What is known of a request when it comes. `until`: how long nobody else works on it. */
export type Claim =
  | { kind: 'claimed'; until: Date }
  | { kind: 'answered'; answer: KeptAnswer }
  | { kind: 'in_progress' }
  | { kind: 'other_request' }

/** Requests that came with an `Idempotency-Key`, for a day. */
export interface KeyedRequests {
  claim(request: KeyedRequest): Promise<Claim>
  keep(request: KeyedRequest, until: Date, answer: KeptAnswer): Promise<void>
  /** It has come to nothing, and may be tried again at once. */
  release(request: KeyedRequest, until: Date): Promise<void>
  removeOf(athleteId: string): Promise<void>
}

const malformed: FieldProblem = {
  path: 'Idempotency-Key',
  message: 'must be one key of 1 to 255 visible ASCII characters, such as a UUID',
}

/**
 * The key of the header, with or without the quotes of draft-ietf-httpapi-idempotency-key-header; null when there is none.
 * @throws RefusalError `invalid_request`
 */
export const readIdempotencyKey = (header: string | undefined): string | null => {
  if (header === undefined) return null
  const key = /^(?:"([!#-~]{1,255})"|([!#-~]{1,255}))$/.exec(header)
  const found = key?.[1] ?? key?.[2]
  if (found === undefined) throw new RefusalError('invalid_request', [malformed])
  return found
}

/**
 * What keeps its answer. Final is the verdict on an attempt to link that this very request has used up: the repetition would find
 * it gone and be told less. Everything else was refused before anything was done, or failed on our side, and may be otherwise within
 * the day: the athlete links or submits a profile, the operator makes a place, Strava answers again.
 */
const finality: Record<ErrorCode, boolean> = {
  link_token_invalid: true,
  link_expired: true,
  consent_denied: true,
  result_invalid: true,
  strava_account_in_use: true,
  different_strava_account: true,
  profile_required: false,
  app_full: false,
  not_linked: false,
  reauth_required: false,
  /** Of a sync: the permission may be given by now. A return without it never gets as far as a request with a key. */
  scope_missing: false,
  app_inactive: false,
  app_misconfigured: false,
  endpoint_closed: false,
  strava_refuses: false,
  quota_exhausted: false,
  strava_unavailable: false,
  too_many_requests: false,
  unauthorized: false,
  forbidden: false,
  invalid_request: false,
  not_found: false,
  method_not_allowed: false,
  payload_too_large: false,
  unsupported_media_type: false,
  request_in_progress: false,
  idempotency_key_reused: false,
  internal_error: false,
  service_unavailable: false,
}

/** Whether a refusal is the answer to the same request for a day. */
export const isFinal = (code: ErrorCode): boolean => finality[code]
