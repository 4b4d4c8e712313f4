import { actionableError, errorCodes } from '@slipstream/contracts'
import { expect, test } from 'vitest'
import { offersReconnect, wayOutOf } from './way-out.ts'

test.each(errorCodes)(
  '%s: nobody is told that there is nothing to do where the text tells them to do something',
  (code) => {
    const error = actionableError(code)
    if (/Try again in a moment|Connecting Strava again/.test(error.detail) && error.actor === 'operator') {
      expect(wayOutOf(error)).toMatch(/^(Try|Connect Strava) again.*operator/)
    }
    if (error.actor === 'athlete') expect(wayOutOf(error)).toBeNull()
  },
)

test('what was being done says more than the catalogue', () => {
  expect(wayOutOf({ ...actionableError('app_full'), wayOut: 'Ask the coach.' })).toBe('Ask the coach.')
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
