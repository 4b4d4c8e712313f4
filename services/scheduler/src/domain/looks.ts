import type { Schedule } from './schedule.ts'

// Webhooks may ask for so many runs of an athlete an hour: whoever pushes in an athlete's name costs no more than this, and a
// real athlete changes less.

const looksPerHour = 10
const hourMs = 60 * 60_000

const looksOf = ({ looks }: Pick<Schedule, 'looks'>, now: Date) =>
  looks && now.getTime() - looks.since.getTime() < hourMs ? looks : { since: now, count: 0 }

/** With one more run of webhooks. */
export const withLook = (schedule: Pick<Schedule, 'looks'>, now: Date): NonNullable<Schedule['looks']> => {
  const { since, count } = looksOf(schedule, now)
  return { since, count: count + 1 }
}

/** Until when webhooks may ask for nothing more of the athlete; null: they may. */
export const looksAgainAt = (schedule: Schedule | null, now: Date): Date | null => {
  if (!schedule) return null
  const { since, count } = looksOf(schedule, now)
  return count < looksPerHour ? null : new Date(since.getTime() + hourMs)
}
