import type { TrainingLoad } from '@slipstream/contracts'
import { absent, formatDate, formatDuration, formatWhole } from './format.ts'
import { mondayOf } from './weeks.ts'

type Day = TrainingLoad['days'][number]

const meanDays = 7

/** For each day the mean of it and the six before; null for the first six, before which nothing is known. */
export const weeklyMeans = (days: readonly Day[]): (number | null)[] =>
  days.map((_, index) => {
    if (index < meanDays - 1) return null
    const week = days.slice(index - meanDays + 1, index + 1)
    return week.reduce((sum, { load }) => sum + load, 0) / meanDays
  })

/** Positions of the days on which a week begins. */
export const weekStarts = (days: readonly Day[]): number[] =>
  days.flatMap(({ date }, index) => (mondayOf(date) === date ? [index] : []))

export interface DayFigures {
  date: string
  load: string
  duration: string
  weeklyMean: string
}

/** What a chart shows of each day, as text. */
export const dayFigures = (days: readonly Day[]): DayFigures[] => {
  const means = weeklyMeans(days)
  return days.map(({ date, load, durationSeconds }, index) => {
    const mean = means[index] ?? null
    return {
      date: index === days.length - 1 ? `${formatDate(date)}, today` : formatDate(date),
      load: formatWhole(load),
      duration: durationSeconds > 0 ? formatDuration(durationSeconds) : absent,
      weeklyMean: mean === null ? absent : formatWhole(mean),
    }
  })
}

/** One day in a sentence, with the mean as it was then. */
export const dayWords = ({ load, duration, weeklyMean }: DayFigures): string => {
  const done = duration === absent ? 'no training' : `load ${load} in ${duration}`
  return weeklyMean === absent ? done : `${done}; 7-day mean ${weeklyMean}`
}
