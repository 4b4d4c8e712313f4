import { z } from 'zod'

const nullableMeasure = z.number().nullable()

/** A Strava activity as Slipstream stores and serves it: SI units, UTC, ids as strings, absent values null. */
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
    distanceMeters: z.number(),
    movingTimeSeconds: z.number(),
    elapsedTimeSeconds: z.number(),
    elevationGainMeters: z.number(),
    averageHeartRateBpm: nullableMeasure,
    maxHeartRateBpm: nullableMeasure,
    averageCadenceRpm: nullableMeasure.meta({ description: 'As Strava gives it: for runs, one leg.' }),
    averageWatts: nullableMeasure,
    energyKilojoules: nullableMeasure,
    relativeEffort: nullableMeasure,
    isManual: z.boolean(),
    isTrainer: z.boolean(),
    isCommute: z.boolean(),
    visibility: z.enum(['everyone', 'followers_only', 'only_me']).nullable(),
    deviceName: z.string().nullable(),
    stravaUrl: z.url(),
    version: z.int().positive().meta({ description: 'Grows by one with each change; order events by it.' }),
    firstIngestedAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Workout' })
export type Workout = z.infer<typeof workoutSchema>
