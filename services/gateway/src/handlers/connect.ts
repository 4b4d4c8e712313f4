import { newOneTimeSecret, sha256 } from '@slipstream/runtime'
import type { Request } from 'express'
import { decideConnect } from '../domain/attempt-decision.ts'
import { accountRefusals, requestedScopes } from '../domain/link-decision.ts'
import { RefusalError } from '../domain/refusal.ts'
import type { UnguardedRoute } from '../http/route.ts'
import { repeatAnswer } from './attempt-answer.ts'
import { browserLeg } from './browser-leg.ts'
import { derived, giveSecret, hasSecret, ownSecret, transactionSecretOf } from './browser-secrets.ts'
import { type LinkFlow, lifetimes, secondsLater } from './link-flow.ts'

/** A query parameter that is there once; a repeated one is no value. */
export const oneParameter = (request: Request, name: string): string | null => {
  const value = request.query[name]
  return typeof value === 'string' && value !== '' ? value : null
}

/** Somebody else came first; what they did decides, and nothing leads back to `issued`. */
const maxRounds = 2

/**
 * Consumes the link token and sends the browser to Strava's consent page; the browser that has consumed it, again. One opened
 * in another browser is refused and stays good for its own: otherwise whoever saw the link could spoil it. A mobile attempt begins
 * in the system browser, which has no cookie of ours; there the verifier binds.
 */
export const connectRoutes = (flow: LinkFlow): UnguardedRoute[] => {
  const handle = browserLeg(flow, async (request, response, trail) => {
    const linkToken = oneParameter(request, 'token')
    for (let round = 1; linkToken && round <= maxRounds; round++) {
      const attempt = await flow.attempts.findByLinkToken(sha256(linkToken))
      if (!attempt) break
      const visitor = {
        hasAsked: hasSecret(flow, request, 'link', attempt.browserHash),
        hasConnected: hasSecret(flow, request, 'oauth_txn', attempt.transactionCookieHash),
      }
      const now = flow.clock.now()
      const decision = decideConnect(attempt, visitor, now)
      // Nothing of the attempt is shown to a browser it does not belong to.
      if (decision.kind === 'refuse' && decision.code === 'link_token_invalid') break
      trail.attempt = attempt
      if (decision.kind === 'refuse') throw new RefusalError(decision.code)
      if (decision.kind === 'repeat') {
        trail.isRepeat = true
        return await repeatAnswer(flow, attempt)
      }
      const { athleteId, platform } = attempt
      const secret =
        (await ownSecret(flow, request, 'oauth_txn', athleteId)) ??
        transactionSecretOf((await ownSecret(flow, request, 'link', athleteId)) ?? newOneTimeSecret())
      // Given anew also where it was given before: it has to last for as long as Strava's page is open.
      giveSecret(flow, response, 'oauth_txn', secret)
      // Loaded again, /connect leads to Strava with the state of the first time, whose return would else find it replaced. Who
      // knows the link token alone, which is in the address, knows no state: they could plant a code of their own with it.
      const state = derived(secret, linkToken)
      const next = {
        stateHash: sha256(state),
        transactionCookieHash: sha256(secret),
        expiresAt: secondsLater(now, lifetimes.authorizeSeconds),
      }
      if (decision.kind === 'authorize' && !(await flow.attempts.authorize(attempt.id, next, now))) continue
      const isConsentForced = await flow.attempts.wasRefused(athleteId, accountRefusals)
      return { location: flow.oauth.authorizeUrl({ platform, state, scopes: requestedScopes, isConsentForced }) }
    }
    throw new RefusalError('link_token_invalid')
  })
  return ['/connect', '/api/v1/strava/connect'].map((path) => ({ method: 'get', path, access: 'unguarded', handle }))
}
