import type { Workout } from '@slipstream/contracts'
import { describe, expect, it } from 'vitest'
import { deviceWords, formatPower, markWord, workoutDetails } from './workout-text.ts'

const ride: Workout = {
  id: 'wko_1',
  stravaActivityId: '1',
  source: 'strava',
  name: 'Evening ride',
  sportType: 'Ride',
  startedAt: '2026-11-20T17:12:00Z',
  startedAtLocal: '2026-11-20T18:12:00',
  timezone: 'Europe/Berlin',
  distanceMeters: 42_600,
  movingTimeSeconds: 5_400,
  elapsedTimeSeconds: 5_700,
  elevationGainMeters: 310,
  averageHeartRateBpm: 141.3,
  maxHeartRateBpm: 172,
  averageCadenceRpm: 87,
  averageWatts: 211.6,
  isPowerMeasured: true,
  workoutType: 'race',
  energyKilojoules: 1_142.6,
  relativeEffort: 88,
  isManual: false,
  isTrainer: true,
  isCommute: false,
  visibility: 'followers_only',
  deviceName: 'Garmin Edge 540',
  stravaUrl: 'https://www.strava.com/activities/1',
  version: 1,
  firstIngestedAt: '2026-11-20T19:00:00Z',
  updatedAt: '2026-11-20T19:00:00Z',
}

describe('formatPower', () => {
  it.each([
    [211.6, true, '212 W'],
    [211.6, false, 'est. 212 W'],
    [211.6, null, '212 W'],
    [null, null, '–'],
  ])('%s W, measured: %s, is %s', (averageWatts, isPowerMeasured, text) =>
    expect(formatPower({ averageWatts, isPowerMeasured })).toBe(text),
  )
})

it.each([
  ['race', 'Race'],
  ['long_run', 'Long run'],
  ['workout', 'Workout'],
  [null, null],
] as const)('%s is marked %s', (workoutType, word) => expect(markWord(workoutType)).toBe(word))

it.each([
  ['Garmin Forerunner 265', 'Garmin Forerunner 265'],
  ['Forerunner 965', 'Garmin Forerunner 965'],
  ['fēnix 7X', 'Garmin fēnix 7X'],
  ['Edge 1040', 'Garmin Edge 1040'],
  ['vívoactive 5', 'Garmin vívoactive 5'],
  ['Wahoo ELEMNT BOLT', 'Wahoo ELEMNT BOLT'],
  ['Apple Watch Series 9', 'Apple Watch Series 9'],
  ['Edgewater treadmill', 'Edgewater treadmill'],
  [' ', null],
  [null, null],
])('the device %j is named %j', (deviceName, words) => expect(deviceWords(deviceName)).toBe(words))

describe('workoutDetails', () => {
  it('says all there is, with units', () => {
    expect(workoutDetails(ride).map(({ label, value }) => `${label}: ${value}`)).toEqual([
      'Marked as: Race',
      'Speed: 28.4 km/h',
      'Distance: 42.6 km',
      'Moving time: 1 h 30',
      'Elapsed time: 1 h 35',
      'Climb: 310 m',
      'Average heart rate: 141 bpm',
      'Highest heart rate: 172 bpm',
      'Cadence: 87 rpm',
      'Power: 212 W',
      'Work: 1,143 kJ',
      'Relative effort: 88',
      'How: On a trainer or treadmill',
      'Device: Garmin Edge 540',
      'Visible on Strava to: Followers',
      'Time zone: Europe/Berlin',
    ])
  })

  it('has no line for what is not known', () => {
    const bare: Workout = {
      ...ride,
      workoutType: null,
      sportType: 'Yoga',
      startedAtLocal: '2026-11-20T00:00:01',
      timezone: null,
      distanceMeters: 0,
      elevationGainMeters: 0,
      averageHeartRateBpm: null,
      maxHeartRateBpm: null,
      averageCadenceRpm: null,
      averageWatts: null,
      energyKilojoules: null,
      relativeEffort: null,
      isManual: true,
      isTrainer: false,
      isCommute: true,
      visibility: null,
      deviceName: null,
    }
    expect(workoutDetails(bare).map(({ label, value }) => `${label}: ${value}`)).toEqual([
      'Moving time: 1 h 30',
      'Elapsed time: 1 h 35',
      'How: Entered by hand, commute',
      'Start: Time hidden by you on Strava',
    ])
  })
})
