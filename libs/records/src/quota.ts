import type { Lane } from '@slipstream/contracts'

/** Calls by the lane that made them; a lane that made none is absent. */
export type LaneCalls = Partial<Record<Lane, number>>

/**
 * Calls allowed and made in the window that starts at `windowStart`. `used` holds what Strava has counted as well: more than
 * the lanes have made where others use the same app, or a call was counted twice.
 */
export interface QuotaBucket {
  limit: number
  used: number
  windowStart: Date
  byLane?: LaneCalls
  /** Of the window before this one. */
  before?: { used: number; byLane: LaneCalls }
}

/** All calls and reads, by the quarter hour and by the UTC day. */
export const bucketNames = ['overall15m', 'overallDay', 'read15m', 'readDay'] as const
export type BucketName = (typeof bucketNames)[number]

/** By how much Strava's clock is ahead of MongoDB's: between these bounds, negative where it is behind. */
export interface ClockLead {
  leastMs: number
  mostMs: number
}

/** Kinds of call whose failures can stop them. */
export const operations = ['activities', 'activity', 'athlete', 'refresh'] as const
export type Operation = (typeof operations)[number]

/** What can be stopped apart from each other: all calls of the app, or one kind of call. */
export const stopNames = ['app', ...operations] as const
export type StopName = (typeof stopNames)[number]

/** Why calls are stopped: the app is switched off, its credentials are refused, what is called is closed, or no answer. */
export const stopTroubles = ['inactive', 'credentials', 'endpoint', 'unanswered'] as const
export type StopTrouble = (typeof stopTroubles)[number]

/** Calls that fail in a row, and what comes of it: from `since` on only probes are let through, one at `nextProbeAt`. */
export interface StopRow {
  trouble: StopTrouble
  failures: number
  /** Athletes whose calls failed in this row; two are enough to know. */
  failedFor: string[]
  /** Null while calls still go on. */
  since: Date | null
  /** Probes let through since then. */
  probes: number
  nextProbeAt: Date | null
}

export type StopRows = Record<StopName, StopRow | null>

/**
 * One row per Strava app; `_id` is the client id. `inactiveSince` is set while Strava has the app switched off,
 * `unavailableSince` while it does not answer (`failuresInRow` calls have failed); until `nextProbeAt` no call is made
 * then. Every change raises `revision`.
 */
export interface QuotaRow extends Record<BucketName, QuotaBucket> {
  _id: string
  inactiveSince: Date | null
  failuresInRow: number
  unavailableSince: Date | null
  nextProbeAt: Date | null
  /** Null until an answer has told Strava's time; release 0.1 did not ask. */
  stravaLead?: ClockLead | null
  /** Release 0.1 knew but the app and listing: the four fields above, which are written for its replicas still. */
  stops?: StopRows
  revision: number
}

/**
 * Calls made for one athlete in the quarter hour that starts at `windowStart`; `_id` is `<client id>:<athleteId>`. A row
 * of an earlier quarter hour counts as unused. While calls for this athlete alone fail, `failures` of them in a row since
 * `failingSince`, none is made before `retryAt`, and only a success of `failingOperation`, which was the first to fail, ends it.
 */
export interface AllowanceRow {
  _id: string
  windowStart: Date
  used: number
  failures: number
  failingOperation: Operation | null
  failingSince: Date | null
  retryAt: Date | null
  expiresAt: Date
}
