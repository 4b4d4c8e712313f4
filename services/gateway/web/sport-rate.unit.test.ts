import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatCadence, formatRate, rateLabel } from './sport-rate.ts'

describe('formatRate', () => {
  it.each([
    ['Run', 10_000, 3_120, '5:12 /km'],
    ['TrailRun', 9_300, 3_840, '6:53 /km'],
    ['Walk', 4_000, 2_880, '12:00 /km'],
    ['Hike', 12_000, 14_400, '20:00 /km'],
    ['Swim', 1_500, 1_620, '1:48 /100 m'],
    ['Rowing', 5_000, 1_200, '2:00 /500 m'],
    ['Ride', 42_600, 5_400, '28.4 km/h'],
    ['NordicSki', 20_000, 4_800, '15.0 km/h'],
    // Strava adds sports without notice.
    ['SomethingNew', 12_000, 3_600, '12.0 km/h'],
    ['Soccer', 7_000, 3_600, '–'],
    ['WeightTraining', 0, 2_460, '–'],
    ['Run', 0, 3_000, '–'],
    ['Ride', 10_000, 0, '–'],
    // A watch that lay on the table.
    ['Run', 5, 3_600, '–'],
  ])('%s: %d m in %d s are %s', (sportType, distanceMeters, movingTimeSeconds, text) =>
    expect(formatRate({ sportType, distanceMeters, movingTimeSeconds })).toBe(text),
  )

  it('shows seconds below sixty, and never something that is no number', () => {
    const sports = fc.constantFrom('Run', 'Swim', 'Rowing', 'Ride', 'Yoga', 'SomethingNew')
    fc.assert(
      fc.property(
        sports,
        fc.double({ noNaN: true, min: 0, max: 1e6 }),
        fc.nat(200_000),
        (sportType, meters, seconds) => {
          const text = formatRate({ sportType, distanceMeters: meters, movingTimeSeconds: seconds })
          expect(text).toMatch(/^(–|\d{1,2}:[0-5]\d \/(km|100 m|500 m)|[\d,]+\.\d km\/h)$/)
        },
      ),
    )
  })
})

it.each([
  ['Run', 'Pace'],
  ['Swim', 'Pace'],
  ['Ride', 'Speed'],
  ['SomethingNew', 'Speed'],
])('%s has a %s', (sportType, label) => expect(rateLabel(sportType)).toBe(label))

describe('formatCadence', () => {
  it.each([
    ['Run', 84.3, '169 steps/min'],
    ['Hike', 55, '110 steps/min'],
    ['Ride', 87.4, '87 rpm'],
    ['Swim', 28, '28 strokes/min'],
    ['Run', null, '–'],
  ])('%s %d: %s', (sportType, averageCadenceRpm, text) =>
    expect(formatCadence({ sportType, averageCadenceRpm })).toBe(text),
  )
})
