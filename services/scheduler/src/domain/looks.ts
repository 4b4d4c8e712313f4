import type { Schedule } from './schedule.ts'

// Webhooks may ask for so many runs of an athlete an hour: whoever pushes in an athlete's name costs no more than this, and a
// real athlete changes less. Where look after look finds nothing new, they come ever more rarely: the first one in vain may be
// a doubled webhook, or one for what a list has shown before.

const looksPerHour = 10
const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** After the second in a row, the third and so on. */
const pausesInVainMs = [minuteMs, 5 * minuteMs, 15 * minuteMs, hourMs]

type Looks = NonNullable<Schedule['looks']>
type Looking = Pick<Schedule, 'looks'>

const looksOf = ({ looks }: Looking, now: Date): Looks => {
  if (!looks) return { since: now, count: 0 }
  return now.getTime() - looks.since.getTime() < hourMs ? looks : { ...looks, since: now, count: 0 }
}

/** With one more run of webhooks. */
export const withLook = (schedule: Looking, now: Date): Looks => {
  const looks = looksOf(schedule, now)
  return { ...looks, count: looks.count + 1 }
}

/** After one has ended. */
export const afterLook = (schedule: Looking, isInVain: boolean, now: Date): Looks => {
  const looks = looksOf(schedule, now)
  if (!isInVain) return { ...looks, inVain: 0, notBefore: null }
  const inVain = (looks.inVain ?? 0) + 1
  const pauseMs = inVain < 2 ? null : pausesInVainMs[Math.min(inVain, pausesInVainMs.length + 1) - 2]
  return { ...looks, inVain, notBefore: pauseMs ? new Date(now.getTime() + pauseMs) : null }
}

/** Until when webhooks may ask for nothing more of the athlete; null: they may. */
export const looksAgainAt = (schedule: Schedule | null, now: Date): Date | null => {
  if (!schedule) return null
  const { since, count, notBefore } = looksOf(schedule, now)
  if (count >= looksPerHour) return new Date(since.getTime() + hourMs)
  return notBefore && notBefore > now ? notBefore : null
}
