import type { TrainingLoad } from '@slipstream/contracts'
import { formatDate, formatDuration } from './format.ts'
import { addDays, mondayOf } from './weeks.ts'

export interface WeekSoFar {
  /** `Mon 23 Nov – Sun 29 Nov`: the calendar week that the last of the days is in. */
  range: string
  trainedMinutes: number
  /** Null: the athlete has set none. */
  goalMinutes: number | null
}

/** The present week, Monday first, as it is where the athlete last trained; `days` end with today. Null without any. */
export const weekSoFar = (days: TrainingLoad['days'], weeklyGoalHours: number | null): WeekSoFar | null => {
  const today = days.at(-1)?.date
  if (today === undefined) return null
  const monday = mondayOf(today)
  const seconds = days.reduce((sum, { date, durationSeconds }) => sum + (date >= monday ? durationSeconds : 0), 0)
  return {
    range: `${formatDate(monday)} – ${formatDate(addDays(monday, 6))}`,
    trainedMinutes: Math.round(seconds / 60),
    goalMinutes: weeklyGoalHours === null || weeklyGoalHours <= 0 ? null : Math.round(weeklyGoalHours * 60),
  }
}

const formatMinutes = (minutes: number): string => formatDuration(minutes * 60)

/** `5 h 40 of 6 h 30`. */
export const goalWords = ({ trainedMinutes, goalMinutes }: WeekSoFar): string =>
  goalMinutes === null
    ? formatMinutes(trainedMinutes)
    : `${formatMinutes(trainedMinutes)} of ${formatMinutes(goalMinutes)}`

/** How much of the goal is done, from 0 to 1; 0 without one. */
export const goalShare = ({ trainedMinutes, goalMinutes }: WeekSoFar): number =>
  goalMinutes === null ? 0 : Math.min(1, trainedMinutes / goalMinutes)

/** What is left of the goal; null without one. */
export const leftWords = ({ trainedMinutes, goalMinutes }: WeekSoFar): string | null => {
  if (goalMinutes === null) return null
  return trainedMinutes < goalMinutes ? `${formatMinutes(goalMinutes - trainedMinutes)} to go` : 'Goal reached'
}
