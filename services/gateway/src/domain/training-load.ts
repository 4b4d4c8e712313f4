import type { TrainingLoad, Workout } from '@slipstream/contracts'

/** What of a workout counts for load. */
export type LoadedWorkout = Pick<Workout, 'startedAtLocal' | 'timezone' | 'movingTimeSeconds' | 'relativeEffort'>

const method =
  'Daily sum of Strava Relative Effort (heart-rate based, of the TRIMP family: Banister 1991); workouts without it count ' +
  '0.84 per moving minute, which is the TRIMP of a minute at half of the heart-rate reserve. ' +
  'One workout counts 24 hours at most, and a load of 2,500. ' +
  'Acute and chronic load are means over 7 and 28 local days; their ratio is the coupled acute:chronic workload ratio (Gabbett 2016).'

/** Banister's TRIMP per minute is ratio × 0.64 × e^(1.92 × ratio), with ratio = the share of the heart-rate reserve used. */
const moderateRatio = 0.5
const loadPerMinute = moderateRatio * 0.64 * Math.exp(1.92 * moderateRatio)

const acuteDays = 7
const chronicDays = 28
const dayMs = 86_400_000

/** TRIMP of 24 hours at 70 % of the heart-rate reserve. */
const maxLoad = 2_500

/** A workout counts for the day it began on, and that has 24 hours: what lasts longer must not drown the other 27. */
const countedSeconds = ({ movingTimeSeconds }: LoadedWorkout): number => Math.min(movingTimeSeconds, dayMs / 1000)

const loadOf = (workout: LoadedWorkout): number =>
  Math.min(workout.relativeEffort ?? (countedSeconds(workout) / 60) * loadPerMinute, maxLoad)

const round = (value: number): number => Math.round(value * 100) / 100

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** The calendar day it is now where the athlete last trained; UTC where that place is not known. */
const localDate = (now: Date, timezone: string | null): string => {
  try {
    return new Intl.DateTimeFormat('en-CA', { timeZone: timezone ?? 'UTC' }).format(now)
  } catch {
    // Strava passes on zone names that the time zone database does not have.
    return now.toISOString().slice(0, 10)
  }
}

/** Ends of local days differ from those of UTC days by up to 14 hours: ask for workouts from here on. */
export const loadWindowStart = (now: Date): Date => new Date(now.getTime() - (chronicDays + 1) * dayMs)

/** Load for each of the last 28 local days, oldest first; `workouts` in any order, older and later ones do not count. */
export const trainingLoad = (workouts: readonly LoadedWorkout[], now: Date): TrainingLoad => {
  const latest = workouts.reduce<LoadedWorkout | null>(
    (newest, workout) => (newest && newest.startedAtLocal >= workout.startedAtLocal ? newest : workout),
    null,
  )
  const today = Date.parse(localDate(now, latest?.timezone ?? null))
  const byDay = Map.groupBy(workouts, (workout) => workout.startedAtLocal.slice(0, 10))
  const days = Array.from({ length: chronicDays }, (_, index) => {
    const date = new Date(today - (chronicDays - 1 - index) * dayMs).toISOString().slice(0, 10)
    const done = byDay.get(date) ?? []
    return {
      date,
      load: round(sum(done.map(loadOf))),
      durationSeconds: sum(done.map(countedSeconds)),
    }
  })
  const loads = days.map((day) => day.load)
  const acute = sum(loads.slice(-acuteDays)) / acuteDays
  const chronic = sum(loads) / chronicDays
  return {
    method,
    days,
    acute: round(acute),
    chronic: round(chronic),
    ratio: chronic > 0 ? round(acute / chronic) : null,
  }
}
