import type { WaitReason } from '@slipstream/contracts'
import type { Wait } from '@slipstream/quota'
import type { FailureKind, StravaError } from '@slipstream/strava'

/** No call may be made before `until`. */
export interface Waiting {
  kind: 'wait'
  reason: WaitReason
  until: Date
}

/** Calls for one athlete have failed for a day, and Strava does not say why: somebody has to act. */
export interface RefusedForADay {
  kind: 'failed'
  code: 'strava_refuses'
}

const patienceMs = 24 * 60 * 60_000

/** What a wait means for the caller: to come again, or, after a day of the same, that waiting does not help. */
export const outcomeOf = ({ reason, until, failingSince }: Wait, now: Date): Waiting | RefusedForADay =>
  failingSince !== null && now.getTime() - failingSince.getTime() >= patienceMs
    ? { kind: 'failed', code: 'strava_refuses' }
    : { kind: 'wait', reason, until }

/** A call was not made, as none may be now. Ends retries within a call, and reaches the gate through the vault. */
export class HeldBackError extends Error {
  override readonly name = 'HeldBackError'
  readonly code = 'held_back'
  readonly wait: Wait

  constructor(wait: Wait) {
    super(`no call before ${wait.until.toISOString()}: waits for ${wait.reason}`)
    this.wait = wait
  }
}

/** A call was not made, as the ledger could not be asked: `cause` says why. Nothing was changed at Strava. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError'
  readonly code = 'not_sent'

  constructor(cause: unknown) {
    super('the ledger could not be asked', { cause })
  }
}

/** A token call failed; the ledger knows. `wait` is what it said comes of it, null where nothing does. */
export class TokenCallError extends Error {
  override readonly name = 'TokenCallError'
  readonly code = 'token_call_failed'
  readonly kind: FailureKind
  readonly wait: Wait | null

  constructor(failure: StravaError, wait: Wait | null) {
    super(failure.message, { cause: failure })
    this.kind = failure.kind
    this.wait = wait
  }
}

/** The wait that an error names, as it is or wrapped by the vault. */
export const waitIn = (error: unknown): Wait | null => {
  if (error instanceof HeldBackError || error instanceof TokenCallError) return error.wait
  return error instanceof Error && error.cause !== undefined ? waitIn(error.cause) : null
}
