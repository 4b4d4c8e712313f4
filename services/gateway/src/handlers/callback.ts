import { newOneTimeSecret, sha256 } from '@slipstream/runtime'
import { StravaError, type StravaGrant } from '@slipstream/strava'
import type { Request, Response } from 'express'
import { decideReturn, type Returned } from '../domain/attempt-decision.ts'
import { codeOfRefusedGrant, hasNeededScopes, readScopes } from '../domain/link-decision.ts'
import type { LinkAttempt } from '../domain/model.ts'
import { RefusalError } from '../domain/refusal.ts'
import type { UnguardedRoute } from '../http/route.ts'
import {
  linkedLanding,
  newResult,
  repeatAnswer,
  resultLanding,
  settledAttempt,
  untilRefused,
} from './attempt-answer.ts'
import { browserLeg, type Landing, type Trail } from './browser-leg.ts'
import { giveSecret, hasSecret } from './browser-secrets.ts'
import { oneParameter } from './connect.ts'
import { linkAtOnce, sealForApp } from './establish-link.ts'
import { giveBack, giveBackCode, knowGrant } from './give-back.ts'
import { type LinkFlow, lifetimes, secondsLater } from './link-flow.ts'

type Granted = Extract<Returned, { kind: 'granted' }>

const readReturn = (request: Request): Returned => {
  const error = oneParameter(request, 'error')
  if (error !== null) return { kind: 'denied', error }
  const code = oneParameter(request, 'code')
  if (code === null || code.length > 512) return { kind: 'unreadable' }
  const scope = oneParameter(request, 'scope')
  // Repeated, one of them is not Strava's: whoever wrote the way there has put it into the address of the return.
  if (scope === null && request.query.scope) return { kind: 'unreadable' }
  return { kind: 'granted', code, codeHash: sha256(code), scopes: scope === null ? null : readScopes(scope) }
}

const exchange = async ({ oauth, facts }: LinkFlow, code: string): Promise<StravaGrant> => {
  try {
    return await oauth.exchangeCode(code)
  } catch (error) {
    if (!(error instanceof StravaError)) throw error
    const refusal = codeOfRefusedGrant(error.kind)
    // Nobody knows whether the code was spent; if it was, Strava counts the athlete, and no token of theirs is here.
    if (refusal === 'strava_unavailable') facts.grantLeftAtStrava(error)
    throw new RefusalError(refusal, [], { cause: error })
  }
}

/** Too little of a consent, or too late: no link comes of it, whatever its code is worth. */
const refusalOf = ({ scopes }: Granted, isLate: boolean) => {
  if (isLate) return 'link_expired'
  return scopes && !hasNeededScopes(scopes) ? 'scope_missing' : null
}

/** The attempt is `exchanging`, and nobody else has this code. */
const useCode = async (flow: LinkFlow, attempt: LinkAttempt, granted: Granted, isLate: boolean): Promise<Landing> => {
  const refusal = refusalOf(granted, isLate)
  if (refusal) {
    await giveBackCode(flow, attempt, granted)
    throw new RefusalError(refusal)
  }
  const grant = await exchange(flow, granted.code)
  const pending = await knowGrant(flow, attempt, grant, granted.scopes)
  if (!pending) throw new RefusalError('strava_unavailable')
  if (!hasNeededScopes(pending.scopes)) {
    await giveBack(flow, attempt, pending, grant)
    throw new RefusalError('scope_missing')
  }
  if (attempt.platform === 'web') {
    const { receiptId } = await linkAtOnce(flow, attempt, pending, grant)
    await flow.attempts.finish(attempt.id, { code: null, receiptId }, flow.clock.now())
    return linkedLanding(flow, attempt, receiptId)
  }
  await sealForApp(flow, attempt, pending, grant)
  const { result, kept } = newResult(flow)
  await flow.attempts.offerResult(attempt.id, kept)
  return resultLanding(flow, result)
}

/** Null where the attempt's own answer is that of the later code, too; kept for the next time that it is brought. */
const codeOfLater = async (flow: LinkFlow, settled: LinkAttempt, later: LinkAttempt, granted: Granted) => {
  const isOfSameAccount = await giveBackCode(flow, later, granted, settled.pendingLink)
  const code = isOfSameAccount && settled.step !== 'failed' ? null : 'link_token_invalid'
  await flow.attempts.finish(later.id, { code, receiptId: null }, flow.clock.now())
  return code
}

/** The state was consumed with another code. What is behind this one may serve the link that came of the other. */
const answerLaterCode = async (flow: LinkFlow, attempt: LinkAttempt, granted: Granted): Promise<Landing> => {
  const settled = await settledAttempt(flow, attempt)
  const now = flow.clock.now()
  const expiresAt = secondsLater(now, lifetimes.exchangeSeconds)
  const later = await flow.attempts.takeLaterCode(settled, { codeHash: granted.codeHash, expiresAt }, now)
  if (later === 'too_many') {
    flow.facts.grantLeftAtStrava(new Error('too many codes came with one state'))
    throw new RefusalError('link_token_invalid')
  }
  const code = later.isNew
    ? await codeOfLater(flow, settled, later.attempt, granted)
    : (await settledAttempt(flow, later.attempt)).answer?.code
  if (code !== null) throw new RefusalError('link_token_invalid')
  return await repeatAnswer(flow, settled)
}

/** Somebody else came first; what they did decides, and nothing leads back to `authorizing`. */
const maxRounds = 2

const answerReturn = async (
  flow: LinkFlow,
  { request, response }: { request: Request; response: Response },
  trail: Trail,
): Promise<Landing> => {
  const state = oneParameter(request, 'state')
  const returned = readReturn(request)
  for (let round = 1; state !== null && round <= maxRounds; round++) {
    const attempt = await flow.attempts.findByState(sha256(state))
    if (!attempt) break
    const { id, platform, transactionCookieHash } = attempt
    const hasConnected = hasSecret(flow, request, 'oauth_txn', transactionCookieHash)
    const now = flow.clock.now()
    const decision = decideReturn(attempt, returned, hasConnected, now)
    // Nothing of a web attempt is shown to a browser it does not belong to.
    if (hasConnected || platform === 'mobile') trail.attempt = attempt
    if (decision.kind === 'refuse') throw new RefusalError(decision.code)
    trail.isRepeat = decision.kind !== 'take'
    if (decision.kind === 'repeat') return await repeatAnswer(flow, attempt)
    if (returned.kind !== 'granted') break
    if (decision.kind === 'later') return await answerLaterCode(flow, attempt, returned)

    const taken = { codeHash: returned.codeHash, expiresAt: secondsLater(now, lifetimes.exchangeSeconds) }
    // From here on the attempt is this browser's. The one that began may be a thief's, who had somebody else approve: were
    // it answered, too, it would get the result that has gone to the app of that person.
    // For the same reason its secret is a new one, which nobody can have copied.
    const secret = newOneTimeSecret()
    const move = decision.isOtherBrowser && { transactionCookieHash: sha256(secret) }
    if (!(await flow.attempts.consumeState(id, { ...taken, ...move }))) continue
    if (decision.isOtherBrowser) {
      giveSecret(flow, response, 'oauth_txn', secret)
      flow.facts.browserChanged()
    }
    return await untilRefused(flow, attempt, () => useCode(flow, attempt, returned, decision.isLate))
  }
  throw new RefusalError('link_token_invalid')
}

/**
 * The return from Strava: state, browser, consent, code, in this order. The state is consumed before the code is exchanged; the
 * return must come in the browser that left, or an attacker could have a victim approve the attacker's attempt (forwarded
 * authorisation).
 */
export const callbackRoutes = (flow: LinkFlow): UnguardedRoute[] => {
  const handle = browserLeg(flow, (request, response, trail) => answerReturn(flow, { request, response }, trail))
  return ['/callback', '/api/v1/strava/callback'].map((path) => ({ method: 'get', path, access: 'unguarded', handle }))
}
