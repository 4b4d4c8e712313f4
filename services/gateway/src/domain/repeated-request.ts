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
 * Whether asking again would change nothing. Not after trouble on our side, which the repetition is there to get over, nor after a
 * refusal that came before anything was done.
 */
export const isFinal = ({ status, code }: { status: number; code: string }): boolean =>
  status < 500 && !['invalid_request', 'unsupported_media_type', 'too_many_requests'].includes(code)
