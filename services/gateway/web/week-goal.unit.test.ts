import { describe, expect, it } from 'vitest'
import { goalShare, goalWords, leftWords, weekSoFar } from './week-goal.ts'
import { addDays } from './weeks.ts'

/** 28 days up to `today`, of one hour each. */
const hourADay = (today: string) =>
  Array.from({ length: 28 }, (_, index) => ({ date: addDays(today, index - 27), load: 50, durationSeconds: 3_600 }))

describe('weekSoFar', () => {
  it.each([
    ['2026-11-23', 1, 'Mon 23 Nov – Sun 29 Nov'],
    ['2026-11-26', 4, 'Mon 23 Nov – Sun 29 Nov'],
    ['2026-11-29', 7, 'Mon 23 Nov – Sun 29 Nov'],
    ['2026-12-01', 2, 'Mon 30 Nov – Sun 6 Dec'],
    ['2027-01-01', 5, 'Mon 28 Dec – Sun 3 Jan'],
  ])('on %s counts %d days, from Monday on', (today, hours, range) =>
    expect(weekSoFar(hourADay(today), null)).toEqual({ range, trainedMinutes: hours * 60, goalMinutes: null }),
  )

  it('knows no week without days, and no goal of nothing', () => {
    expect(weekSoFar([], 6)).toBeNull()
    expect(weekSoFar(hourADay('2026-11-26'), 0)?.goalMinutes).toBeNull()
  })
})

describe('the goal in words', () => {
  const week = (trainedMinutes: number, goalMinutes: number | null) => ({ range: '', trainedMinutes, goalMinutes })

  it.each([
    [week(340, 390), '5 h 40 of 6 h 30', '50 min to go', 340 / 390],
    [week(0, 390), '0 min of 6 h 30', '6 h 30 to go', 0],
    [week(390, 390), '6 h 30 of 6 h 30', 'Goal reached', 1],
    [week(500, 390), '8 h 20 of 6 h 30', 'Goal reached', 1],
    [week(45, null), '45 min', null, 0],
  ])('%j: %s, %s', (given, words, left, share) => {
    expect(goalWords(given)).toBe(words)
    expect(leftWords(given)).toBe(left)
    expect(goalShare(given)).toBe(share)
  })
})
