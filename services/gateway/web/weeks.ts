import type { Workout } from '@slipstream/contracts'
import { absent, formatCount, formatDistance, formatDuration } from './format.ts'

const dayMs = 86_400_000
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** A calendar day as `2026-11-26`, so many days later or, below zero, earlier. */
export const addDays = (date: string, days: number): string => {
  const day = new Date(Date.parse(date) + days * dayMs)
  // What is no day of the calendar stays as it is.
  return Number.isNaN(day.getTime()) ? date : day.toISOString().slice(0, 10)
}

/** The Monday of the week that a calendar day is in. */
export const mondayOf = (date: string): string => addDays(date, -((new Date(date).getUTCDay() + 6) % 7))

/** A week by its Monday: `23–29 Nov`, `26 Oct – 1 Nov`. */
export const formatWeek = (monday: string): string => {
  const [first, last] = [new Date(monday), new Date(addDays(monday, 6))]
  if (Number.isNaN(first.getTime())) return absent
  const isOneMonth = first.getUTCMonth() === last.getUTCMonth()
  return isOneMonth
    ? `${first.getUTCDate()}–${dayFormat.format(last)}`
    : `${dayFormat.format(first)} – ${dayFormat.format(last)}`
}

/** `This week` and `Last week`, as seen from `today`; null for all others. */
export const weekName = (monday: string, today: string | null): string | null => {
  if (today === null) return null
  const thisMonday = mondayOf(today)
  if (monday === thisMonday) return 'This week'
  return monday === addDays(thisMonday, -7) ? 'Last week' : null
}

export interface Week {
  monday: string
  workouts: Workout[]
  /** There may be more of it: on the next page, or from before the window of what is kept here. */
  isOpen: boolean
}

/**
 * By the week that each began in where it took place; `workouts` are newest first, and so are the weeks.
 * @param since the first calendar day that all workouts are known of; null where that is not known
 */
export const weeksOf = (workouts: readonly Workout[], hasMore: boolean, since: string | null): Week[] => {
  const byWeek = Map.groupBy(workouts, ({ startedAtLocal }) => mondayOf(startedAtLocal.slice(0, 10)))
  const mondays = [...byWeek.keys()].sort().reverse()
  return mondays.map((monday) => ({
    monday,
    workouts: byWeek.get(monday) ?? [],
    isOpen: (hasMore && monday === mondays.at(-1)) || (since !== null && monday < since),
  }))
}

/** `3 workouts · 2 h 38 · 31.4 km`; of a week that may go on, at least so much. */
export const weekTotals = ({ workouts, isOpen }: Pick<Week, 'workouts' | 'isOpen'>): string => {
  const total = (measure: 'movingTimeSeconds' | 'distanceMeters') =>
    workouts.reduce((sum, workout) => sum + workout[measure], 0)
  const meters = total('distanceMeters')
  const parts = [formatCount(workouts.length, 'workout'), formatDuration(total('movingTimeSeconds'))]
  return `${isOpen ? 'at least ' : ''}${[...parts, ...(meters > 0 ? [formatDistance(meters)] : [])].join(' · ')}`
}
