import type { ErrorCode, Status } from '@slipstream/contracts'
import { actionableError, linkFailure } from '@slipstream/contracts/errors'
import { describe, expect, test } from 'vitest'
import { decideLink, type LinkEffect, type LinkEvent, type LinkState } from './link-decision.ts'

const status = { status: 'active' } as Status
const at = 1_000_000
const minute = 60_000

const idle: LinkState = { step: 'idle' }
const starting: LinkState = { step: 'starting' }
const inBrowser: LinkState = { step: 'in_browser' }
const returning: LinkState = { step: 'returning' }
const linked: LinkState = { step: 'linked', status }
const cancelled: LinkState = { step: 'cancelled' }
const failed = (code: ErrorCode): LinkState => ({ step: 'failed', error: linkFailure(actionableError(code)) })
const givenUp: LinkState = {
  step: 'failed',
  error: {
    ...linkFailure(actionableError('service_unavailable')),
    wayOut: expect.stringMatching(/^Whether .* not known/),
  },
}
const timedOut: LinkState = { step: 'timed_out', error: actionableError('link_expired') }
const completing = (result: string, more: { tries?: number; newer?: string } = {}): LinkState => ({
  ...{ step: 'completing', result, since: at, tries: more.tries ?? 1 },
  newer: more.newer === undefined ? null : { result: more.newer, since: at },
})

const pressed: LinkEvent = { kind: 'pressed' }
const result = (value: string): LinkEvent => ({ kind: 'returned', returned: { kind: 'result', result: value }, at })
const error = (code: ErrorCode): LinkEvent => ({ kind: 'returned', returned: { kind: 'error', code }, at })
const left: LinkEvent = { kind: 'browser_left', mayReturn: true }
const closed: LinkEvent = { kind: 'browser_left', mayReturn: false }
const waited: LinkEvent = { kind: 'waited_for_return' }
const completed: LinkEvent = { kind: 'completed', status }
const refused = (code: ErrorCode, afterMs = 0): LinkEvent => ({
  ...{ kind: 'not_completed', error: actionableError(code), isFinal: true, retryAfterMs: null },
  at: at + afterMs,
})
const unanswered = (afterMs: number, retryAfterMs: number | null = null): LinkEvent => ({
  ...{ kind: 'not_completed', error: actionableError('service_unavailable'), isFinal: false, retryAfterMs },
  at: at + afterMs,
})

const begin: LinkEffect = { kind: 'begin' }
const open: LinkEffect = { kind: 'open_browser', connectUrl: 'https://link.example/connect?token=t' }
const waitForReturn: LinkEffect = { kind: 'wait_for_return' }
const complete = (value: string, afterMs = 0): LinkEffect => ({ kind: 'complete', result: value, afterMs })
const forget: LinkEffect = { kind: 'forget_attempt' }

type Case = [when: string, given: LinkState, event: LinkEvent, then: LinkState, ...effects: LinkEffect[]]

const check = (cases: Case[]) =>
  test.each(cases)('%s', (_when, given, event, state, ...effects) => {
    expect(decideLink(given, event)).toEqual({ state, effects })
  })

describe('a press on the button', () => {
  check([
    ['begins', idle, pressed, starting, begin],
    ['begins anew after an error', failed('consent_denied'), pressed, starting, begin],
    ['begins anew after it took too long', timedOut, pressed, starting, begin],
    ['begins anew after the browser was closed', cancelled, pressed, starting, begin],
    ['begins anew while nobody knows whether a return comes', returning, pressed, starting, begin],
    ['links another account once linked', linked, pressed, starting, begin],
    ['a second one begins nothing', starting, pressed, starting],
    ['begins nothing while the browser is open', inBrowser, pressed, inBrowser],
    ['begins nothing while the link is completed', completing('r'), pressed, completing('r')],
  ])
})

describe('the way to Strava', () => {
  const given: LinkEvent = { kind: 'token_given', connectUrl: 'https://link.example/connect?token=t' }
  const notBegun: LinkEvent = { kind: 'not_begun', error: actionableError('profile_required') }
  const withoutStrava: LinkEvent = { kind: 'not_begun', error: actionableError('strava_unavailable') }
  check([
    ['opens with the link token', starting, given, inBrowser, open],
    ['is not opened by an answer nobody waits for', cancelled, given, cancelled],
    ['is closed where the gateway refuses', starting, notBegun, failed('profile_required')],
    ['tells that nothing was linked where Strava is away', starting, withoutStrava, failed('strava_unavailable')],
    ['ends where the device has no browser', inBrowser, notBegun, failed('profile_required')],
  ])
})

describe('the way back', () => {
  check([
    ['completes', inBrowser, result('r'), completing('r'), complete('r')],
    ['opens an app that was killed meanwhile', idle, result('r'), completing('r'), complete('r')],
    ['comes after the browser was seen to close', returning, result('r'), completing('r'), complete('r')],
    ['comes after that was taken for the end', cancelled, result('r'), completing('r'), complete('r')],
    ['comes after a no that became a yes', failed('consent_denied'), result('r'), completing('r'), complete('r')],
    ['twice is once', completing('r'), result('r'), completing('r')],
    ['with a fresh result is kept for later', completing('r'), result('s'), completing('r', { newer: 's' })],
    ['is too late once linked', linked, result('r'), linked],
    ['of an earlier attempt is nothing to the next', starting, result('r'), starting],
    ['tells of a no', inBrowser, error('consent_denied'), failed('consent_denied')],
    ['tells of a no to an app that was killed', idle, error('consent_denied'), failed('consent_denied')],
    ['tells that it took too long', inBrowser, error('link_expired'), timedOut],
    [
      'with an error, which any app can send, spoils nothing',
      completing('r'),
      error('internal_error'),
      completing('r'),
    ],
    ['with an error is too late once linked', linked, error('consent_denied'), linked],
  ])
})

describe('a browser that is gone', () => {
  check([
    ['without a return is waited for on Android', inBrowser, left, returning, waitForReturn],
    ['was closed by the person', inBrowser, closed, cancelled],
    ['nothing came', returning, waited, cancelled],
    ['the return came in between', completing('r'), waited, completing('r')],
    ['the return came before', completing('r'), left, completing('r')],
  ])
})

describe('completing', () => {
  const last = completing('r', { tries: 4 })
  check([
    ['links', completing('r'), completed, linked, forget],
    ['is nothing to the next who signs in', idle, completed, idle],
    [
      'is tried again after a second',
      completing('r'),
      unanswered(0),
      completing('r', { tries: 2 }),
      complete('r', 1_000),
    ],
    ['is tried again ever later', last, unanswered(9_000), completing('r', { tries: 5 }), complete('r', 8_000)],
    [
      'waits as long as the gateway asks',
      completing('r'),
      unanswered(0, 5_000),
      completing('r', { tries: 2 }),
      complete('r', 5_000),
    ],
    ['is given up when the result is too old', last, unanswered(minute - 8_000), givenUp],
    ['is given up when it would be too old by then', completing('r'), unanswered(0, minute), givenUp],
    ['is refused for good', completing('r'), refused('strava_account_in_use'), failed('strava_account_in_use'), forget],
    ['waits for the athlete to sign in again', completing('r'), refused('unauthorized'), failed('unauthorized')],
    [
      'is refused with a result that was not the true one',
      completing('x'),
      refused('result_invalid'),
      failed('result_invalid'),
    ],
    ['is refused with a result that is too old', completing('r'), refused('result_invalid', minute), timedOut],
    [
      'goes on with the newer result',
      completing('r', { newer: 's' }),
      refused('result_invalid'),
      completing('s'),
      complete('s'),
    ],
  ])
})

describe('an app that is opened by hand', () => {
  const withoutReturn: LinkEvent = { kind: 'opened_without_return' }
  check([
    ['while somebody should be at Strava is told so', idle, withoutReturn, cancelled],
    ['and completes already goes on', completing('r'), withoutReturn, completing('r')],
  ])
})

describe('signing out', () => {
  const abandoned: LinkEvent = { kind: 'abandoned' }
  check([
    ['leaves nothing to the next', cancelled, abandoned, idle, forget],
    ['ends what is under way', completing('r'), abandoned, idle, forget],
  ])
})

describe('an attempt that is too old', () => {
  const expired: LinkEvent = { kind: 'attempt_expired' }
  check([
    ['is told when the app opens', idle, expired, timedOut, forget],
    ['is told when the browser comes back', inBrowser, expired, timedOut, forget],
    ['is told when somebody goes back to the browser', cancelled, expired, timedOut, forget],
    ['is nothing to the next', starting, expired, starting],
  ])
})
