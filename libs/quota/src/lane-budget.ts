import type { Lane } from '@slipstream/contracts'
import { type BucketName, bucketNames } from '@slipstream/records'
import type { StravaTime } from './strava-clock.ts'
import {
  type Bucket,
  type Buckets,
  closingAfter,
  openFrom,
  quarterHourMs,
  resetOf,
  rollWindows,
  windowMs,
} from './windows.ts'

// What each lane may use. `quarterHourPercent` and `dayPercent` are shares of every bucket, measured against all calls made,
// whoever made them: the rest is kept for the lanes above. What those have not needed of a quarter hour is given back over
// its last fifth, as it would be lost; of a day never, since a person may come at 23:59. Paced lanes may have used of the
// day only the share that has passed plus one quarter hour, so that a morning does not use up the evening.
//
// Anybody who knows the address can send webhooks. So all that they cause is at most half of what people leave of a window,
// however many come: `ownPercent` bounds the calls of a lane alone.
const lanes: Record<
  Lane,
  {
    quarterHourPercent: number
    dayPercent: number
    ownPercent: number
    getsReserveBack: boolean
    isPaced: boolean
    spreadMs: number
  }
> = {
  interactive: {
    ...{ quarterHourPercent: 100, dayPercent: 100, ownPercent: 100 },
    ...{ getsReserveBack: true, isPaced: false, spreadMs: 1_000 },
  },
  realtime: {
    ...{ quarterHourPercent: 95, dayPercent: 95, ownPercent: 50 },
    ...{ getsReserveBack: true, isPaced: false, spreadMs: 10_000 },
  },
  scheduled: {
    ...{ quarterHourPercent: 80, dayPercent: 90, ownPercent: 100 },
    ...{ getsReserveBack: true, isPaced: true, spreadMs: 20_000 },
  },
  backfill: {
    ...{ quarterHourPercent: 50, dayPercent: 50, ownPercent: 100 },
    ...{ getsReserveBack: false, isPaced: true, spreadMs: 20_000 },
  },
}

const returnBeginsMs = (quarterHourMs * 4) / 5
/** All is given back by then, so that there is time left to use it. */
const returnEndsMs = quarterHourMs - 30_000

/** How much of the reserve is given back, from 0 to 1. */
const returnedAt = (elapsedMs: number): number =>
  Math.min(1, Math.max(0, (elapsedMs - returnBeginsMs) / (returnEndsMs - returnBeginsMs)))

const shareOf = (limit: number, percent: number): number => Math.floor((limit * percent) / 100)

const dayBuckets = bucketNames.filter((name) => windowMs[name] > quarterHourMs)

/** The share as it has grown by then. */
const grownAt = (percent: number, elapsedMs: number): number => percent + (100 - percent) * returnedAt(elapsedMs)

/** How many calls the lane itself may have made in the window. */
const ownCeiling = ({ limit, used, byLane = {} }: Bucket, percent: number): number => {
  const { realtime = 0, scheduled = 0, backfill = 0 } = byLane
  const ofPeople = used - realtime - scheduled - backfill
  return percent === 100 ? limit : shareOf(limit - ofPeople, percent)
}

/** The most calls a bucket may hold after a call of this lane. It only grows within a window, as far as nobody calls. */
export const ceilingAt = (buckets: Buckets, name: BucketName, lane: Lane, moment: Date): number => {
  const { quarterHourPercent, dayPercent, ownPercent, getsReserveBack, isPaced } = lanes[lane]
  const bucket = buckets[name]
  const { limit, used, byLane = {} } = bucket
  const elapsedMs = Math.max(0, moment.getTime() - bucket.windowStart.getTime())
  const ofOthers = used - (byLane[lane] ?? 0)
  if (windowMs[name] === quarterHourMs) {
    const grow = (percent: number) => (getsReserveBack ? grownAt(percent, elapsedMs) : percent)
    const own = ownCeiling(bucket, grow(ownPercent))
    return Math.min(shareOf(limit, grow(quarterHourPercent)), ofOthers + own)
  }
  const share = Math.min(shareOf(limit, dayPercent), ofOthers + ownCeiling(bucket, ownPercent))
  if (!isPaced) return share
  const quarterHour = buckets[name === 'readDay' ? 'read15m' : 'overall15m']
  return Math.min(share, Math.floor((limit * elapsedMs) / windowMs[name]) + quarterHour.limit)
}

/** A day is judged by what was called so far only from then on. */
const leastShareOfDay = 1 / 4

/**
 * How many calls this lane may make in a day beside what the others make: as many as yesterday, or as today at the pace so far,
 * whichever is more.
 */
export const leftForADay = (buckets: Buckets, lane: Lane, now: Date): number => {
  const { quarterHourPercent, dayPercent } = lanes[lane]
  const perQuarterHour = Math.min(buckets.read15m.limit, buckets.overall15m.limit)
  const left = dayBuckets.map((name) => {
    const { limit, used, byLane = {}, before, windowStart } = buckets[name]
    const shareOfDay = (now.getTime() - windowStart.getTime()) / windowMs[name]
    const ofOthers = (used - (byLane[lane] ?? 0)) / Math.max(shareOfDay, leastShareOfDay)
    const ofOthersBefore = before ? before.used - (before.byLane[lane] ?? 0) : 0
    return shareOf(limit, dayPercent) - Math.ceil(Math.max(ofOthers, ofOthersBefore))
  })
  const quarterHours = windowMs.readDay / quarterHourMs
  return Math.max(0, Math.min(...left, shareOf(perQuarterHour, quarterHourPercent) * quarterHours))
}

/** The first millisecond of [fromMs, toMs] for which `holds`, which must hold from there on. */
const firstMoment = (fromMs: number, toMs: number, holds: (ms: number) => boolean): number => {
  let [low, high] = [fromMs, toMs]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

const bucketOpensAt = (buckets: Buckets, name: BucketName, lane: Lane, now: Date): number => {
  const hasRoom = (ms: number) => buckets[name].used < ceilingAt(buckets, name, lane, new Date(ms))
  const resetMs = resetOf(name, buckets[name]).getTime()
  return firstMoment(Math.min(now.getTime(), resetMs), resetMs, (ms) => ms === resetMs || hasRoom(ms))
}

/** When a call of this lane may leave at the earliest, as far as the buckets say now; `now` itself if it may. */
export const laneOpensAt = (buckets: Buckets, lane: Lane, time: StravaTime): Date => {
  const current = rollWindows(buckets, time.now)
  const opensMs = Math.max(...bucketNames.map((name) => bucketOpensAt(current, name, lane, time.now)))
  return openFrom(new Date(Math.max(opensMs, time.now.getTime())), time)
}

/**
 * Spreads those who wait for the same opening: by up to 20 seconds, less for lanes that are waited for, and never so far
 * that the window closes meanwhile.
 * @param random in [0, 1)
 */
export const spreadOver = (opening: Date, lane: Lane, time: StravaTime, random: number): Date => {
  const restMs = closingAfter(opening, time).getTime() - opening.getTime()
  return new Date(opening.getTime() + Math.floor(random * Math.min(lanes[lane].spreadMs, restMs / 2)))
}
