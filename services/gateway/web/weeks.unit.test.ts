import type { Workout } from '@slipstream/contracts'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addDays, formatWeek, mondayOf, weekName, weeksOf, weekTotals } from './weeks.ts'

const workout = (startedAtLocal: string, rest: Partial<Workout> = {}): Workout =>
  ({ id: startedAtLocal, startedAtLocal, movingTimeSeconds: 3_600, distanceMeters: 10_000, ...rest }) as Workout

describe('mondayOf', () => {
  it.each([
    ['2026-11-23', '2026-11-23'],
    ['2026-11-26', '2026-11-23'],
    ['2026-11-29', '2026-11-23'],
    ['2026-11-30', '2026-11-30'],
    ['2027-01-01', '2026-12-28'],
    ['2028-03-01', '2028-02-28'],
    ['no day', 'no day'],
  ])('%s is in the week of %s', (date, monday) => expect(mondayOf(date)).toBe(monday))

  it('is at most six days back, and its own Monday', () => {
    fc.assert(
      fc.property(fc.nat(40_000), (days) => {
        const date = addDays('1970-01-01', days)
        const monday = mondayOf(date)
        expect(new Date(monday).getUTCDay()).toBe(1)
        expect((Date.parse(date) - Date.parse(monday)) / 86_400_000).toBeLessThan(7)
        expect(monday <= date).toBe(true)
      }),
    )
  })
})

it.each([
  ['2026-11-23', '23–29 Nov'],
  ['2026-10-26', '26 Oct – 1 Nov'],
  ['2026-12-28', '28 Dec – 3 Jan'],
  ['no day', '–'],
])('the week of %s is shown as %s', (monday, text) => expect(formatWeek(monday)).toBe(text))

it.each([
  ['2026-11-23', 'This week'],
  ['2026-11-16', 'Last week'],
  ['2026-11-09', null],
  ['2026-11-30', null],
])('on Sunday 29 November the week of %s is called %s', (monday, name) =>
  expect(weekName(monday, '2026-11-29')).toBe(name),
)

it('names no week as this one where today is not known', () => {
  expect(weekName('2026-11-23', null)).toBeNull()
})

describe('weeksOf', () => {
  it('begins weeks on Monday, by the wall clock of the place', () => {
    const weeks = weeksOf([workout('2026-11-23T00:10:00'), workout('2026-11-22T23:50:00')], false, null)
    expect(weeks.map(({ monday, workouts }) => [monday, workouts.length])).toEqual([
      ['2026-11-23', 1],
      ['2026-11-16', 1],
    ])
  })

  it('puts a week together that places far apart have mixed with its neighbour', () => {
    // Honolulu’s Sunday evening began after Tokyo’s Monday morning.
    const mixed = [workout('2026-11-22T20:00:00'), workout('2026-11-23T07:00:00'), workout('2026-11-22T08:00:00')]
    expect(weeksOf(mixed, false, null).map(({ workouts }) => workouts.length)).toEqual([1, 2])
  })

  it('knows that only the oldest may go on, and only where there is a next page', () => {
    const items = [workout('2026-11-24T07:00:00'), workout('2026-11-17T07:00:00')]
    expect(weeksOf(items, true, null).map(({ isOpen }) => isOpen)).toEqual([false, true])
    expect(weeksOf(items, false, null).map(({ isOpen }) => isOpen)).toEqual([false, false])
  })

  it('knows that a week which began before all workouts are known of may have had more', () => {
    const items = [workout('2026-11-24T07:00:00'), workout('2026-11-20T07:00:00')]
    const openSince = (since: string) => weeksOf(items, false, since).map(({ isOpen }) => isOpen)
    expect(openSince('2026-11-18')).toEqual([false, true])
    expect(openSince('2026-11-16')).toEqual([false, false])
  })
})

describe('weekTotals', () => {
  const two = [workout('2026-11-24T07:00:00'), workout('2026-11-25T07:00:00', { movingTimeSeconds: 300 })]

  it('counts, and sums time and distance', () => {
    expect(weekTotals({ workouts: two, isOpen: false })).toBe('2 workouts · 1 h 05 · 20.0 km')
    expect(weekTotals({ workouts: [workout('x', { distanceMeters: 0 })], isOpen: false })).toBe('1 workout · 1 h 00')
  })

  it('says of a week that may go on that it is at least so much', () => {
    expect(weekTotals({ workouts: two, isOpen: true })).toBe('at least 2 workouts · 1 h 05 · 20.0 km')
  })
})
