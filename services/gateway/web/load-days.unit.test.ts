import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayFigures, dayWords, weeklyMeans, weekStarts } from './load-days.ts'
import { addDays } from './weeks.ts'

const daysOf = (loads: readonly number[]) =>
  loads.map((load, index) => ({ date: addDays('2026-10-30', index), load, durationSeconds: load * 60 }))

describe('weeklyMeans', () => {
  it('begins with the seventh day', () => {
    expect(weeklyMeans(daysOf([7, 0, 0, 0, 0, 0, 0, 14]))).toEqual([null, null, null, null, null, null, 1, 2])
  })

  it('lies between the lightest and the heaviest of the seven days', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2_500), { minLength: 7, maxLength: 28 }), (loads) => {
        const last = weeklyMeans(daysOf(loads)).at(-1) ?? Number.NaN
        const week = loads.slice(-7)
        expect(last).toBeGreaterThanOrEqual(Math.min(...week) - 1e-9)
        expect(last).toBeLessThanOrEqual(Math.max(...week) + 1e-9)
      }),
    )
  })
})

it('finds the Mondays', () => {
  const days = daysOf(Array.from({ length: 28 }, () => 0))
  expect(weekStarts(days).map((index) => days[index]?.date)).toEqual([
    '2026-11-02',
    '2026-11-09',
    '2026-11-16',
    '2026-11-23',
  ])
})

describe('a day as text', () => {
  const figures = dayFigures(daysOf([62.4, 0, 0, 0, 0, 0, 70, 65]))

  it('names the last one today', () => {
    expect(figures.map(({ date }) => date)).toEqual([
      'Fri 30 Oct',
      'Sat 31 Oct',
      'Sun 1 Nov',
      'Mon 2 Nov',
      'Tue 3 Nov',
      'Wed 4 Nov',
      'Thu 5 Nov',
      'Fri 6 Nov, today',
    ])
  })

  it.each([
    [0, 'load 62 in 1 h 02'],
    [1, 'no training'],
    [6, 'load 70 in 1 h 10; 7-day mean 19'],
    [7, 'load 65 in 1 h 05; 7-day mean 19'],
  ])('day %d: %s', (index, words) => {
    const day = figures[index]
    expect(day && dayWords(day)).toBe(words)
  })
})
