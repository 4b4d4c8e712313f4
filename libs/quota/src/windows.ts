// Arithmetic of Strava's quota. Every call of this system is a read, so it takes one permit from each of four buckets:
// all calls and reads, by the quarter hour (:00 :15 :30 :45) and by the UTC day. A bucket's window moves forward only
// and `used` only grows within it: refused and unanswered calls count as well. All times here are Strava's.
// Source: https://developers.strava.com/docs/rate-limits/

import type { Lane } from '@slipstream/contracts'
import { type BucketName, bucketNames, type QuotaBucket } from '@slipstream/records'
import type { QuotaReading } from '@slipstream/strava'
import type { StravaTime } from './strava-clock.ts'

export type Bucket = QuotaBucket
export type Buckets = Record<BucketName, Bucket>

/** Limits of a new app, until the first answer tells the true ones. */
const limitsOfNewApp: Record<BucketName, number> = { overall15m: 200, overallDay: 2000, read15m: 100, readDay: 1000 }

export const quarterHourMs = 15 * 60_000
const dayMs = 24 * 60 * 60_000
/** Unix time has no leap seconds, so quarter hours and UTC days both start at whole multiples of their length. */
export const windowMs: Record<BucketName, number> = {
  overall15m: quarterHourMs,
  overallDay: dayMs,
  read15m: quarterHourMs,
  readDay: dayMs,
}

const windowStartAt = (name: BucketName, now: Date): Date =>
  new Date(Math.floor(now.getTime() / windowMs[name]) * windowMs[name])

export const resetOf = (name: BucketName, bucket: Bucket): Date =>
  new Date(bucket.windowStart.getTime() + windowMs[name])

const mapBuckets = (buckets: Buckets, change: (bucket: Bucket, name: BucketName) => Bucket): Buckets => ({
  overall15m: change(buckets.overall15m, 'overall15m'),
  overallDay: change(buckets.overallDay, 'overallDay'),
  read15m: change(buckets.read15m, 'read15m'),
  readDay: change(buckets.readDay, 'readDay'),
})

/** Unused buckets with the limits of a new app. */
export const initialBuckets = (now: Date): Buckets => {
  const bucket = (name: BucketName): Bucket => ({
    limit: limitsOfNewApp[name],
    used: 0,
    windowStart: windowStartAt(name, now),
  })
  return {
    overall15m: bucket('overall15m'),
    overallDay: bucket('overallDay'),
    read15m: bucket('read15m'),
    readDay: bucket('readDay'),
  }
}

const nextWindow = (
  { limit, used, windowStart: last, byLane = {} }: Bucket,
  name: BucketName,
  windowStart: Date,
): Bucket => {
  const isNext = windowStart.getTime() - last.getTime() === windowMs[name]
  return { limit, used: 0, windowStart, byLane: {}, before: isNext ? { used, byLane } : { used: 0, byLane: {} } }
}

/** A window that begins later than this from now was opened by a wrong clock. */
const furthestAheadMs = 60_000

/**
 * Opens the windows that `now` lies in. One that was opened a moment too early stays; what a wrong clock opened far ahead
 * becomes the present window again, with all that was taken from it.
 */
export const rollWindows = (buckets: Buckets, now: Date): Buckets =>
  mapBuckets(buckets, (bucket, name) => {
    const windowStart = windowStartAt(name, now)
    if (windowStart > bucket.windowStart) return nextWindow(bucket, name, windowStart)
    return bucket.windowStart.getTime() - now.getTime() > furthestAheadMs ? { ...bucket, windowStart } : bucket
  })

/** Takes one permit from all four buckets. */
export const countCall = (buckets: Buckets, lane: Lane): Buckets =>
  mapBuckets(buckets, ({ byLane = {}, ...bucket }) => ({
    ...bucket,
    used: bucket.used + 1,
    byLane: { ...byLane, [lane]: (byLane[lane] ?? 0) + 1 },
  }))

/**
 * Around each edge no call leaves: one that is under way, or a clock that is known to half a second, would count on the
 * wrong side. Midnight is an edge of quarter hours as well.
 */
const marginsMs = {
  proven: { afterEdge: 1_000, beforeEdge: 2_000 },
  unproven: { afterEdge: 3_000, beforeEdge: 3_000 },
}

const marginsOf = ({ isProven }: StravaTime) => (isProven ? marginsMs.proven : marginsMs.unproven)

const edgeBefore = (moment: Date): number => Math.floor(moment.getTime() / quarterHourMs) * quarterHourMs

/** When the quarter hour of `moment` takes its last call. */
export const closingAfter = (moment: Date, time: StravaTime): Date =>
  new Date(edgeBefore(moment) + quarterHourMs - marginsOf(time).beforeEdge)

/** `moment` itself, or the opening of the next quarter hour where it lies around an edge. */
export const openFrom = (moment: Date, time: StravaTime): Date => {
  const edge = edgeBefore(moment)
  const { afterEdge } = marginsOf(time)
  if (moment >= closingAfter(moment, time)) return new Date(edge + quarterHourMs + afterEdge)
  return new Date(Math.max(moment.getTime(), edge + afterEdge))
}

/** The opening of the quarter hour that follows. */
export const nextOpening = (time: StravaTime): Date => openFrom(new Date(edgeBefore(time.now) + quarterHourMs), time)

export interface SpentLimit {
  bucket: BucketName
  /** The end of its window. */
  resetsAt: Date
}

/** Limits that are used up: then no lane may call before the last of their resets. */
export const spentLimits = (buckets: Buckets): SpentLimit[] =>
  bucketNames
    .filter((name) => buckets[name].used >= buckets[name].limit)
    .map((name) => ({ bucket: name, resetsAt: resetOf(name, buckets[name]) }))

export const isSpent = (buckets: Buckets): boolean => spentLimits(buckets).length > 0

const readingOf = (reading: QuotaReading | null, name: BucketName): { limit: number; used: number } | null => {
  const part = name.startsWith('overall') ? reading?.overall : reading?.read
  if (!part) return null
  return name.endsWith('15m')
    ? { limit: part.limit15m, used: part.used15m }
    : { limit: part.limitDay, used: part.usedDay }
}

const isStillOpen = (bucket: Bucket, name: BucketName, sentAt: Date): boolean =>
  windowStartAt(name, sentAt) >= bucket.windowStart

/**
 * Takes over what an answer says: limits always (0 is no limit that Strava grants, and is passed over), usage where it
 * is above our own count. Headers do not name their window, so the usage seen by a call that was sent before the
 * bucket's window opened is passed over: it may be that of the window before.
 * @param sentAt when the call was sent
 */
export const learn = (buckets: Buckets, reading: QuotaReading | null, sentAt: Date): Buckets =>
  mapBuckets(buckets, (bucket, name) => {
    const seen = readingOf(reading, name)
    if (!seen || seen.limit <= 0) return bucket
    const used = isStillOpen(bucket, name, sentAt) ? Math.max(bucket.used, seen.used) : bucket.used
    return { ...bucket, limit: seen.limit, used }
  })

/**
 * After a 429: closes what is spent until its reset. The headers usually show which bucket it is; a spent day is closed
 * by `learn` until midnight. Where nothing shows as spent, both quarter hours are closed. A 429 to a call sent before
 * the bucket's window opened closes nothing in the new window.
 * @param sentAt when the refused call was sent
 */
export const closeWindow = (buckets: Buckets, reading: QuotaReading | null, sentAt: Date): Buckets => {
  const learned = learn(buckets, reading, sentAt)
  if (isSpent(learned)) return learned
  return mapBuckets(learned, (bucket, name) =>
    windowMs[name] === quarterHourMs && isStillOpen(bucket, name, sentAt)
      ? { ...bucket, used: Math.max(bucket.used, bucket.limit) }
      : bucket,
  )
}
