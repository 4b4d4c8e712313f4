import type { ErrorCode, Problem } from '../generated/contracts.ts'
import { secondsToWait } from './retry-after.ts'

/** What can go wrong before the gateway's own words arrive. */
export type LocalErrorCode = 'unreachable' | 'timed_out' | 'unexpected_answer'

/** Codes of the error catalogue, those of this client, and any that a later release adds. */
export type SlipstreamErrorCode = ErrorCode | LocalErrorCode | (string & {})

type ProblemFields = Omit<Problem, 'code' | 'status'>

interface Details extends ProblemFields {
  code: SlipstreamErrorCode
  status: number | null
  retryAfterSeconds: number | null
}

/** A request that did not succeed: the gateway's problem document (RFC 9457), or why there is none. */
export class SlipstreamError extends Error implements Details {
  override readonly name = 'SlipstreamError'
  readonly code: SlipstreamErrorCode
  /** Of HTTP; null where there was no answer. */
  readonly status: number | null
  /** Address of a page that explains the code. */
  readonly type: string
  /** For people, as are `detail` and `action`. */
  readonly title: string
  readonly detail: string
  /** Who can do something about it. */
  readonly actor: Problem['actor']
  /** What they can do; `wait` where nobody needs to do anything. */
  readonly action: string
  /** Where they can do it: a path of the gateway's page, or an address at Strava. */
  readonly actionUrl: string | null
  /** The fields that were refused. */
  readonly errors: Problem['errors']
  /** How long the gateway asked to wait before the next try. */
  readonly retryAfterSeconds: number | null

  constructor(details: Details, options?: ErrorOptions) {
    super(`${details.title} (${details.code})`, options)
    this.code = details.code
    this.status = details.status
    this.type = details.type
    this.title = details.title
    this.detail = details.detail
    this.actor = details.actor
    this.action = details.action
    this.actionUrl = details.actionUrl
    this.errors = details.errors
    this.retryAfterSeconds = details.retryAfterSeconds
  }
}

const localTexts: Readonly<Record<LocalErrorCode, Pick<Details, 'title' | 'detail' | 'actor' | 'action'>>> = {
  unreachable: {
    title: 'Slipstream cannot be reached',
    detail: 'The network, or a proxy on the way, did not let the request through. Try again in a moment.',
    actor: 'nobody',
    action: 'wait',
  },
  timed_out: {
    title: 'Slipstream did not answer in time',
    detail: 'The request may have been carried out. Try again in a moment.',
    actor: 'nobody',
    action: 'wait',
  },
  unexpected_answer: {
    title: 'The answer is not one of Slipstream',
    detail: 'Something else answers at this address, or changes answers on their way.',
    actor: 'operator',
    action: 'contact_support',
  },
}

/** An error that the gateway did not word itself. */
export const localError = (
  code: LocalErrorCode,
  {
    status = null,
    retryAfterSeconds = null,
    cause,
  }: { status?: number | null; retryAfterSeconds?: number | null; cause?: unknown } = {},
): SlipstreamError =>
  new SlipstreamError(
    { code, status, type: 'about:blank', ...localTexts[code], actionUrl: null, errors: [], retryAfterSeconds },
    cause === undefined ? undefined : { cause },
  )

const isProxys = (status: number): boolean => status === 502 || status === 503 || status === 504

/** The error that an answer outside 2xx stands for. */
export const errorOf = async (response: Response): Promise<SlipstreamError> => {
  const { status, headers } = response
  const retryAfterSeconds = secondsToWait(headers, Date.now())
  if (headers.get('content-type')?.startsWith('application/problem+json')) {
    const problem = (await response.json()) as Problem
    return new SlipstreamError({ ...problem, status, retryAfterSeconds })
  }
  return localError(isProxys(status) ? 'unreachable' : 'unexpected_answer', { status, retryAfterSeconds })
}
