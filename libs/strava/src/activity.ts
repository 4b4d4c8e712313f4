import { z } from 'zod'
import type { Reading } from './json.ts'
import { idSchema, numberSchema, optional, optionalText, readWith, textSchema } from './lenient.ts'
import { isWallTimeOf, maxOffsetSeconds, wallTimeAt, wallTimeIn, zoneName } from './local-time.ts'
import { type ImplausibleField, keepPlausible } from './plausible.ts'

/**
 * An activity as Strava has it, cleaned: one name style, ids as strings, SI units, absent values null, well-formed texts,
 * values that a person can have achieved. Meanings are still Strava's. Source: SummaryActivity and DetailedActivity of https://developers.strava.com/docs/reference/ and
 * what recorded answers hold besides.
 */
export interface StravaActivity {
  stravaActivityId: string
  athleteId: string | null
  stravaUploadId: string | null
  name: string
  /** An open list: Strava adds sports without notice. */
  sportType: string
  /** The older, coarser kind, which webhooks speak of. */
  type: string | null
  /** ISO 8601 UTC. One second past local midnight when the athlete hides start times: many activities may share it. */
  startDate: string
  /** Wall-clock time where it took place, `2026-10-25T07:00:00`. Strava ends it in `Z`, yet it is not UTC. */
  startDateLocal: string
  /** For example `America/New_York`. An open list, too: not each name is in the time zone database. */
  timezone: string | null
  utcOffsetSeconds: number | null
  /** 0 where it is not known, and so are the next three. */
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
  /** What Strava sent beside that and nobody can have done; read as absent. */
  implausible: ImplausibleField[]
}

const measure = optional(numberSchema)
const flag = z.boolean().catch(false)

const beginsAsTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/

const instant = z
  .string()
  .refine((text) => beginsAsTime.test(text) && !Number.isNaN(Date.parse(text)))
  .transform((text) => new Date(text).toISOString())

const activitySchema = z
  .object({
    id: idSchema,
    athlete: z.object({ id: optional(idSchema) }).catch({ id: null }),
    upload_id: optional(idSchema),
    upload_id_str: optional(idSchema),
    name: textSchema.catch(''),
    sport_type: optionalText,
    type: optionalText,
    start_date: instant,
    start_date_local: optionalText,
    timezone: optionalText,
    utc_offset: optional(numberSchema.pipe(z.number().min(-maxOffsetSeconds).max(maxOffsetSeconds))),
    distance: measure,
    moving_time: measure,
    elapsed_time: measure,
    total_elevation_gain: measure,
    average_heartrate: measure,
    max_heartrate: measure,
    average_cadence: measure,
    average_watts: measure,
    device_watts: optional(z.boolean()),
    workout_type: optional(numberSchema),
    kilojoules: measure,
    suffer_score: measure,
    manual: flag,
    trainer: flag,
    commute: flag,
    private: flag,
    visibility: optionalText,
    device_name: optionalText,
  })
  .transform((raw): StravaActivity => {
    const { kept, implausible } = keepPlausible(raw)
    const timezone = zoneName(raw.timezone)
    const toldWallTime = raw.start_date_local === null ? null : plausibleWallTime(raw.start_date_local, raw.start_date)
    return {
      stravaActivityId: raw.id,
      athleteId: raw.athlete.id,
      stravaUploadId: raw.upload_id_str ?? raw.upload_id,
      name: raw.name,
      sportType: raw.sport_type ?? raw.type ?? 'Workout',
      type: raw.type,
      startDate: raw.start_date,
      startDateLocal: toldWallTime ?? wallTimeAt(raw.start_date, raw.utc_offset, timezone),
      timezone,
      utcOffsetSeconds: raw.utc_offset,
      distanceMeters: kept.distance ?? 0,
      movingTimeSeconds: kept.moving_time ?? kept.elapsed_time ?? 0,
      elapsedTimeSeconds: kept.elapsed_time ?? kept.moving_time ?? 0,
      elevationGainMeters: kept.total_elevation_gain ?? 0,
      averageHeartRateBpm: kept.average_heartrate,
      maxHeartRateBpm: kept.max_heartrate,
      averageCadence: kept.average_cadence,
      averageWatts: kept.average_watts,
      deviceWatts: raw.device_watts,
      workoutType: raw.workout_type,
      kilojoules: kept.kilojoules,
      sufferScore: kept.suffer_score,
      manual: raw.manual,
      trainer: raw.trainer,
      commute: raw.commute,
      visibility: raw.visibility ?? (raw.private ? 'only_me' : null),
      deviceName: raw.device_name,
      implausible:
        raw.start_date_local !== null && toldWallTime === null ? [...implausible, 'start_date_local'] : implausible,
    }
  })

const plausibleWallTime = (text: string, startDate: string): string | null => {
  const wallTime = wallTimeIn(text)
  return wallTime !== null && isWallTimeOf(wallTime, startDate) ? wallTime : null
}

/** An activity that cannot be used, named without any of its values. */
export interface UnreadableActivity {
  stravaActivityId: string | null
  problem: string
}

/** Reads one activity. Unreadable: without an id, or a start that is a time. */
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
