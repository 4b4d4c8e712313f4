import { newOneTimeSecret, sha256 } from '@slipstream/runtime'
import type { Request } from 'express'
import { requestedScopes } from '../domain/link-decision.ts'
import type { LinkAttempt } from '../domain/model.ts'
import { RefusalError } from '../domain/refusal.ts'
import type { UnguardedRoute } from '../http/route.ts'
import { browserLeg } from './browser-leg.ts'
import { isSameDigest, type LinkFlow, lifetimes, secondsLater } from './link-flow.ts'
import { browserCookie } from './link-token.ts'

/** Name of the cookie that comes back with the return from Strava. */
export const transactionCookie = 'oauth_txn'

/** A query parameter that is there once; a repeated one is no value. */
export const oneParameter = (request: Request, name: string): string | null => {
  const value = request.query[name]
  return typeof value === 'string' && value !== '' ? value : null
}

/**
 * A link token opened in another browser is refused and stays good for its own: otherwise whoever saw the link could
 * spoil it. A mobile attempt begins in the system browser, which has no cookie of ours; there the verifier binds.
 */
const belongsHere = ({ cookies }: LinkFlow, request: Request, attempt: LinkAttempt): boolean => {
  if (attempt.platform === 'mobile') return true
  const secret = cookies.read(request, browserCookie)
  return isSameDigest(attempt.browserHash, secret && sha256(secret))
}

/** Consumes the link token and sends the browser to Strava's consent page. */
export const connectRoutes = (flow: LinkFlow): UnguardedRoute[] => {
  const handle = browserLeg(flow, async (request, response, trail) => {
    const linkToken = oneParameter(request, 'token')
    const attempt = linkToken && (await flow.attempts.findByLinkToken(sha256(linkToken)))
    if (!attempt || !belongsHere(flow, request, attempt)) throw new RefusalError('link_token_invalid')
    trail.attempt = attempt

    const now = flow.clock.now()
    const state = newOneTimeSecret()
    const cookieSecret = newOneTimeSecret()
    const next = {
      stateHash: sha256(state),
      transactionCookieHash: sha256(cookieSecret),
      expiresAt: secondsLater(now, lifetimes.authorizeSeconds),
    }
    if (!(await flow.attempts.authorize(attempt.id, next, now))) {
      throw new RefusalError(attempt.step === 'issued' ? 'link_expired' : 'link_token_invalid')
    }

    flow.cookies.set(response, transactionCookie, cookieSecret, lifetimes.authorizeSeconds)
    return flow.oauth.authorizeUrl({ platform: attempt.platform, state, scopes: requestedScopes })
  })
  return ['/connect', '/api/v1/strava/connect'].map((path) => ({ method: 'get', path, access: 'unguarded', handle }))
}
