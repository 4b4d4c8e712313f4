import { expect, test } from 'vitest'
import { readReturn } from './return-url.ts'

test.each([
  ['coachai://oauth/strava?result=abc-_1', { kind: 'result', result: 'abc-_1' }],
  ['coachai://oauth/strava?result=a%20b#x', { kind: 'result', result: 'a b' }],
  ['coachai://oauth/strava?error=consent_denied', { kind: 'error', code: 'consent_denied' }],
  ['coachai://oauth/strava?from=x&error=app_full', { kind: 'error', code: 'app_full' }],
  // A newer gateway's, or nobody's.
  ['coachai://oauth/strava?error=constructor', { kind: 'error', code: 'internal_error' }],
  ['coachai://oauth/strava?error=%E0%A4%A', null],
  ['coachai://oauth/strava?result=', null],
  ['coachai://oauth/strava', null],
  ['coachai://oauth/login?result=abc', null],
  ['coachai://oauth/strava.example?result=abc', null],
  ['', null],
])('%s', (url, returned) => {
  expect(readReturn(url, 'coachai://oauth/strava')).toEqual(returned)
})
