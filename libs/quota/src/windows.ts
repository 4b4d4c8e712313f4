import type { Lane } from '@slipstream/contracts'

// Arithmetic of Strava's quota. Every call of this system is a read, so it takes one permit from each of four buckets:
// all calls and reads, by the quarter hour (:00 :15 :30 :45) and by the UTC day. A bucket's window moves forward only
// and `used` only grows within it: refused and unanswered calls count as well.
// Source: https://developers.strava.com/docs/rate-limits/

export const bucketNames = ['overall15m', 'overallDay', 'read15m', 'readDay'] as const
export type BucketName = (typeof bucketNames)[number]

/** Calls allowed and made in the window that starts at `windowStart`. */
export interface Bucket {
  limit: number
  used: number
  windowStart: Date
}
export type Buckets = Record<BucketName, Bucket>

interface QuotaPart {
  limit15m: number
  limitDay: number
  used15m: number
  usedDay: number
}

/** What the headers of one answer say; a part is null where they are missing or unreadable. */
export interface QuotaReading {
  overall: QuotaPart | null
  read: QuotaPart | null
}

/**
 * How much of each bucket a lane may help to fill, in percent; the rest is kept for the lanes above it. Measured
 * against all calls made, so once a bucket is at half, backfill waits, whoever made those calls.
 */
export const laneSharePercent: Record<Lane, number> = { interactive: 100, realtime: 95, scheduled: 80, backfill: 50 }

/** Limits of a new app, until the first answer tells the true ones. */
const limitsOfNewApp: Record<BucketName, number> = { overall15m: 200, overallDay: 2000, read15m: 100, readDay: 1000 }

const quarterHourMs = 15 * 60_000
const dayMs = 24 * 60 * 60_000
/** Unix time has no leap seconds, so quarter hours and UTC days both start at whole multiples of their length. */
const windowMs: Record<BucketName, number> = {
  overall15m: quarterHourMs,
  overallDay: dayMs,
  read15m: quarterHourMs,
  readDay: dayMs,
}

const windowStartAt = (name: BucketName, now: Date): Date =>
  new Date(Math.floor(now.getTime() / windowMs[name]) * windowMs[name])

const resetOf = (name: BucketName, bucket: Bucket): Date => new Date(bucket.windowStart.getTime() + windowMs[name])

/** When the first of the running windows ends. Midnight is a quarter hour as well, so the day never ends first. */
export const nextReset = (buckets: Buckets): Date => resetOf('read15m', buckets.read15m)

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

/** Opens the windows that `now` lies in. A replica whose clock is behind never reopens an earlier window. */
export const rollWindows = (buckets: Buckets, now: Date): Buckets =>
  mapBuckets(buckets, (bucket, name) => {
    const windowStart = windowStartAt(name, now)
    return windowStart > bucket.windowStart ? { limit: bucket.limit, used: 0, windowStart } : bucket
  })

/** The most calls a bucket may hold after a call of this lane. */
const ceilingFor = (lane: Lane, limit: number): number => Math.floor((limit * laneSharePercent[lane]) / 100)

export type TakeDecision =
  | { granted: true; buckets: Buckets }
  /** `bucket` is the one that opens last, at `retryAt`. */
  | { granted: false; retryAt: Date; bucket: BucketName }

/** Takes one permit from all four buckets or from none. */
export const decideTake = (buckets: Buckets, lane: Lane, now: Date): TakeDecision => {
  const current = rollWindows(buckets, now)
  const [lastToOpen] = bucketNames
    .filter((name) => current[name].used >= ceilingFor(lane, current[name].limit))
    .map((name) => ({ bucket: name, retryAt: resetOf(name, current[name]) }))
    .toSorted((one, other) => other.retryAt.getTime() - one.retryAt.getTime())
  if (lastToOpen) return { granted: false, ...lastToOpen }
  return { granted: true, buckets: mapBuckets(current, (bucket) => ({ ...bucket, used: bucket.used + 1 })) }
}

/** When a call of this lane may be made at the earliest: `now`, or the next reset that opens every bucket. */
export const earliestOpening = (buckets: Buckets, lane: Lane, now: Date): Date => {
  const decision = decideTake(buckets, lane, now)
  return decision.granted ? now : decision.retryAt
}

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
 * bucket's window opened is passed over: it may be that of the window before. What cannot be told apart is a clock that
 * runs ahead of Strava's: usage of the old window then closes the new one early, which costs time and never the limit.
 * @param sentAt when the call was sent
 */
export const learn = (buckets: Buckets, reading: QuotaReading | null, sentAt: Date): Buckets =>
  mapBuckets(rollWindows(buckets, sentAt), (bucket, name) => {
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
  if (bucketNames.some((name) => learned[name].used >= learned[name].limit)) return learned
  return mapBuckets(learned, (bucket, name) =>
    windowMs[name] === quarterHourMs && isStillOpen(bucket, name, sentAt)
      ? { ...bucket, used: Math.max(bucket.used, bucket.limit) }
      : bucket,
  )
}
