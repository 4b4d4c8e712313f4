import type { Workout } from '@slipstream/contracts'
import {
  absent,
  formatDistance,
  formatDuration,
  formatElevation,
  formatHeartRate,
  formatWhole,
  isStartHidden,
} from './format.ts'
import { formatCadence, formatRate, rateLabel } from './sport-rate.ts'

/** `212 W`, or `est. 212 W` where nothing measured them; a dash without any. */
export const formatPower = ({
  averageWatts,
  isPowerMeasured,
}: Pick<Workout, 'averageWatts' | 'isPowerMeasured'>): string => {
  if (averageWatts === null) return absent
  return `${isPowerMeasured === false ? 'est. ' : ''}${formatWhole(averageWatts)} W`
}

const marks = { race: 'Race', long_run: 'Long run', workout: 'Workout' } as const

/** What the athlete marked it as; null for the most, which are not. */
export const markWord = (workoutType: Workout['workoutType']): string | null =>
  workoutType === null ? null : marks[workoutType]

/** Devices of Garmin that give their model alone. */
const garminModel =
  /^(forerunner|f[eē]nix|edge|venu|v[ií]vo\w+|instinct|enduro|epix|descent|marq|approach|lily|swim 2|tactix|quatix)\b/i

/**
 * The device by maker and model. Strava's API Policy (4.4) and Garmin's brand guideline want `Garmin <model>` wherever data come
 * from one; null where no device is known.
 */
export const deviceWords = (deviceName: string | null): string | null => {
  const name = deviceName?.trim() ?? ''
  if (name === '') return null
  return garminModel.test(name) ? `Garmin ${name}` : name
}

const visibilityWords = { everyone: 'Everyone', followers_only: 'Followers', only_me: 'Only you' } as const

const howWords = ({ isManual, isTrainer, isCommute }: Workout): string | null => {
  const words = [isManual && 'entered by hand', isTrainer && 'on a trainer or treadmill', isCommute && 'commute']
  const said = words.filter((word) => word !== false).join(', ')
  return said === '' ? null : said.charAt(0).toUpperCase() + said.slice(1)
}

export interface WorkoutDetail {
  label: string
  value: string
}

/** All there is to say about a workout, in order; what is not known has no line. */
export const workoutDetails = (workout: Workout): WorkoutDetail[] => {
  const { energyKilojoules, relativeEffort, visibility, timezone } = workout
  const lines: [label: string, value: string | null][] = [
    ['Marked as', markWord(workout.workoutType)],
    [rateLabel(workout.sportType), formatRate(workout)],
    ['Distance', formatDistance(workout.distanceMeters)],
    ['Moving time', formatDuration(workout.movingTimeSeconds)],
    ['Elapsed time', formatDuration(workout.elapsedTimeSeconds)],
    ['Climb', formatElevation(workout.elevationGainMeters)],
    ['Average heart rate', formatHeartRate(workout.averageHeartRateBpm)],
    ['Highest heart rate', formatHeartRate(workout.maxHeartRateBpm)],
    ['Cadence', formatCadence(workout)],
    ['Power', formatPower(workout)],
    ['Work', energyKilojoules === null ? null : `${formatWhole(energyKilojoules)} kJ`],
    ['Relative effort', relativeEffort === null ? null : formatWhole(relativeEffort)],
    ['How', howWords(workout)],
    ['Device', deviceWords(workout.deviceName)],
    ['Visible on Strava to', visibility === null ? null : visibilityWords[visibility]],
    ['Start', isStartHidden(workout.startedAtLocal) ? 'Time hidden by you on Strava' : null],
    ['Time zone', timezone],
  ]
  return lines.flatMap(([label, value]) => (value === null || value === absent ? [] : [{ label, value }]))
}
