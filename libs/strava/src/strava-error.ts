import type { FailureKind, StravaEndpoint, StravaFailure } from './judgement.ts'
import type { QuotaReading } from './quota-reading.ts'

/**
 * How a call failed, finer than its kind: `timeout` and `network` are both `transient`. `wrong_athlete`: the answer is of
 * another athlete than the one it was asked for. Nobody can tell whose trouble a list like that is, so it is `unexpected`; a
 * single activity like that is none of this athlete's, `not_found`, and no proof that it was deleted.
 */
export type FailedOutcome = FailureKind | 'timeout' | 'network' | 'wrong_athlete'

interface StravaErrorDetails {
  endpoint: StravaEndpoint
  outcome: FailedOutcome
  httpStatus?: number
  missingScope?: StravaFailure['missingScope']
  /** The answer had a body of Strava's own that says what was wrong. */
  isExplained?: boolean
  quota?: QuotaReading | null
  /** A few words of our own; never any part of an answer. */
  problem?: string
  cause?: Error
}

const kindOf = (outcome: FailedOutcome, endpoint: StravaEndpoint): FailureKind => {
  if (outcome === 'timeout' || outcome === 'network') return 'transient'
  if (outcome === 'wrong_athlete') return endpoint === 'activity' ? 'not_found' : 'unexpected'
  return outcome
}

/**
 * A call to Strava failed. Holds no token, address or part of an answer, so it may be logged whole.
 * `code` is `strava_<outcome>`.
 */
export class StravaError extends Error {
  override readonly name = 'StravaError'
  readonly code: `strava_${FailedOutcome}`
  readonly kind: FailureKind
  readonly outcome: FailedOutcome
  readonly endpoint: StravaEndpoint
  /** Null when no answer came. */
  readonly httpStatus: number | null
  /** The scope that Strava named, for `scope_missing`. */
  readonly missingScope: string | null
  /** False where Strava gave a status and no reason. */
  readonly isExplained: boolean
  /** Null when no answer came or its quota headers were unreadable; a 429 carries them. */
  readonly quota: QuotaReading | null

  constructor({ endpoint, outcome, httpStatus, missingScope, isExplained, quota, problem, cause }: StravaErrorDetails) {
    const details = [httpStatus && `HTTP ${httpStatus}`, problem].filter(Boolean).join(', ')
    super(`Strava call ${endpoint} failed: ${outcome}${details && ` (${details})`}`, cause && { cause })
    this.code = `strava_${outcome}`
    this.kind = kindOf(outcome, endpoint)
    this.outcome = outcome
    this.endpoint = endpoint
    this.httpStatus = httpStatus ?? null
    this.missingScope = missingScope ?? null
    this.isExplained = isExplained ?? false
    this.quota = quota ?? null
  }
}
