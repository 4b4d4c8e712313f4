import type { Lane, WaitReason } from '@slipstream/contracts'
import type { AllowanceRow, ClockLead, Operation, StopRows } from '@slipstream/records'
import { allowanceOf, isExempt, leftOf } from './allowance.ts'
import { type AthleteBackoff, noBackoff } from './athlete-backoff.ts'
import { laneOpensAt, spreadOver } from './lane-budget.ts'
import { type ApiOperation, afterPermit, stoppedBy } from './stops.ts'
import type { StravaTime } from './strava-clock.ts'
import { type Buckets, closingAfter, countCall, nextOpening, rollWindows } from './windows.ts'

/** What all replicas share about one Strava app. */
export interface LedgerState {
  buckets: Buckets
  stops: StopRows
  /** Null until an answer has told Strava's time. */
  lead: ClockLead | null
}

/** Who asks for a call. */
export interface PermitRequest {
  operation: ApiOperation
  lane: Lane
  athleteId: string
  /** The first list of a new link, which may take twice the athlete's allowance. */
  isFirstImport?: boolean
}

/** What is stored of the athlete. */
export type AthleteState = Pick<AllowanceRow, 'windowStart' | 'used'> & AthleteBackoff

/** Not now. A time at Strava. */
export interface Refused {
  granted: false
  reason: WaitReason
  retryAt: Date
}

export type PermitDecision =
  /** `allowance` is how many calls of the athlete this quarter hour may hold with this one; null: without bound. */
  { granted: true; next: LedgerState; allowance: number | null; validUntil: Date } | Refused

export interface PermitInput {
  state: LedgerState
  athlete: AthleteState | null
  time: StravaTime
  /** In [0, 1). */
  random: number
}

const longestSpreadMs = 30_000

/** Those whose own calls fail leave a probe to others for so long: theirs would fail again, and stop all for longer. */
const behindOthersMs = 35_000

/** Whether calls of this kind are stopped; those who wait for a probe come after it, spread. */
export const refusedByStop = (
  { state, athlete, time, random }: Omit<PermitInput, 'athlete'> & { athlete: AthleteBackoff | null },
  operation: Operation,
): Refused | null => {
  const { failures, retryAt } = athlete ?? noBackoff
  const stop = stoppedBy(state.stops, operation, time.now, failures > 0 ? behindOthersMs : 0)
  if (!stop) return null
  const restMs = stop.until.getTime() - time.now.getTime()
  const spreadMs = Math.floor(random * Math.min(longestSpreadMs, restMs / 2))
  const atMs = Math.max(stop.until.getTime() + spreadMs, retryAt?.getTime() ?? 0)
  return { granted: false, reason: stop.reason, retryAt: new Date(atMs) }
}

/** Whether calls of this kind, or of this athlete, are held back. */
const refusedByFailures = (input: PermitInput, operation: Operation): Refused | null => {
  const stop = refusedByStop(input, operation)
  if (stop) return stop
  const { retryAt } = input.athlete ?? noBackoff
  return retryAt && retryAt > input.time.now ? { granted: false, reason: 'strava', retryAt } : null
}

/** Whether one call may leave now, and what it takes: one permit of each bucket, one call of the athlete's allowance. */
export const decidePermit = (input: PermitInput & { request: PermitRequest }): PermitDecision => {
  const { state, athlete, time, random, request } = input
  const { lane, operation, isFirstImport = false } = request
  const waitForQuota = (opening: Date): Refused => ({
    granted: false,
    reason: 'quota',
    retryAt: spreadOver(opening, lane, time, random),
  })

  const refused = refusedByFailures(input, operation)
  if (refused) return refused
  const opensAt = laneOpensAt(state.buckets, lane, time)
  if (opensAt > time.now) return waitForQuota(opensAt)

  const buckets = rollWindows(state.buckets, time.now)
  const allowance = isExempt(lane) ? null : allowanceOf(buckets, { isFirstImport })
  if (allowance !== null && leftOf(allowance, athlete, buckets) < 1) return waitForQuota(nextOpening(time))
  return {
    granted: true,
    next: { ...state, buckets: countCall(buckets, lane), stops: afterPermit(state.stops, operation, time.now) },
    allowance,
    validUntil: closingAfter(time.now, time),
  }
}

/** Whether a token may be refreshed now: that is outside the quota, and stopped by trouble alone. */
export const decideRefresh = (input: PermitInput): { granted: true; next: LedgerState } | Refused => {
  const { state, time } = input
  return (
    refusedByFailures(input, 'refresh') ?? {
      granted: true,
      next: { ...state, stops: afterPermit(state.stops, 'refresh', time.now) },
    }
  )
}
