import { describe, expect, test } from 'vitest'
import { wallTimeAt, wallTimeIn, zoneName } from './local-time.ts'

test.each([
  ['(GMT-05:00) America/New_York', 'America/New_York'],
  ['(GMT-05:00) EST', 'EST'],
  ['(GMT-05:00) EST5EDT', 'EST5EDT'],
  ['(GMT-05:00) Etc/GMT+5', 'Etc/GMT+5'],
  ['(GMT-05:00) Cuba', 'Cuba'],
  ['(GMT-05:00) US/Eastern', 'US/Eastern'],
  ['(GMT-05:00) Brazil/Acre', 'Brazil/Acre'],
  ['(GMT+00:00) GMT', 'GMT'],
  ['Europe/Berlin', 'Europe/Berlin'],
  ['(GMT+01:00)', null],
  ['(GMT+01:00) ', null],
  [null, null],
])('the zone of %s is %s', (timezone, expected) => expect(zoneName(timezone)).toBe(expected))

test.each([
  ['2026-10-25T07:00:00Z', '2026-10-25T07:00:00'],
  ['2026-10-25T07:00:00', '2026-10-25T07:00:00'],
  ['2026-10-25T07:00:00.000Z', '2026-10-25T07:00:00'],
  ['2026-03-29T02:30:00Z', '2026-03-29T02:30:00'],
  ['2016-12-31T23:59:60Z', null],
  ['2026-02-30T10:00:00Z', null],
  ['2026-10-25', null],
  ['noon', null],
])('the wall time in %s is %s', (text, expected) => expect(wallTimeIn(text)).toBe(expected))

describe('the wall time at an instant', () => {
  test.each([
    ['2026-03-08T06:59:59Z', null, 'America/New_York', '2026-03-08T01:59:59'],
    ['2026-03-08T07:00:00Z', null, 'America/New_York', '2026-03-08T03:00:00'],
    ['2026-11-01T05:30:00Z', null, 'America/New_York', '2026-11-01T01:30:00'],
    ['2026-11-01T06:30:00Z', null, 'America/New_York', '2026-11-01T01:30:00'],
    ['2026-07-14T22:00:00Z', null, 'Europe/Berlin', '2026-07-15T00:00:00'],
    ['2026-07-14T17:05:10.900Z', null, 'EST5EDT', '2026-07-14T13:05:10'],
    ['2026-07-14T17:05:10Z', 7200, 'America/New_York', '2026-07-14T19:05:10'],
    ['2026-07-14T17:05:10Z', null, 'Etc/Nowhere', '2026-07-14T17:05:10'],
    ['2026-07-14T17:05:10Z', null, null, '2026-07-14T17:05:10'],
  ])('%s, offset %s, zone %s: %s', (instant, offset, zone, expected) => {
    expect(wallTimeAt(instant, offset, zone)).toBe(expected)
  })
})
