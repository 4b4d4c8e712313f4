import { expect, test } from 'vitest'
import {
  actionableError,
  adviceOn,
  athleteActionOn,
  type ErrorCode,
  errorCodes,
  linkFailure,
  offersReconnect,
} from './index.ts'

test.each(errorCodes)(
  '%s: nobody is told that there is nothing to do where the text tells them to do something',
  (code) => {
    const error = actionableError(code)
    if (/Try again in a moment|Connecting Strava again/.test(error.detail) && error.actor === 'operator') {
      expect(adviceOn(error)).toMatch(/^(Try|Connect Strava) again.*operator/)
    }
    if (error.actor === 'athlete') expect(adviceOn(error)).toBeNull()
  },
)

test('what was being done says more than the catalogue', () => {
  expect(adviceOn({ ...actionableError('app_full'), wayOut: 'Ask the coach.' })).toBe('Ask the coach.')
})

test.each([
  ['active', 'strava_refuses', true],
  ['reauth_required', 'reauth_required', true],
  ['reauth_required', 'scope_missing', true],
  ['reauth_required', 'app_inactive', false],
  ['active', 'app_inactive', false],
  ['active', 'quota_exhausted', false],
] as const)('%s with %s offers to connect again: %s', (status, code, isOffered) => {
  expect(offersReconnect({ status, error: actionableError(code) })).toBe(isOffered)
})

test('there is something to press for what the athlete can do or try', () => {
  const actionOn = (code: ErrorCode) => athleteActionOn(actionableError(code))
  expect(actionOn('reauth_required')).toBe('reconnect')
  expect(actionOn('strava_refuses')).toBe('reconnect')
  expect(actionOn('internal_error')).toBeNull()
  expect(actionOn('app_full')).toBeNull()
  expect(actionOn('quota_exhausted')).toBeNull()
})

test.each(errorCodes)('%s: where linking failed nobody is told to wait for what does not come by itself', (code) => {
  const failure = linkFailure(actionableError(code))
  const words = `${failure.detail} ${adviceOn(failure)}`
  if (failure.actor !== 'athlete' && code !== 'forbidden')
    expect(words).not.toMatch(/by itself|nothing (for you )?to do/i)
})
