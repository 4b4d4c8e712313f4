import type { StravaActivity } from '@slipstream/strava'
import { describe, expect, it } from 'vitest'
import { morningRun } from '../../test/fixtures/activities.ts'
import { normalise } from './normalise.ts'

describe('normalise', () => {
  it('puts an activity into our words', () => {
    expect(normalise(morningRun)).toEqual({
      name: 'Morning run',
      sportType: 'Run',
      startedAt: new Date('2026-10-25T11:00:00Z'),
      startedAtLocal: '2026-10-25T07:00:00',
      timezone: 'America/New_York',
      distanceMeters: 10_012.4,
      movingTimeSeconds: 3001,
      elapsedTimeSeconds: 3100,
      elevationGainMeters: 84.2,
      averageHeartRateBpm: 151.3,
      maxHeartRateBpm: 172,
      averageCadenceRpm: 78.7,
      averageWatts: null,
      isPowerMeasured: null,
      workoutType: null,
      energyKilojoules: null,
      relativeEffort: 63,
      isManual: false,
      isTrainer: false,
      isCommute: false,
      visibility: 'everyone',
      deviceName: 'Some watch',
      stravaUrl: 'https://www.strava.com/activities/16181809559',
    })
  })

  it.each([
    ['everyone', 'everyone'],
    ['followers_only', 'followers_only'],
    ['only_me', 'only_me'],
    ['a_new_one', null],
    [null, null],
  ])('reads the visibility %s as %s', (visibility, expected) => {
    expect(normalise({ ...morningRun, visibility }).visibility).toBe(expected)
  })

  it('keeps a sport it does not know', () => {
    expect(normalise({ ...morningRun, sportType: 'UnderwaterHockey' }).sportType).toBe('UnderwaterHockey')
  })

  it('takes a manual activity with hardly any values', () => {
    const manual: StravaActivity = {
      ...morningRun,
      manual: true,
      stravaUploadId: null,
      distanceMeters: 0,
      elevationGainMeters: 0,
      averageHeartRateBpm: null,
      maxHeartRateBpm: null,
      averageCadence: null,
      sufferScore: null,
      deviceName: null,
    }
    expect(normalise(manual)).toMatchObject({
      isManual: true,
      distanceMeters: 0,
      averageHeartRateBpm: null,
      deviceName: null,
    })
  })

  it('gives power and energy of a ride', () => {
    const ride = { ...morningRun, sportType: 'Ride', averageWatts: 187.5, kilojoules: 812.1, averageCadence: 88 }
    expect(normalise(ride)).toMatchObject({ averageWatts: 187.5, energyKilojoules: 812.1, averageCadenceRpm: 88 })
  })

  it.each([
    [0, null],
    [1, 'race'],
    [2, 'long_run'],
    [3, 'workout'],
    [10, null],
    [11, 'race'],
    [12, 'workout'],
    [99, null],
    [null, null],
  ] as const)('reads the workout type %j as %j', (workoutType, expected) => {
    expect(normalise({ ...morningRun, workoutType }).workoutType).toBe(expected)
  })

  it.each([true, false, null])('keeps whether the power was measured: %j', (deviceWatts) => {
    expect(normalise({ ...morningRun, deviceWatts }).isPowerMeasured).toBe(deviceWatts)
  })
})
