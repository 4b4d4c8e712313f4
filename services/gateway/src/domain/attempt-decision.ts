import type { ErrorCode } from '@slipstream/contracts'
import { codeOfRefusedGrant } from './link-decision.ts'
import type { LinkAttempt } from './model.ts'

// What a visit to /connect or /callback may do to an attempt. The steps are those of the row:
//
//   issued ── connect ──> authorizing ── return with a code ──> exchanging ──> pending, completed or failed
//                           │      ^
//                           └──────┘ connect again; a return without a code: the athlete said no, and may go back
//
// - A web attempt belongs to one browser from the start, and visits of others neither change it nor learn of it. A mobile one
//   belongs to whoever brings its value first: it begins in the browser of the system, and Strava's own app may end it in
//   another. From then on it belongs to that browser alone: else whoever began it and had somebody else approve could fetch the
//   result. The verifier, asked for at completion, is what binds it.
// - The state is consumed by a code. Its own browser is then told what came of it, however often it asks. Another code with the
//   same state is exchanged only to be given back: left alone, its grant would stay at Strava without anybody here knowing.

const isOver = ({ expiresAt }: Pick<LinkAttempt, 'expiresAt'>, now: Date): boolean => expiresAt <= now

/** `again`: the same way to Strava. `repeat`: the attempt has, or will have, an answer. */
export type ConnectDecision =
  | { kind: 'authorize' | 'again' | 'repeat' }
  | { kind: 'refuse'; code: 'link_token_invalid' | 'link_expired' }

/**
 * @param visitor.hasAsked it has the cookie given with the link token
 * @param visitor.hasConnected it has the cookie given at /connect
 */
export const decideConnect = (
  attempt: Pick<LinkAttempt, 'platform' | 'step' | 'expiresAt'>,
  { hasAsked, hasConnected }: { hasAsked: boolean; hasConnected: boolean },
  now: Date,
): ConnectDecision => {
  const { platform, step } = attempt
  const isItsOwn = platform === 'web' ? hasAsked : step === 'issued' || hasConnected
  if (!isItsOwn) return { kind: 'refuse', code: 'link_token_invalid' }
  if (step !== 'issued' && step !== 'authorizing') return { kind: 'repeat' }
  if (isOver(attempt, now)) return { kind: 'refuse', code: 'link_expired' }
  return { kind: step === 'issued' ? 'authorize' : 'again' }
}

/** What Strava sends a browser back with. `scopes` is null where it does not say what was granted. */
export type Returned =
  | { kind: 'granted'; code: string; codeHash: string; scopes: string[] | null }
  | { kind: 'denied'; error: string }
  | { kind: 'unreadable' }

/** `take`: consume the state with this code. `isLate`: only to give the grant back. `later`: another code has consumed it. */
export type ReturnDecision =
  | { kind: 'take'; isLate: boolean; isOtherBrowser: boolean }
  | { kind: 'repeat' }
  | { kind: 'later' }
  | { kind: 'refuse'; code: ErrorCode }

/** @param hasConnected the visitor has the cookie given at /connect, or after a return in another browser the one given there */
export const decideReturn = (
  attempt: Pick<LinkAttempt, 'platform' | 'step' | 'expiresAt' | 'codeHash'>,
  returned: Returned,
  hasConnected: boolean,
  now: Date,
): ReturnDecision => {
  const { platform, step, codeHash } = attempt
  const isUnused = step === 'authorizing'
  if (!hasConnected && (platform === 'web' || !isUnused)) return { kind: 'refuse', code: 'link_token_invalid' }
  if (returned.kind === 'granted') {
    if (isUnused) return { kind: 'take', isLate: isOver(attempt, now), isOtherBrowser: !hasConnected }
    const isAnother = codeHash !== undefined && codeHash !== returned.codeHash
    return isAnother ? { kind: 'later' } : { kind: 'repeat' }
  }
  if (!isUnused) return { kind: 'repeat' }
  if (returned.kind === 'unreadable') return { kind: 'refuse', code: 'link_token_invalid' }
  return { kind: 'refuse', code: isOver(attempt, now) ? 'link_expired' : codeOfRefusedGrant(returned.error) }
}
