import { z } from 'zod'
import { meaningsOf } from './meanings.ts'

const nullableMeasure = (what: string) =>
  z
    .number()
    .nullable()
    .meta({ description: `${what} null: not known.` })
const measure = (what: string) => z.number().meta({ description: `${what} 0 as well where it is not known.` })

export const visibilities = ['everyone', 'followers_only', 'only_me'] as const
export const workoutTypes = ['race', 'long_run', 'workout'] as const
export type WorkoutType = (typeof workoutTypes)[number]

/**
 * A Strava activity as Slipstream stores and serves it: SI units, UTC, ids as strings, absent values null. A field added
 * after a release has a default, so that what was written without it is still read.
 */
export const workoutSchema = z
  .object({
    id: z.string().meta({ description: 'Id of the workout; stays the same for as long as it is stored.' }),
    stravaActivityId: z.string().meta({ description: 'Id of the activity at Strava.' }),
    source: z.literal('strava').meta({ description: 'Where it comes from.' }),
    name: z.string().meta({ description: 'Title that the athlete or their device gave it.' }),
    sportType: z
      .string()
      .meta({ description: 'Sport, as Strava calls it. Open list: Strava adds sports without notice.' }),
    startedAt: z.iso.datetime().meta({ description: 'When it began, in UTC.' }),
    startedAtLocal: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/)
      .meta({ description: 'Wall-clock time where the activity took place, without offset.' }),
    timezone: z.string().nullable().meta({ description: 'IANA name, for example America/New_York. null: not known.' }),
    distanceMeters: measure('Metres.'),
    movingTimeSeconds: measure('Seconds in motion.'),
    elapsedTimeSeconds: measure('Seconds from beginning to end, with breaks.'),
    elevationGainMeters: measure('Metres climbed.'),
    averageHeartRateBpm: nullableMeasure('Beats a minute.'),
    maxHeartRateBpm: nullableMeasure('Beats a minute.'),
    averageCadenceRpm: nullableMeasure('Turns a minute, as Strava gives it: for runs, steps of one leg.'),
    averageWatts: nullableMeasure('Watts; `isPowerMeasured` says whether they are an estimate.'),
    isPowerMeasured: z
      .boolean()
      .nullable()
      .default(null)
      .meta({ description: 'False: the watts are an estimate of Strava. Null: there are none, or it is not known.' }),
    workoutType: z
      .enum(workoutTypes)
      .nullable()
      .default(null)
      .meta({
        description: `${meaningsOf<WorkoutType>('As the athlete marked it.', {
          race: 'a race',
          long_run: 'a long run',
          workout: 'planned training, such as intervals',
        })} null: not marked, or not known.`,
      }),
    energyKilojoules: nullableMeasure('Kilojoules of work.'),
    relativeEffort: nullableMeasure("Strava's score of how hard it was, from the heart rate."),
    isManual: z.boolean().meta({ description: 'Entered by hand, not recorded.' }),
    isTrainer: z.boolean().meta({ description: 'Done on a trainer, indoors.' }),
    isCommute: z.boolean().meta({ description: 'Marked as a way to work.' }),
    visibility: z
      .enum(visibilities)
      .nullable()
      .meta({
        description: `${meaningsOf<(typeof visibilities)[number]>('Who may see it at Strava.', {
          everyone: 'anybody',
          followers_only: 'the followers of the athlete',
          only_me: 'the athlete alone',
        })} null: not known.`,
      }),
    deviceName: z.string().nullable().meta({ description: 'What recorded it; null: not known.' }),
    stravaUrl: z.url().meta({ description: 'Its page at Strava, to be linked as “View on Strava”.' }),
    version: z.int().positive().meta({ description: 'Grows by one with each change; order events by it.' }),
    firstIngestedAt: z.iso.datetime().meta({ description: 'When it was stored for the first time.' }),
    updatedAt: z.iso.datetime().meta({ description: 'When it was stored or changed last.' }),
  })
  .meta({ id: 'Workout', description: 'A Strava activity as Slipstream stores and serves it, in SI units.' })
export type Workout = z.output<typeof workoutSchema>
/** As earlier releases may have written it. */
export type WorkoutInput = z.input<typeof workoutSchema>
