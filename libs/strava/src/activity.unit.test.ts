import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { manualActivity, rideActivity, runActivity } from '../test/fixtures.ts'
import { readActivities, readActivity } from './activity.ts'

const read = (raw: unknown) => {
  const reading = readActivity(raw)
  if ('problem' in reading) throw new Error(reading.problem)
  return reading.data
}

describe('reading an activity', () => {
  test('a ride with every sensor', () => {
    expect(read(rideActivity)).toEqual({
      stravaActivityId: '16181809559',
      athleteId: '4300112233',
      stravaUploadId: '17279496051',
      name: 'Evening loop',
      sportType: 'GravelRide',
      type: 'Ride',
      startDate: '2026-07-14T17:05:10.000Z',
      startDateLocal: '2026-07-14T13:05:10',
      timezone: 'America/New_York',
      utcOffsetSeconds: -14400,
      distanceMeters: 40123.4,
      movingTimeSeconds: 5400,
      elapsedTimeSeconds: 5712,
      elevationGainMeters: 512,
      averageHeartRateBpm: 141.3,
      maxHeartRateBpm: 178,
      averageCadence: 78.7,
      averageWatts: 187.5,
      deviceWatts: true,
      workoutType: 10,
      kilojoules: 1012.5,
      sufferScore: 88,
      manual: false,
      trainer: false,
      commute: true,
      visibility: 'followers_only',
      deviceName: 'Example Computer 540',
      implausible: [],
    })
  })

  test('a manual entry, with nothing measured', () => {
    expect(read(manualActivity)).toMatchObject({
      stravaUploadId: null,
      distanceMeters: 0,
      elevationGainMeters: 0,
      averageHeartRateBpm: null,
      maxHeartRateBpm: null,
      averageCadence: null,
      averageWatts: null,
      deviceWatts: null,
      workoutType: null,
      kilojoules: null,
      sufferScore: null,
      manual: true,
      deviceName: null,
      visibility: 'only_me',
    })
  })

  test.each([
    ['a sport nobody knows yet', { sport_type: 'ZorbBall' }, { sportType: 'ZorbBall' }],
    ['no sport_type', { sport_type: undefined, type: 'Run' }, { sportType: 'Run' }],
    ['no sport at all', { sport_type: null, type: undefined }, { sportType: 'Workout' }],
    ['an odd zone', { timezone: 'EST5EDT' }, { timezone: 'EST5EDT' }],
    ['no zone', { timezone: null }, { timezone: null }],
    ['no offset', { utc_offset: undefined }, { utcOffsetSeconds: null }],
    [
      'numbers as texts',
      { distance: '1500.5', moving_time: '300' },
      { distanceMeters: 1500.5, movingTimeSeconds: 300 },
    ],
    ['an empty array for a value', { average_heartrate: [] }, { averageHeartRateBpm: null }],
    ['a heart rate of zero', { average_heartrate: 0 }, { averageHeartRateBpm: null }],
    ['a negative amount', { kilojoules: -4 }, { kilojoules: null }],
    ['a number past all bounds', { distance: Number.POSITIVE_INFINITY }, { distanceMeters: 0 }],
    ['no moving time', { moving_time: null }, { movingTimeSeconds: 2712, elapsedTimeSeconds: 2712 }],
    ['no duration', { moving_time: null, elapsed_time: null }, { movingTimeSeconds: 0, elapsedTimeSeconds: 0 }],
    ['power that Strava estimated', { device_watts: false }, { deviceWatts: false }],
    ['half an emoji', { name: 'Sunset ride \ud83d' }, { name: 'Sunset ride \ufffd' }],
    ['no elapsed time', { elapsed_time: undefined }, { movingTimeSeconds: 2700, elapsedTimeSeconds: 2700 }],
    ['no upload_id_str', { upload_id_str: undefined, upload_id: 42 }, { stravaUploadId: '42' }],
    [
      'an upload id past int64',
      { upload_id_str: '987654321234567891234' },
      { stravaUploadId: '987654321234567891234' },
    ],
    ['no athlete', { athlete: null }, { athleteId: null }],
    ['no name', { name: null }, { name: '' }],
    ['a hidden start time', { start_date: '2024-07-02T00:00:01Z' }, { startDate: '2024-07-02T00:00:01.000Z' }],
    ['private, with no visibility', { visibility: undefined, private: true }, { visibility: 'only_me' }],
    [
      'followers only, which is not private',
      { visibility: 'followers_only', private: true },
      { visibility: 'followers_only' },
    ],
    ['neither', { visibility: undefined, private: undefined }, { visibility: null }],
    [
      'no local time',
      { start_date: '2026-07-14T06:05:10Z', start_date_local: null, utc_offset: 7200.0 },
      { startDateLocal: '2026-07-14T08:05:10' },
    ],
    [
      'no local time and an absurd offset',
      { start_date: '2026-07-14T06:05:10Z', start_date_local: 'noon', utc_offset: 1e300 },
      { startDateLocal: '2026-07-14T08:05:10' },
    ],
  ])('%s', (_case, change, expected) => {
    expect(read({ ...runActivity, ...change })).toMatchObject(expected)
  })

  test.each([
    ['id: invalid_union', { id: undefined }],
    ['id: invalid_format', { id: 'canary-id' }],
    ['start_date: invalid_type', { start_date: null }],
    ['start_date: custom', { start_date: 'canary-time' }],
  ])('%s', (problem, change) => {
    expect(readActivity({ ...runActivity, ...change })).toEqual({ problem })
  })

  const sevenWeeks = 4_208_365
  test.each([
    [
      { average_heartrate: 0, max_heartrate: 251 },
      { averageHeartRateBpm: null, maxHeartRateBpm: null },
    ],
    [{ moving_time: sevenWeeks }, { movingTimeSeconds: 2712, elapsedTimeSeconds: 2712 }],
    [{ elapsed_time: sevenWeeks }, { movingTimeSeconds: 2700, elapsedTimeSeconds: 2700 }],
    [
      { moving_time: sevenWeeks, elapsed_time: sevenWeeks },
      { movingTimeSeconds: 0, elapsedTimeSeconds: 0 },
    ],
    [{ distance: 270_001 }, { distanceMeters: 0 }],
    [{ total_elevation_gain: -1 }, { elevationGainMeters: 0 }],
    [{ average_cadence: 65_535 }, { averageCadence: null }],
    [{ average_watts: 65_535 }, { averageWatts: null }],
    [{ kilojoules: 1e9 }, { kilojoules: null }],
    [{ suffer_score: 2501 }, { sufferScore: null }],
    [{ start_date_local: '2016-12-31T23:59:60Z' }, {}],
    [{ start_date_local: '2026-02-30T10:00:00Z' }, {}],
    [{ start_date_local: '1970-01-01T00:00:00Z' }, {}],
  ])('%j is left out and named', (change, expected) => {
    const { startDateLocal } = read(runActivity)
    expect(read({ ...runActivity, ...change })).toMatchObject({
      startDateLocal,
      ...expected,
      implausible: Object.keys(change),
    })
  })

  test.each([
    [
      { average_heartrate: 20, max_heartrate: 250 },
      { averageHeartRateBpm: 20, maxHeartRateBpm: 250 },
    ],
    [{ distance: 270_000 }, { distanceMeters: 270_000 }],
    [
      { distance: 10_000, moving_time: 0 },
      { distanceMeters: 10_000, movingTimeSeconds: 0 },
    ],
  ])('%j is kept', (change, expected) => {
    expect(read({ ...runActivity, ...change })).toMatchObject({ ...expected, implausible: [] })
  })

  test.each([null, 7, 'text', []])('%j is no activity', (raw) => {
    expect(readActivity(raw)).toEqual({ problem: 'body: invalid_type' })
  })

  test('never throws, whatever a field holds', () => {
    const keys = Object.keys(rideActivity)
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
        expect(() => readActivity({ ...rideActivity, [key]: value })).not.toThrow()
      }),
    )
  })
})

test('one unreadable activity does not cost the page', () => {
  const page = [runActivity, { ...rideActivity, start_date: null }, null, manualActivity]
  const { activities, unreadable } = readActivities(page)
  expect(activities.map(({ stravaActivityId }) => stravaActivityId)).toEqual(['16181809000', '9007199254740'])
  expect(unreadable).toEqual([
    { stravaActivityId: '16181809559', problem: 'start_date: invalid_type' },
    { stravaActivityId: null, problem: 'body: invalid_type' },
  ])
})
