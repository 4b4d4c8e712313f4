import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatCount,
  formatDate,
  formatDay,
  formatDistance,
  formatDuration,
  formatElevation,
  formatHeartRate,
  formatInstant,
  formatLocalTime,
  formatRatio,
  formatSport,
  formatTitle,
  formatUntil,
} from './format.ts'

const now = new Date('2026-11-20T18:00:00Z')

describe('formatLocalTime', () => {
  it('shows the wall clock of the place, whatever zone the reader is in', () => {
    expect(formatLocalTime('2026-11-20T07:12:00')).toBe('Fri 20 Nov, 07:12')
    expect(formatLocalTime('2026-03-29T02:30:00')).toBe('Sun 29 Mar, 02:30')
  })

  it('leaves out a time that its owner hides on Strava', () => {
    expect(formatLocalTime('2026-11-20T00:00:01')).toBe('Fri 20 Nov')
    expect(formatLocalTime('2026-11-20T00:00:00')).toBe('Fri 20 Nov, 00:00')
  })
})

describe('formatDate', () => {
  it('names a calendar day', () => {
    expect(formatDate('2026-11-20')).toBe('Fri 20 Nov')
    expect(formatDate('2026-20-11')).toBe('–')
  })
})

describe('formatInstant', () => {
  it('names the day only when it is not today in the given zone', () => {
    expect(formatInstant('2026-11-20T07:05:00Z', now, 'UTC')).toBe('today at 07:05')
    expect(formatInstant('2026-11-19T22:30:00Z', now, 'UTC')).toBe('Thu 19 Nov, 22:30')
    expect(formatInstant('2026-11-20T03:00:00Z', now, 'America/New_York')).toBe('Thu 19 Nov, 22:00')
  })

  it('does not take the same date of another year for today', () => {
    expect(formatInstant('2025-11-20T07:05:00Z', now, 'UTC')).not.toContain('today')
  })
})

describe('formatDay', () => {
  it('names day and year in the given zone', () => {
    expect(formatDay('2026-11-20T03:00:00Z', 'UTC')).toBe('20 November 2026')
    expect(formatDay('2026-11-20T03:00:00Z', 'America/New_York')).toBe('19 November 2026')
    expect(formatDay('2016-12-31T23:59:60Z')).toBe('–')
  })
})

describe('every text for a time', () => {
  it('is a dash where that is no time', () => {
    expect(formatLocalTime('2016-12-31T23:59:60')).toBe('–')
    expect(formatInstant('2016-12-31T23:59:60Z', now)).toBe('–')
  })

  it('is given for any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const format of [formatLocalTime, formatSport]) expect(typeof format(text)).toBe('string')
        for (const format of [formatInstant, formatUntil]) expect(typeof format(text, now)).toBe('string')
      }),
    )
  })
})

describe('measures', () => {
  it.each([
    [12_345.6, '12.3 km'],
    [1_000, '1.0 km'],
    [999.6, '1.0 km'],
    [999.4, '999 m'],
    [50, '50 m'],
    [120_449, '120.4 km'],
    [0, '–'],
  ])('distance %d m is %s', (meters, text) => expect(formatDistance(meters)).toBe(text))

  it.each([
    [0, '0 min'],
    [59, '1 min'],
    [3_540, '59 min'],
    [3_599, '1 h 00'],
    [3_900, '1 h 05'],
    [36_061, '10 h 01'],
  ])('duration %d s is %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text))

  it('durations never show sixty minutes and lose at most half a minute', () => {
    fc.assert(
      fc.property(fc.nat(200_000), (seconds) => {
        const { hours = '0', minutes } =
          /^(?:(?<hours>[1-9]\d*) h (?<minutes>[0-5]\d)|(?<minutes>[1-5]?\d) min)$/.exec(formatDuration(seconds))
            ?.groups ?? {}
        expect(Math.abs(Number(hours) * 3600 + Number(minutes) * 60 - seconds)).toBeLessThanOrEqual(30)
      }),
    )
  })

  it('rounds climb and heart rate, and shows an absent one as a dash', () => {
    expect(formatElevation(1_204.6)).toBe('1,205 m')
    expect(formatElevation(0)).toBe('–')
    expect(formatHeartRate(147.4)).toBe('147 bpm')
    expect(formatHeartRate(null)).toBe('–')
  })

  it('shows the ratio with two decimals, or a dash without history', () => {
    expect(formatRatio(1.256)).toBe('1.26')
    expect(formatRatio(null)).toBe('–')
  })
})

describe('formatSport', () => {
  it.each([
    ['Run', 'Run'],
    ['TrailRun', 'Trail run'],
    ['EBikeRide', 'E-Bike ride'],
    ['WeightTraining', 'Weight training'],
    ['HighIntensityIntervalTraining', 'High intensity interval training'],
    ['Some_newSport', 'Some new sport'],
  ])('%s is shown as %s', (sportType, text) => expect(formatSport(sportType)).toBe(text))
})

describe('formatTitle', () => {
  it.each([
    ['Morning loop', 'Morning loop'],
    ['', 'Untitled trail run'],
    ['  \t', 'Untitled trail run'],
    ['\u200b\u2060', 'Untitled trail run'],
    ['🏃', '🏃'],
  ])('%j is titled %s', (name, title) => expect(formatTitle({ name, sportType: 'TrailRun' })).toBe(title))
})

describe('formatUntil', () => {
  it.each([
    ['2026-11-20T17:59:00Z', 'about 1 s'],
    ['2026-11-20T18:00:03.100Z', 'about 4 s'],
    ['2026-11-20T18:02:40Z', 'about 3 min'],
    ['2026-11-20T20:10:00Z', 'about 2 h'],
  ])('%s is %s away', (instant, text) => expect(formatUntil(instant, now)).toBe(text))
})

describe('formatCount', () => {
  it('uses the plural for everything but one', () => {
    expect([0, 1, 2].map((count) => formatCount(count, 'activity', 'activities'))).toEqual([
      '0 activities',
      '1 activity',
      '2 activities',
    ])
  })
})
