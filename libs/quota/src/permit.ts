import type { Lane, WaitReason } from '@slipstream/contracts'
import type { ClockLead } from '@slipstream/records'
import { type AthleteUsage, allowanceOf, isExempt, leftOf } from './allowance.ts'
import { type Availability, afterPermit, closedUntil } from './availability.ts'
import { laneOpensAt, spreadOver } from './lane-budget.ts'
import type { StravaTime } from './strava-clock.ts'
import { type Buckets, closingAfter, countCall, nextOpening, rollWindows } from './windows.ts'

/** What all replicas share about one Strava app. */
export interface LedgerState {
  buckets: Buckets
  availability: Availability
  /** Null until an answer has told Strava's time. */
  lead: ClockLead | null
}

/** Who asks for a call. */
export interface PermitRequest {
  lane: Lane
  athleteId: string
  /** The first list of a new link, which may take twice the athlete's allowance. */
  isFirstImport?: boolean
}

export type PermitDecision =
  /** `allowance` is how many calls of the athlete this quarter hour may hold with this one; null: without bound. */
  | { granted: true; next: LedgerState; allowance: number | null; validUntil: Date }
  | { granted: false; reason: WaitReason; retryAt: Date }

/** Whether one call may leave now, and what it takes: one permit of each bucket, one call of the athlete's allowance. */
export const decidePermit = (facts: {
  state: LedgerState
  usage: AthleteUsage | null
  request: PermitRequest
  time: StravaTime
  /** In [0, 1). */
  random: number
}): PermitDecision => {
  const { state, usage, time, random } = facts
  const { lane, isFirstImport = false } = facts.request
  const { availability } = state
  const waitForQuota = (opening: Date): PermitDecision => ({
    granted: false,
    reason: 'quota',
    retryAt: spreadOver(opening, lane, time, random),
  })

  const probeAt = closedUntil(availability, time.now)
  if (probeAt) return { granted: false, reason: availability.inactiveSince ? 'app' : 'strava', retryAt: probeAt }
  const opensAt = laneOpensAt(state.buckets, lane, time)
  if (opensAt > time.now) return waitForQuota(opensAt)

  const buckets = rollWindows(state.buckets, time.now)
  const allowance = isExempt(lane) ? null : allowanceOf(buckets, { isFirstImport })
  if (allowance !== null && leftOf(allowance, usage, buckets) < 1) return waitForQuota(nextOpening(time))
  return {
    granted: true,
    next: { ...state, buckets: countCall(buckets), availability: afterPermit(availability, time.now) },
    allowance,
    validUntil: closingAfter(time.now, time),
  }
}
