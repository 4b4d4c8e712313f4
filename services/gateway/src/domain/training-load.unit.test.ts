import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type LoadedWorkout, trainingLoad } from './training-load.ts'

const now = new Date('2026-11-20T12:00:00Z')

const workout = (startedAtLocal: string, rest: Partial<LoadedWorkout> = {}): LoadedWorkout => ({
  startedAtLocal,
  timezone: 'Europe/Berlin',
  movingTimeSeconds: 3600,
  relativeEffort: null,
  ...rest,
})

test('28 days, today last, empty ones too', () => {
  const { days, acute, chronic, ratio } = trainingLoad([], now)
  expect(days).toHaveLength(28)
  expect(days.at(0)?.date).toBe('2026-10-24')
  expect(days.at(-1)).toEqual({ date: '2026-11-20', load: 0, durationSeconds: 0 })
  expect({ acute, chronic, ratio }).toEqual({ acute: 0, chronic: 0, ratio: null })
})

test('relative effort counts as it is, time without it as moderate TRIMP', () => {
  const { days } = trainingLoad(
    [
      workout('2026-11-20T07:00:00', { relativeEffort: 70 }),
      workout('2026-11-20T18:00:00', { relativeEffort: 30, movingTimeSeconds: 1800 }),
      workout('2026-11-19T18:00:00', { movingTimeSeconds: 3600 }),
    ],
    now,
  )
  expect(days.at(-1)).toEqual({ date: '2026-11-20', load: 100, durationSeconds: 5400 })
  expect(days.at(-2)?.load).toBeCloseTo(60 * 0.5 * 0.64 * Math.exp(0.96), 2)
})

test('acute and chronic are means over 7 and 28 days', () => {
  const { acute, chronic, ratio } = trainingLoad(
    [
      workout('2026-11-14T07:00:00', { relativeEffort: 70 }),
      workout('2026-11-13T07:00:00', { relativeEffort: 210 }),
      workout('2026-10-23T07:00:00', { relativeEffort: 999 }),
    ],
    now,
  )
  expect(acute).toBe(10)
  expect(chronic).toBe(10)
  expect(ratio).toBe(1)
})

test.each([
  ['seven weeks long', { movingTimeSeconds: 4_208_365 }, { load: 1203.47, durationSeconds: 86_400 }],
  ['of an absurd effort', { relativeEffort: 1_000_000 }, { load: 2500, durationSeconds: 3600 }],
])('a workout %s drowns no month', (_case, rest, expected) => {
  const { days } = trainingLoad([workout('2026-11-20T07:00:00', rest)], now)
  expect(days.at(-1)).toMatchObject(expected)
})

test('the day ends where the athlete is', () => {
  const lateEvening = new Date('2026-11-20T23:30:00Z')
  const inAuckland = [workout('2026-11-21T08:00:00', { timezone: 'Pacific/Auckland', relativeEffort: 50 })]
  expect(trainingLoad(inAuckland, lateEvening).days.at(-1)).toMatchObject({ date: '2026-11-21', load: 50 })
  const inHawaii = [workout('2026-11-20T08:00:00', { timezone: 'Pacific/Honolulu', relativeEffort: 50 })]
  expect(trainingLoad(inHawaii, new Date('2026-11-21T05:00:00Z')).days.at(-1)).toMatchObject({ date: '2026-11-20' })
})

test('a zone nobody knows is taken as UTC', () => {
  const odd = [workout('2026-11-20T08:00:00', { timezone: 'Etc/Nowhere', relativeEffort: 50 })]
  expect(trainingLoad(odd, now).days.at(-1)).toMatchObject({ date: '2026-11-20', load: 50 })
})

test('the order of workouts changes nothing', () => {
  const day = fc.integer({ min: 1, max: 20 }).map((value) => `2026-11-${String(value).padStart(2, '0')}T07:00:00`)
  const workouts = fc.array(
    fc.record({
      startedAtLocal: day,
      timezone: fc.constant('Europe/Berlin'),
      movingTimeSeconds: fc.integer({ min: 0, max: 20_000 }),
      relativeEffort: fc.option(fc.integer({ min: 0, max: 500 })),
    }),
  )
  fc.assert(
    fc.property(workouts, (list) => {
      expect(trainingLoad(list.toReversed(), now).ratio).toEqual(trainingLoad(list, now).ratio)
    }),
  )
})
