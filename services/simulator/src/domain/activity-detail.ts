import type { SummaryActivity } from './activity.ts'

/**
 * Segment effort ids go past 2^53 at Strava; a plain JSON.parse turns them into other numbers. They are bigint here and
 * leave as bare JSON integers.
 */
const effortIdBase = 2_947_197_241_971_379_000n

const lengthOf = (activity: SummaryActivity) => ({
  elapsed_time: activity.elapsed_time,
  moving_time: activity.moving_time,
  distance: activity.distance,
  average_speed: activity.average_speed,
})

const segmentEfforts = (activity: SummaryActivity) =>
  activity.start_latlng.length === 0
    ? []
    : [1n, 2n].map((position) => ({
        id: effortIdBase + BigInt(activity.id % 100_000) * 10n + position,
        resource_state: 2,
        name: `Segment ${position}`,
        activity: { id: activity.id, resource_state: 1 },
        athlete: activity.athlete,
        elapsed_time: Math.round(activity.moving_time / 10),
        moving_time: Math.round(activity.moving_time / 10),
        start_date: activity.start_date,
        start_date_local: activity.start_date_local,
        distance: activity.distance / 10,
        start_index: 10,
        end_index: 400,
      }))

/** The detailed shape: the summary and what only `GET /activities/{id}` has. Holds bigint ids. */
export const activityDetail = (activity: SummaryActivity) => ({
  ...activity,
  resource_state: 3,
  description: activity.manual ? null : '',
  calories: Math.round((activity.moving_time / 60) * 9.5 * 10) / 10,
  perceived_exertion: null,
  prefer_perceived_exertion: false,
  photos: { primary: null, count: 0 },
  gear: activity.gear_id === null ? null : { id: activity.gear_id, primary: true, name: 'Gear', resource_state: 2 },
  segment_efforts: segmentEfforts(activity),
  splits_metric: activity.distance < 1000 ? [] : [{ ...lengthOf(activity), elevation_difference: 0, split: 1 }],
  laps: [
    {
      id: activity.id * 3 + 1,
      resource_state: 2,
      name: 'Lap 1',
      activity: { id: activity.id, resource_state: 1 },
      athlete: activity.athlete,
      ...lengthOf(activity),
      start_date: activity.start_date,
      start_date_local: activity.start_date_local,
      lap_index: 1,
      split: 1,
    },
  ],
  stats_visibility: [{ type: 'heart_rate', visibility: activity.heartrate_opt_out ? 'only_me' : 'everyone' }],
  available_zones: activity.has_heartrate ? ['heartrate'] : [],
  embed_token: 'simulated',
})
