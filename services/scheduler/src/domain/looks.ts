import type { WantedActivity } from '@slipstream/records'
import type { Schedule } from './schedule.ts'

// Webhooks may cause so many calls for an athlete an hour: whoever pushes in an athlete's name costs no more than this, and a
// real athlete changes less. A run counts as one call when it is asked for, and when it has ended, however it ended, as those of
// its calls that Strava answered: what Strava's own failures cost is bounded by the pauses of the athlete whose calls fail.
//
// Where look after look finds nothing new, they come ever more rarely. A first look at what was told is in vain when nothing was
// changed by it, also where something was expected: whatever is made up is never seen. The first one in vain may be a doubled
// webhook, or one for what a list has shown before. What is looked for again has its own few looks: they count neither way, and
// no pause holds them up, so that an upload that Strava shows late is found at its time. Whatever is found ends the pause.

const callsPerHour = 10
const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** After the second in a row, the third and so on. */
const pausesInVainMs = [minuteMs, 5 * minuteMs, 15 * minuteMs, hourMs]

type Looks = NonNullable<Schedule['looks']>
type Looking = Pick<Schedule, 'looks'>

/** What became of a run of webhooks: `again` is what looked only for what others had not found. */
export interface Look {
  found: 'news' | 'nothing' | 'nothing_again' | 'unknown'
  /** To Strava, that it answered. */
  calls: number
}

const looksOf = ({ looks }: Looking, now: Date): Looks => {
  if (!looks) return { since: now, count: 0 }
  return now.getTime() - looks.since.getTime() < hourMs ? looks : { ...looks, since: now, count: 0 }
}

/**
 * How many calls a run may make that is asked for now. One is left for a run after it, as more may be told while this one is at
 * work.
 */
export const callsLeft = (schedule: Looking, now: Date): number =>
  Math.max(1, callsPerHour - looksOf(schedule, now).count - 1)

/** With one more run of webhooks. */
export const withLook = (schedule: Looking, now: Date): Looks => {
  const looks = looksOf(schedule, now)
  return { ...looks, count: looks.count + 1 }
}

/** After one has ended. */
export const afterLook = (schedule: Looking, { found, calls }: Look, now: Date): Looks => {
  const { count, ...rest } = looksOf(schedule, now)
  const looks = { ...rest, count: Math.max(0, count + calls - 1) }
  if (found === 'news') return { ...looks, inVain: 0, notBefore: null }
  if (found !== 'nothing') return looks
  const inVain = (looks.inVain ?? 0) + 1
  const pauseMs = inVain < 2 ? null : pausesInVainMs[Math.min(inVain, pausesInVainMs.length + 1) - 2]
  return { ...looks, inVain, notBefore: pauseMs ? new Date(now.getTime() + pauseMs) : null }
}

/** Whether it was not looked at yet. */
export const isFirstLook = ({ attempts = 0 }: Pick<WantedActivity, 'attempts'>): boolean => attempts === 0

/** Until when webhooks may ask for nothing more of the athlete, or for nothing that was not looked at before. */
export interface Closed {
  until: Date
  holds: 'all' | 'first_looks'
}

/** Null: they may ask. */
export const closedFor = (schedule: Schedule | null, now: Date): Closed | null => {
  if (!schedule) return null
  const { since, count, notBefore } = looksOf(schedule, now)
  if (count >= callsPerHour) return { until: new Date(since.getTime() + hourMs), holds: 'all' }
  return notBefore && notBefore > now ? { until: notBefore, holds: 'first_looks' } : null
}
