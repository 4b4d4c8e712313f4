import { z } from 'zod'

const nullableMeasure = z.number().nullable()
const measure = z.number().meta({ description: '0 as well where it is not known.' })

export const visibilities = ['everyone', 'followers_only', 'only_me'] as const
export const workoutTypes = ['race', 'long_run', 'workout'] as const
export type WorkoutType = (typeof workoutTypes)[number]

/**
 * A Strava activity as Slipstream stores and serves it: SI units, UTC, ids as strings, absent values null. A field added
 * after a release has a default, so that what was written without it is still read.
 */
export const workoutSchema = z
  .object({
    id: z.string(),
    stravaActivityId: z.string(),
    source: z.literal('strava'),
    name: z.string(),
    sportType: z.string().meta({ description: 'Open list: Strava adds sports without notice.' }),
    startedAt: z.iso.datetime(),
    startedAtLocal: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/)
      .meta({ description: 'Wall-clock time where the activity took place, without offset.' }),
    timezone: z.string().nullable().meta({ description: 'IANA name, for example America/New_York.' }),
    distanceMeters: measure,
    movingTimeSeconds: measure,
    elapsedTimeSeconds: measure,
    elevationGainMeters: measure,
    averageHeartRateBpm: nullableMeasure,
    maxHeartRateBpm: nullableMeasure,
    averageCadenceRpm: nullableMeasure.meta({ description: 'As Strava gives it: for runs, one leg.' }),
    averageWatts: nullableMeasure,
    isPowerMeasured: z
      .boolean()
      .nullable()
      .default(null)
      .meta({ description: 'False: the watts are an estimate of Strava. Null: there are none, or it is not known.' }),
    workoutType: z.enum(workoutTypes).nullable().default(null).meta({ description: 'As the athlete marked it.' }),
    energyKilojoules: nullableMeasure,
    relativeEffort: nullableMeasure,
    isManual: z.boolean(),
    isTrainer: z.boolean(),
    isCommute: z.boolean(),
    visibility: z.enum(visibilities).nullable(),
    deviceName: z.string().nullable(),
    stravaUrl: z.url(),
    version: z.int().positive().meta({ description: 'Grows by one with each change; order events by it.' }),
    firstIngestedAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Workout' })
export type Workout = z.output<typeof workoutSchema>
/** As earlier releases may have written it. */
export type WorkoutInput = z.input<typeof workoutSchema>
