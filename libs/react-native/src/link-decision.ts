import type { ActionableError, Status } from '@slipstream/contracts'
import { actionableError, linkFailure, type ShownError } from '@slipstream/contracts/errors'
import type { Returned } from './return-url.ts'

/**
 * One attempt to link, as the app sees it:
 *
 *   idle → starting → in_browser → (returning) → completing → linked
 *                          │            │             │
 *                          └────────────┴─────────────┴────→ failed, timed_out, cancelled
 *
 * From `linked`, `failed`, `timed_out` and `cancelled` the next attempt begins. A return is welcome in every step but `starting` and
 * `linked`: it may open an app that was killed meanwhile (`idle`), come after the browser was seen to close (`returning`, `cancelled`), and
 * come twice. In `completing` an error that comes by a URL changes nothing: any app can send one.
 */
export type LinkState =
  | { step: 'idle' }
  | { step: 'starting' }
  | { step: 'in_browser' }
  /** The browser is gone without a return, which on Android may come a moment later. */
  | { step: 'returning' }
  | Completing
  | { step: 'linked'; status: Status }
  | { step: 'failed'; error: ShownError }
  | { step: 'timed_out'; error: ShownError }
  | { step: 'cancelled' }

interface Completing {
  step: 'completing'
  result: string
  /** When the app got the result, in milliseconds since 1970. */
  since: number
  tries: number
  /** A second way back, as after a reload of the page in the browser: its result takes the place of the first. */
  newer: { result: string; since: number } | null
}

export type LinkEvent =
  | { kind: 'pressed' }
  | { kind: 'token_given'; connectUrl: string }
  | { kind: 'not_begun'; error: ActionableError }
  | { kind: 'browser_left'; mayReturn: boolean }
  | { kind: 'waited_for_return' }
  | { kind: 'returned'; returned: Returned; at: number }
  /** The attempt in storage is too old for any return. */
  | { kind: 'attempt_expired' }
  /** There is an attempt in storage, and nothing came back from it. */
  | { kind: 'opened_without_return' }
  /** Somebody signs out. */
  | { kind: 'abandoned' }
  | { kind: 'completed'; status: Status }
  | { kind: 'not_completed'; error: ActionableError; isFinal: boolean; retryAfterMs: number | null; at: number }

export type LinkEffect =
  | { kind: 'begin' }
  | { kind: 'open_browser'; connectUrl: string }
  | { kind: 'wait_for_return' }
  | { kind: 'complete'; result: string; afterMs: number }
  /** The verifier has served, or can serve no more. */
  | { kind: 'forget_attempt' }

export interface LinkDecision {
  state: LinkState
  effects: LinkEffect[]
}

/** How long the gateway keeps a result. */
const resultLifetimeMs = 60_000
const longestPauseMs = 8_000

const pauseBefore = (tries: number): number => Math.min(longestPauseMs, 1_000 * 2 ** (tries - 1))

const to = (state: LinkState, ...effects: LinkEffect[]): LinkDecision => ({ state, effects })

const endWith = (error: ActionableError): LinkState => ({
  step: error.code === 'link_expired' ? 'timed_out' : 'failed',
  error: linkFailure(error),
})

const wayOutUnanswered =
  'Whether Strava was linked is not known. Where it is not shown as connected, press Connect with Strava again.'

/** The gateway may have done what it was asked to, and only its answer was lost. */
const endUnanswered = (error: ActionableError): LinkState => ({
  step: 'failed',
  error: { ...linkFailure(error), wayOut: wayOutUnanswered },
})

const complete = ({ result, since }: { result: string; since: number }): LinkDecision =>
  to({ step: 'completing', result, since, tries: 1, newer: null }, { kind: 'complete', result, afterMs: 0 })

const onReturn = (state: LinkState, returned: Returned, at: number): LinkDecision => {
  if (state.step === 'starting' || state.step === 'linked') return to(state)
  if (state.step === 'completing') {
    const isNews = returned.kind === 'result' && returned.result !== state.result
    return to(isNews ? { ...state, newer: { result: returned.result, since: at } } : state)
  }
  return returned.kind === 'result'
    ? complete({ result: returned.result, since: at })
    : to(endWith(actionableError(returned.code)))
}

type NotCompleted = Extract<LinkEvent, { kind: 'not_completed' }>

const onFailure = (state: Completing, { error, isFinal, retryAfterMs, at }: NotCompleted): LinkDecision => {
  if (state.newer) return complete(state.newer)
  const pauseMs = Math.max(retryAfterMs ?? 0, pauseBefore(state.tries))
  const isInTime = at + pauseMs < state.since + resultLifetimeMs
  if (!isFinal && isInTime) {
    const again: LinkEffect = { kind: 'complete', result: state.result, afterMs: pauseMs }
    return to({ ...state, tries: state.tries + 1 }, again)
  }
  // Whoever caught a deep link can send a result of their own; the true one may still come.
  if (error.code === 'result_invalid') return to(endWith(isInTime ? error : actionableError('link_expired')))
  if (!isFinal) return to(endUnanswered(error))
  // Signed in again within the minute, the athlete can still complete.
  return error.action !== 'sign_in' ? to(endWith(error), { kind: 'forget_attempt' }) : to(endWith(error))
}

/** What an event makes of an attempt, and what is to be done now. An event that comes too late, or twice, changes nothing. */
export const decideLink = (state: LinkState, event: LinkEvent): LinkDecision => {
  switch (event.kind) {
    case 'pressed':
      return ['starting', 'in_browser', 'completing'].includes(state.step)
        ? to(state)
        : to({ step: 'starting' }, { kind: 'begin' })
    case 'token_given':
      return state.step === 'starting'
        ? to({ step: 'in_browser' }, { kind: 'open_browser', connectUrl: event.connectUrl })
        : to(state)
    case 'not_begun':
      return state.step === 'starting' || state.step === 'in_browser' ? to(endWith(event.error)) : to(state)
    case 'browser_left':
      if (state.step !== 'in_browser') return to(state)
      return event.mayReturn ? to({ step: 'returning' }, { kind: 'wait_for_return' }) : to({ step: 'cancelled' })
    case 'waited_for_return':
      return state.step === 'returning' ? to({ step: 'cancelled' }) : to(state)
    case 'returned':
      return onReturn(state, event.returned, event.at)
    case 'attempt_expired':
      return ['starting', 'completing', 'linked'].includes(state.step)
        ? to(state)
        : to(endWith(actionableError('link_expired')), { kind: 'forget_attempt' })
    case 'opened_without_return':
      return to(state.step === 'idle' ? { step: 'cancelled' } : state)
    case 'abandoned':
      return to({ step: 'idle' }, { kind: 'forget_attempt' })
    case 'completed':
      return state.step === 'completing'
        ? to({ step: 'linked', status: event.status }, { kind: 'forget_attempt' })
        : to(state)
    case 'not_completed':
      return state.step === 'completing' ? onFailure(state, event) : to(state)
  }
}
