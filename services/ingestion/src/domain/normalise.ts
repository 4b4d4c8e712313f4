import { visibilities, type WorkoutType } from '@slipstream/contracts'
import type { WorkoutValues } from '@slipstream/records'
import type { StravaActivity } from '@slipstream/strava'

/** Runs have 1 to 3, rides 11 and 12 (0 and 10: nothing special). The numbers are recorded, their meaning undocumented. */
const workoutTypeOf: Readonly<Record<number, WorkoutType>> = {
  1: 'race',
  2: 'long_run',
  3: 'workout',
  11: 'race',
  12: 'workout',
}

/**
 * One activity in Slipstream's words. Meanings are Strava's: distances in metres, times in seconds, energy in
 * kilojoules, cadence of runs for one leg. Source: https://developers.strava.com/docs/reference/#api-models-SummaryActivity
 */
export const normalise = (activity: StravaActivity): WorkoutValues => ({
  name: activity.name,
  sportType: activity.sportType,
  startedAt: new Date(activity.startDate),
  startedAtLocal: activity.startDateLocal,
  timezone: activity.timezone,
  distanceMeters: activity.distanceMeters,
  movingTimeSeconds: activity.movingTimeSeconds,
  elapsedTimeSeconds: activity.elapsedTimeSeconds,
  elevationGainMeters: activity.elevationGainMeters,
  averageHeartRateBpm: activity.averageHeartRateBpm,
  maxHeartRateBpm: activity.maxHeartRateBpm,
  averageCadenceRpm: activity.averageCadence,
  averageWatts: activity.averageWatts,
  isPowerMeasured: activity.deviceWatts,
  workoutType: workoutTypeOf[activity.workoutType ?? 0] ?? null,
  energyKilojoules: activity.kilojoules,
  relativeEffort: activity.sufferScore,
  isManual: activity.manual,
  isTrainer: activity.trainer,
  isCommute: activity.commute,
  // A value Strava adds later is unknown, not public.
  visibility: visibilities.find((known) => known === activity.visibility) ?? null,
  deviceName: activity.deviceName,
  stravaUrl: `https://www.strava.com/activities/${activity.stravaActivityId}`,
})
