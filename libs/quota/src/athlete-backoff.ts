import type { AllowanceRow, Operation } from '@slipstream/records'
import { type Backoff, backoffUntil } from '@slipstream/runtime'

// Calls for one athlete may fail while those of all others work: then that athlete waits alone, ever longer.

export type AthleteBackoff = Pick<AllowanceRow, 'failures' | 'failingOperation' | 'failingSince' | 'retryAt'>

export const noBackoff: AthleteBackoff = {
  failures: 0,
  failingOperation: null,
  failingSince: null,
  retryAt: null,
}

const pauses: Backoff = { firstMs: 2_000, longestMs: 30 * 60_000, factor: 4, spread: 0.2 }

/** After another call for the athlete has failed. @param random in [0, 1) */
export const afterAthleteFailure = (
  backoff: AthleteBackoff,
  operation: Operation,
  now: Date,
  random: number,
): AthleteBackoff => {
  const failures = backoff.failures + 1
  return {
    failures,
    failingOperation: backoff.failingOperation ?? operation,
    failingSince: backoff.failingSince ?? now,
    retryAt: backoffUntil(now, pauses, failures, random),
  }
}

/** A token that could be refreshed, say, leaves the backoff of a list as it is. */
export const isOverWith = ({ failures, failingOperation }: AthleteBackoff, works: Operation): boolean =>
  failures > 0 && (failingOperation ?? works) === works
