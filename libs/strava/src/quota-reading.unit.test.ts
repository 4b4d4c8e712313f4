import { expect, test } from 'vitest'
import { readQuota } from './quota-reading.ts'

const overall = { limit15m: 200, limitDay: 2000, used15m: 79, usedDay: 222 }
const read = { limit15m: 100, limitDay: 1000, used15m: 78, usedDay: 221 }

test.each([
  [
    'all four headers, in any casing',
    {
      'X-RateLimit-Limit': '200,2000',
      'X-Ratelimit-Usage': '79,222',
      'x-readratelimit-limit': '100,1000',
      'X-READRATELIMIT-USAGE': '78,221',
    },
    { overall, read, stravaDate: null },
  ],
  [
    'the read usage that Strava sends as two empty values',
    {
      'X-RateLimit-Limit': '200,2000',
      'X-RateLimit-Usage': '79,222',
      'X-ReadRateLimit-Limit': '100,1000',
      'X-ReadRateLimit-Usage': ',',
    },
    { overall, read: null, stravaDate: null },
  ],
  ['a limit without its usage', { 'X-RateLimit-Limit': '200,2000' }, null],
  ['one value that is no number', { 'X-RateLimit-Limit': '200,2000', 'X-RateLimit-Usage': '79,NaN' }, null],
  ['a single value', { 'X-RateLimit-Limit': '200', 'X-RateLimit-Usage': '79' }, null],
  [
    'blanks around the values',
    { 'X-RateLimit-Limit': '200, 2000', 'X-RateLimit-Usage': ' 79 ,222' },
    { overall, read: null, stravaDate: null },
  ],
  [
    'Strava’s time alone',
    { date: 'Fri, 20 Nov 2026 12:00:07 GMT' },
    { overall: null, read: null, stravaDate: new Date('2026-11-20T12:00:07Z') },
  ],
  ['a date that is none', { date: 'soon' }, null],
  ['no headers at all', {}, null],
])('%s', (_case, headers, reading) => {
  expect(readQuota(new Headers(headers as Record<string, string>))).toEqual(reading)
})
