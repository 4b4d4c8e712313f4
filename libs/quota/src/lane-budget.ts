import type { Lane } from '@slipstream/contracts'
import { type BucketName, bucketNames } from '@slipstream/records'
import type { StravaTime } from './strava-clock.ts'
import { type Buckets, closingAfter, openFrom, quarterHourMs, resetOf, rollWindows, windowMs } from './windows.ts'

// What each lane may use. `sharePercent` of every bucket, measured against all calls made, whoever made them: the rest is
// kept for the lanes above. What those have not needed of a quarter hour is given back over its last fifth, as it would
// be lost; of a day never, since a person may come at 23:59. Paced lanes may have used of the day only the share that has
// passed plus one quarter hour, so that a morning does not use up the evening.
const lanes: Record<Lane, { sharePercent: number; getsReserveBack: boolean; isPaced: boolean; spreadMs: number }> = {
  interactive: { sharePercent: 100, getsReserveBack: true, isPaced: false, spreadMs: 3_000 },
  realtime: { sharePercent: 95, getsReserveBack: true, isPaced: false, spreadMs: 10_000 },
  scheduled: { sharePercent: 80, getsReserveBack: true, isPaced: true, spreadMs: 20_000 },
  backfill: { sharePercent: 50, getsReserveBack: false, isPaced: true, spreadMs: 20_000 },
}

const returnBeginsMs = (quarterHourMs * 4) / 5
/** All is given back by then, so that there is time left to use it. */
const returnEndsMs = quarterHourMs - 30_000

/** How much of the reserve is given back, from 0 to 1. */
const returnedAt = (elapsedMs: number): number =>
  Math.min(1, Math.max(0, (elapsedMs - returnBeginsMs) / (returnEndsMs - returnBeginsMs)))

/** The most calls a bucket may hold after a call of this lane. It only grows within a window. */
export const ceilingAt = (buckets: Buckets, name: BucketName, lane: Lane, moment: Date): number => {
  const { sharePercent, getsReserveBack, isPaced } = lanes[lane]
  const { limit, windowStart } = buckets[name]
  const elapsedMs = Math.max(0, moment.getTime() - windowStart.getTime())
  if (windowMs[name] === quarterHourMs) {
    const returnedPercent = getsReserveBack ? (100 - sharePercent) * returnedAt(elapsedMs) : 0
    return Math.floor((limit * (sharePercent + returnedPercent)) / 100)
  }
  const share = Math.floor((limit * sharePercent) / 100)
  if (!isPaced) return share
  const quarterHour = buckets[name === 'readDay' ? 'read15m' : 'overall15m']
  return Math.min(share, Math.floor((limit * elapsedMs) / windowMs[name]) + quarterHour.limit)
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
