import type { SummaryActivity, Visibility } from './activity.ts'
import type { Athlete } from './athletes.ts'
import type { Random } from './random.ts'
import { type Sport, sportFor } from './sports.ts'
import { stravaTime, utcOffsetSeconds } from './times.ts'

/** What somebody decides about an activity; the rest follows from the sport and from chance. */
export interface ActivityPlan {
  readonly sportType: string
  readonly startedAt: Date
  readonly name?: string | undefined
  readonly movingMinutes?: number | undefined
  readonly distanceKilometers?: number | undefined
  readonly visibility?: Visibility | undefined
  /** Typed in by hand: no upload, no device, no map, no heart rate. */
  readonly manual?: boolean | undefined
  readonly trainer?: boolean | undefined
  readonly commute?: boolean | undefined
  /** Strava then shows local midnight plus one second as both start times. */
  readonly hideStartTime?: boolean | undefined
  readonly heartRate?: 'recorded' | 'absent' | 'hidden' | undefined
  /** Strava guesses the watts of a ride without a power meter. */
  readonly power?: 'measured' | 'estimated' | undefined
  readonly workoutType?: number | null | undefined
  /** In Strava's form; the athlete's own zone where absent. */
  readonly timezone?: string | undefined
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits))

/** Any decodable line will do: nothing in this system reads the map. */
const samplePolyline = '_p~iF~ps|U_ulLnnqC_mqNvxq`@'

const wholeDayStart = (localIso: string): string => `${localIso.slice(0, 10)}T00:00:01Z`

const heartRateFields = (plan: ActivityPlan, sport: Sport, movingSeconds: number, random: Random) => {
  const hidden = plan.heartRate === 'hidden'
  const flags = { heartrate_opt_out: hidden, display_hide_heartrate_option: !hidden }
  if (plan.manual || hidden || plan.heartRate === 'absent') return { ...flags, has_heartrate: false }
  const average = round(sport.heartRateBpm + random.between(-6, 6), 1)
  return {
    ...flags,
    has_heartrate: true,
    average_heartrate: average,
    max_heartrate: Math.round(average + random.between(12, 30)),
    suffer_score: Math.round((movingSeconds / 3600) * ((average / 100) ** 3 * 22)),
  }
}

const powerFields = (plan: ActivityPlan, athlete: Athlete, sport: Sport, movingSeconds: number, random: Random) => {
  if (sport.watts === undefined || athlete.ftpWatts === null || plan.manual) return {}
  const average = round(sport.watts * (athlete.ftpWatts / 260) + random.between(-15, 15), 1)
  const kilojoules = round((average * movingSeconds) / 1000, 1)
  if (plan.power === 'estimated') return { average_watts: average, device_watts: false, kilojoules }
  return {
    average_watts: average,
    max_watts: Math.round(average * random.between(2.2, 3.4)),
    weighted_average_watts: Math.round(average * random.between(1.02, 1.12)),
    device_watts: true,
    kilojoules,
  }
}

const placeFields = (plan: ActivityPlan, athlete: Athlete, sport: Sport, id: number, random: Random) => {
  if (!sport.outdoors || plan.manual || plan.trainer) {
    return { start_latlng: [], end_latlng: [], map: { id: `a${id}`, summary_polyline: '', resource_state: 2 as const } }
  }
  const [latitude, longitude] = athlete.home
  const near = (degrees: number) => round(degrees + random.between(-0.02, 0.02), 6)
  const low = round(random.between(20, 220), 1)
  return {
    start_latlng: [near(latitude), near(longitude)],
    end_latlng: [near(latitude), near(longitude)],
    map: { id: `a${id}`, summary_polyline: samplePolyline, resource_state: 2 as const },
    elev_low: low,
    elev_high: round(low + random.between(8, 140), 1),
    average_temp: random.integer(3, 24),
  }
}

const uploadFields = (plan: ActivityPlan, id: number, random: Random) => {
  if (plan.manual) return { upload_id: null, external_id: null }
  const uploadId = id + 1_098_000_000 + random.integer(0, 99)
  return {
    upload_id: uploadId,
    upload_id_str: String(uploadId),
    external_id: `device_ping_${uploadId}.fit`,
    device_name: random.pick(['Garmin Forerunner 265', 'Wahoo ELEMNT BOLT', 'COROS PACE 3', 'Apple Watch Series 9']),
  }
}

/** Builds the wire shape of one activity. The same plan, id and chance give the same activity. */
export const buildActivity = (athlete: Athlete, plan: ActivityPlan, id: number, random: Random): SummaryActivity => {
  const sport = sportFor(plan.sportType)
  const movingSeconds = Math.round((plan.movingMinutes ?? sport.defaultMinutes * random.between(0.8, 1.25)) * 60)
  const metersPerSecond = sport.metersPerSecond * random.between(0.92, 1.08)
  const distance =
    plan.distanceKilometers === undefined
      ? round(metersPerSecond * movingSeconds, 1)
      : round(plan.distanceKilometers * 1000, 1)
  const timezone = plan.timezone ?? athlete.timezone
  const offset = utcOffsetSeconds(timezone, plan.startedAt)
  const started = stravaTime(plan.startedAt)
  const local = stravaTime(new Date(plan.startedAt.getTime() + offset * 1000))
  const visibility = plan.visibility ?? 'everyone'
  const averageSpeed = round(distance / movingSeconds, 3)
  return {
    resource_state: 2,
    id,
    athlete: { id: athlete.stravaAthleteId, resource_state: 1 },
    name: plan.name ?? random.pick(sport.names),
    distance,
    moving_time: movingSeconds,
    elapsed_time: plan.manual ? movingSeconds : Math.round(movingSeconds * random.between(1, 1.14)),
    total_elevation_gain: plan.manual
      ? 0
      : round((distance / 1000) * sport.climbMetersPerKilometer * random.between(0.6, 1.4), 1),
    type: sport.type,
    sport_type: plan.sportType,
    ...(plan.workoutType === undefined ? {} : { workout_type: plan.workoutType }),
    ...(plan.hideStartTime
      ? { start_date: wholeDayStart(local), start_date_local: wholeDayStart(local), hidden_start: started }
      : { start_date: started, start_date_local: local }),
    timezone,
    utc_offset: offset,
    location_city: null,
    location_state: null,
    location_country: null,
    achievement_count: random.integer(0, 4),
    kudos_count: random.integer(0, 25),
    comment_count: random.integer(0, 3),
    athlete_count: 1,
    photo_count: 0,
    total_photo_count: 0,
    pr_count: 0,
    trainer: plan.trainer ?? (sport.type === 'VirtualRide' && !plan.manual),
    commute: plan.commute ?? false,
    manual: plan.manual ?? false,
    private: visibility === 'only_me',
    visibility,
    flagged: false,
    gear_id: plan.manual ? null : `g${athlete.stravaAthleteId % 100_000}`,
    average_speed: averageSpeed,
    max_speed: plan.manual ? 0 : round(averageSpeed * random.between(1.3, 1.9), 3),
    ...(sport.cadenceRpm === undefined || plan.manual
      ? {}
      : { average_cadence: round(sport.cadenceRpm + random.between(-3, 3), 1) }),
    ...powerFields(plan, athlete, sport, movingSeconds, random),
    ...heartRateFields(plan, sport, movingSeconds, random),
    ...placeFields(plan, athlete, sport, id, random),
    ...uploadFields(plan, id, random),
    from_accepted_tag: false,
    has_kudoed: false,
  }
}
