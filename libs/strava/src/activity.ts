import { z } from 'zod'
import type { Reading } from './json.ts'
import { idSchema, numberSchema, optional, optionalText, readWith } from './lenient.ts'

/**
 * An activity as Strava has it, cleaned: one name style, ids as strings, SI units, absent values null. Meanings are
 * still Strava's. Source: SummaryActivity and DetailedActivity of https://developers.strava.com/docs/reference/ and
 * what recorded answers hold besides.
 */
export interface StravaActivity {
  stravaActivityId: string
  athleteId: string | null
  stravaUploadId: string | null
  name: string
  /** An open list: Strava adds sports without notice. */
  sportType: string
  /** ISO 8601 UTC. One second past local midnight when the athlete hides start times: many activities may share it. */
  startDate: string
  /** Wall-clock time where it took place. Ends in `Z`, yet is not UTC. */
  startDateLocal: string
  /** For example `(GMT-05:00) America/New_York`; the offset in it ignores daylight saving. */
  timezone: string | null
  utcOffsetSeconds: number | null
  distanceMeters: number
  movingTimeSeconds: number
  elapsedTimeSeconds: number
  elevationGainMeters: number
  averageHeartRateBpm: number | null
  maxHeartRateBpm: number | null
  /** Revolutions per minute; for runs and walks the steps of one leg. */
  averageCadence: number | null
  averageWatts: number | null
  /** False: the watts are Strava's estimate. */
  deviceWatts: boolean | null
  /** What the athlete marked it as; the numbers differ by sport. */
  workoutType: number | null
  kilojoules: number | null
  sufferScore: number | null
  manual: boolean
  trainer: boolean
  commute: boolean
  /** `everyone`, `followers_only`, `only_me`, or what Strava adds. */
  visibility: string | null
  deviceName: string | null
}

const amount = optional(numberSchema.pipe(z.number().nonnegative()))
const heartRate = optional(numberSchema.pipe(z.number().positive()))
const flag = z.boolean().catch(false)

const wallTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/

const maxOffsetSeconds = 18 * 60 * 60

const instant = z
  .string()
  .refine((text) => wallTime.test(text) && !Number.isNaN(Date.parse(text)))
  .transform((text) => new Date(text).toISOString())

const activitySchema = z
  .object({
    id: idSchema,
    athlete: z.object({ id: optional(idSchema) }).catch({ id: null }),
    upload_id: optional(idSchema),
    upload_id_str: optional(idSchema),
    name: z.string().catch(''),
    sport_type: optionalText,
    type: optionalText,
    start_date: instant,
    start_date_local: optional(z.string().regex(wallTime)),
    timezone: optionalText,
    utc_offset: optional(numberSchema.pipe(z.number().min(-maxOffsetSeconds).max(maxOffsetSeconds))),
    distance: amount,
    moving_time: amount,
    elapsed_time: amount,
    total_elevation_gain: amount,
    average_heartrate: heartRate,
    max_heartrate: heartRate,
    average_cadence: amount,
    average_watts: amount,
    device_watts: optional(z.boolean()),
    workout_type: optional(numberSchema),
    kilojoules: amount,
    suffer_score: amount,
    manual: flag,
    trainer: flag,
    commute: flag,
    private: flag,
    visibility: optionalText,
    device_name: optionalText,
  })
  .transform((raw, context): StravaActivity => {
    const elapsedTimeSeconds = raw.elapsed_time ?? raw.moving_time
    if (elapsedTimeSeconds === null) {
      context.addIssue({ code: 'custom', path: ['elapsed_time'] })
      return z.NEVER
    }
    return {
      stravaActivityId: raw.id,
      athleteId: raw.athlete.id,
      stravaUploadId: raw.upload_id_str ?? raw.upload_id,
      name: raw.name,
      sportType: raw.sport_type ?? raw.type ?? 'Workout',
      startDate: raw.start_date,
      startDateLocal: raw.start_date_local ?? shiftedBy(raw.start_date, raw.utc_offset ?? 0),
      timezone: raw.timezone,
      utcOffsetSeconds: raw.utc_offset,
      distanceMeters: raw.distance ?? 0,
      movingTimeSeconds: raw.moving_time ?? elapsedTimeSeconds,
      elapsedTimeSeconds,
      elevationGainMeters: raw.total_elevation_gain ?? 0,
      averageHeartRateBpm: raw.average_heartrate,
      maxHeartRateBpm: raw.max_heartrate,
      averageCadence: raw.average_cadence,
      averageWatts: raw.average_watts,
      deviceWatts: raw.device_watts,
      workoutType: raw.workout_type,
      kilojoules: raw.kilojoules,
      sufferScore: raw.suffer_score,
      manual: raw.manual,
      trainer: raw.trainer,
      commute: raw.commute,
      visibility: raw.visibility ?? (raw.private ? 'only_me' : null),
      deviceName: raw.device_name,
    }
  })

const shiftedBy = (instantText: string, seconds: number): string =>
  new Date(Date.parse(instantText) + seconds * 1000).toISOString()

/** An activity that cannot be used, named without any of its values. */
export interface UnreadableActivity {
  stravaActivityId: string | null
  problem: string
}

/** Reads one activity. Unreadable: without id, a start that is a time, or any duration. */
export const readActivity = (raw: unknown): Reading<StravaActivity> => readWith(activitySchema, raw)

const knownIdSchema = z.object({ id: idSchema }).transform(({ id }) => id)

/** Reads a page; what cannot be read is set aside, so that one bad activity does not cost the other 199. */
export const readActivities = (page: unknown[]) => {
  const activities: StravaActivity[] = []
  const unreadable: UnreadableActivity[] = []
  for (const raw of page) {
    const reading = readActivity(raw)
    if ('data' in reading) activities.push(reading.data)
    else {
      unreadable.push({ stravaActivityId: knownIdSchema.safeParse(raw).data ?? null, problem: reading.problem })
    }
  }
  return { activities, unreadable }
}
