import { actionableError } from '@slipstream/contracts/errors'
import { createAttemptStore, hasExpired } from './attempt-store.ts'
import { decideLink, type LinkEffect, type LinkEvent, type LinkState } from './link-decision.ts'
import type { LinkPorts } from './ports.ts'
import { readReturn } from './return-url.ts'

/** How long after the browser is gone a return may still be delivered. */
const returnGraceMs = 1_500

/** Storage or crypto of the device failed; a moment later they may not. */
const brokenApp = { error: actionableError('internal_error'), isFinal: false, retryAfterMs: null }

/** The verifier is gone: somebody has signed out in between. */
const unproven = { error: actionableError('result_invalid'), isFinal: true, retryAfterMs: null }

const ended = ['idle', 'linked', 'failed', 'timed_out', 'cancelled']

/** Links one athlete's Strava account from the app. */
export interface StravaLinkService {
  /** The same object until something changes. */
  state(): LinkState
  /** @returns how to end it */
  subscribe(listener: () => void): () => void
  /** Begins an attempt, unless one is under way; resolves when it has ended. In a web page it may not: the page is left. */
  link(): Promise<LinkState>
  /**
   * To be called with the URL that opened the app, null where none did, and with each URL that comes while it runs. Goes on with an attempt
   * during which the app was killed. Any URL may be given, as often as it comes.
   */
  resume(url: string | null): Promise<LinkState>
  /** To be called when the athlete signs out: what is under way ends, and the next athlete finds nothing of it. */
  abandon(): Promise<void>
}

/** `returnUrl`: the gateway's `APP_DEEP_LINK`, letter by letter. */
export const createStravaLinkService = (
  { api, crypto, browser, storage, clock }: LinkPorts,
  { returnUrl }: { returnUrl: string },
): StravaLinkService => {
  const attempts = createAttemptStore(storage)
  const listeners = new Set<() => void>()
  let state: LinkState = { step: 'idle' }

  /** Resolves when what the event has begun is over. */
  const dispatch = async (event: LinkEvent): Promise<void> => {
    const decision = decideLink(state, event)
    if (decision.state !== state) {
      state = decision.state
      for (const listener of listeners) listener()
    }
    for (const effect of decision.effects) await run(effect)
  }

  const begin = async (): Promise<void> => {
    const codeVerifier = await crypto.newSecret()
    // Before anything leaves the app: whatever comes back finds it.
    await attempts.save({ codeVerifier, startedAt: clock.now(), returned: null })
    const answer = await api.linkToken(await crypto.sha256(codeVerifier))
    if (answer.kind === 'done') return await dispatch({ kind: 'token_given', connectUrl: answer.body.connectUrl })
    await attempts.forget()
    await dispatch({ kind: 'not_begun', error: answer.error })
  }

  const openBrowser = async (connectUrl: string): Promise<void> => {
    const departure = await browser.open(connectUrl, returnUrl)
    if (departure.kind === 'returned') return await takeReturn(departure.url)
    await dispatch({ kind: 'browser_left', mayReturn: departure.kind === 'left' })
  }

  const complete = async (result: string, afterMs: number): Promise<void> => {
    if (afterMs > 0) await clock.wait(afterMs)
    const attempt = await attempts.load()
    if (attempt === null) return await dispatch({ kind: 'not_completed', ...unproven, at: clock.now() })
    const { codeVerifier, returned } = attempt
    // So that it can be asked again by an app that was killed before it heard the answer.
    if (returned?.result !== result) await attempts.save({ ...attempt, returned: { result, at: clock.now() } })
    // The same for the same proof, also after the app was killed: the gateway then gives the answer that got lost.
    const idempotencyKey = await crypto.sha256(`${result}.${codeVerifier}`)
    const answer = await api.complete({ result, codeVerifier, idempotencyKey })
    if (answer.kind === 'done') return await dispatch({ kind: 'completed', status: answer.body })
    const { error, isFinal, retryAfterMs } = answer
    await dispatch({ kind: 'not_completed', error, isFinal, retryAfterMs, at: clock.now() })
  }

  const run = async (effect: LinkEffect): Promise<void> => {
    switch (effect.kind) {
      case 'begin':
        return await begin().catch(() => dispatch({ kind: 'not_begun', error: actionableError('internal_error') }))
      case 'open_browser':
        return await openBrowser(effect.connectUrl)
      case 'wait_for_return':
        await clock.wait(returnGraceMs)
        return await dispatch({ kind: 'waited_for_return' })
      case 'complete':
        return await complete(effect.result, effect.afterMs).catch(() =>
          dispatch({ kind: 'not_completed', ...brokenApp, at: clock.now() }),
        )
      case 'forget_attempt':
        // One that stays has had its use, and ends by itself.
        return await attempts.forget().catch(() => {})
    }
  }

  const takeReturn = async (url: string | null): Promise<void> => {
    const returned = url === null ? null : readReturn(url, returnUrl)
    const attempt = await attempts.load()
    // Nothing is under way: an old URL that the system hands over once more, or none of ours.
    if (attempt === null) return
    const at = clock.now()
    if (hasExpired(attempt, at)) return await dispatch({ kind: 'attempt_expired' })
    if (returned !== null) return await dispatch({ kind: 'returned', returned, at })
    if (attempt.returned === null) return await dispatch({ kind: 'opened_without_return' })
    if (state.step !== 'idle') return
    const { result, at: since } = attempt.returned
    await dispatch({ kind: 'returned', returned: { kind: 'result', result }, at: since })
  }

  const untilEnded = (): Promise<LinkState> =>
    new Promise((resolve) => {
      const look = () => {
        if (!ended.includes(state.step)) return
        listeners.delete(look)
        resolve(state)
      }
      listeners.add(look)
      look()
    })

  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    link: async () => {
      await dispatch({ kind: 'pressed' })
      return await untilEnded()
    },
    resume: async (url) => {
      await takeReturn(url)
      return state
    },
    abandon: () => dispatch({ kind: 'abandoned' }),
  }
}
