/** Calls allowed and made in the window that starts at `windowStart`. */
export interface QuotaBucket {
  limit: number
  used: number
  windowStart: Date
}

/** All calls and reads, by the quarter hour and by the UTC day. */
export const bucketNames = ['overall15m', 'overallDay', 'read15m', 'readDay'] as const
export type BucketName = (typeof bucketNames)[number]

/** By how much Strava's clock is ahead of MongoDB's: between these bounds, negative where it is behind. */
export interface ClockLead {
  leastMs: number
  mostMs: number
}

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
  revision: number
}

/**
 * Calls made for one athlete in the quarter hour that starts at `windowStart`; `_id` is `<client id>:<athleteId>`. A row
 * of an earlier quarter hour counts as unused.
 */
export interface AllowanceRow {
  _id: string
  windowStart: Date
  used: number
  expiresAt: Date
}
