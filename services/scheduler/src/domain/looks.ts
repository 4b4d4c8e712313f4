import type { Schedule } from './schedule.ts'

// Webhooks may cause so many calls for an athlete an hour: whoever pushes in an athlete's name costs no more than this, and a real
// athlete changes less. A run counts as one call when it is asked for, and as those that it made when it has ended. Where look after look finds nothing new, they come ever more rarely: the first one in vain may be
// a doubled webhook, or one for what a list has shown before.

const callsPerHour = 10
const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** After the second in a row, the third and so on. */
const pausesInVainMs = [minuteMs, 5 * minuteMs, 15 * minuteMs, hourMs]

type Looks = NonNullable<Schedule['looks']>
type Looking = Pick<Schedule, 'looks'>

/** What became of a run of webhooks. */
export interface Look {
  /** It found nothing new. */
  isInVain: boolean
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
export const afterLook = (schedule: Looking, { isInVain, calls }: Look, now: Date): Looks => {
  const { count, ...rest } = looksOf(schedule, now)
  const looks = { ...rest, count: count + Math.max(0, calls - 1) }
  if (!isInVain) return { ...looks, inVain: 0, notBefore: null }
  const inVain = (looks.inVain ?? 0) + 1
  const pauseMs = inVain < 2 ? null : pausesInVainMs[Math.min(inVain, pausesInVainMs.length + 1) - 2]
  return { ...looks, inVain, notBefore: pauseMs ? new Date(now.getTime() + pauseMs) : null }
}

/** Until when webhooks may ask for nothing more of the athlete; null: they may. */
export const looksAgainAt = (schedule: Schedule | null, now: Date): Date | null => {
  if (!schedule) return null
  const { since, count, notBefore } = looksOf(schedule, now)
  if (count >= callsPerHour) return new Date(since.getTime() + hourMs)
  return notBefore && notBefore > now ? notBefore : null
}
