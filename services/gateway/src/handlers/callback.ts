import type { PendingLink } from '@slipstream/records'
import { newOneTimeSecret, sha256 } from '@slipstream/runtime'
import { StravaError, type StravaGrant } from '@slipstream/strava'
import type { Request } from 'express'
import { codeOfRefusedGrant, hasNeededScopes, readScopes } from '../domain/link-decision.ts'
import type { LinkAttempt } from '../domain/model.ts'
import { RefusalError } from '../domain/refusal.ts'
import { linkedPage, resultDeepLink } from '../domain/return-target.ts'
import type { UnguardedRoute } from '../http/route.ts'
import { browserLeg } from './browser-leg.ts'
import { oneParameter, transactionCookie } from './connect.ts'
import { linkAtOnce, sealForApp } from './establish-link.ts'
import { isSameDigest, type LinkFlow, lifetimes, secondsLater } from './link-flow.ts'

/** The state works once, whatever comes of it: it is consumed before anything else is looked at. */
const consumeState = async ({ attempts, clock }: LinkFlow, state: string | null): Promise<LinkAttempt> => {
  if (state === null) throw new RefusalError('link_token_invalid')
  const now = clock.now()
  const stateHash = sha256(state)
  const attempt = await attempts.consumeState(stateHash, secondsLater(now, lifetimes.exchangeSeconds), now)
  if (attempt) return attempt
  const earlier = await attempts.findByState(stateHash)
  throw new RefusalError(earlier?.step === 'authorizing' ? 'link_expired' : 'link_token_invalid')
}

/**
 * The return must come in the browser that left, or an attacker could have a victim approve the attacker's attempt
 * (forwarded authorisation). Strava may hand a mobile attempt to its own app, which comes back in another browser:
 * there the cookie is only a signal, and the verifier, asked for at completion, is what binds.
 */
const checkBrowser = (flow: LinkFlow, request: Request, attempt: LinkAttempt, trail: { attempt: unknown }): void => {
  const secret = flow.cookies.read(request, transactionCookie)
  if (isSameDigest(attempt.transactionCookieHash, secret && sha256(secret))) return
  if (attempt.platform === 'web') {
    // Nothing of the attempt is shown to a browser it does not belong to.
    trail.attempt = null
    throw new RefusalError('link_token_invalid')
  }
  flow.facts.browserChanged()
}

/** What the athlete agreed to. Too little is refused here, before the code is exchanged: the grant is never taken up. */
const readConsent = (request: Request): { code: string; scopes: string[] } => {
  const error = oneParameter(request, 'error')
  if (error !== null) throw new RefusalError(codeOfRefusedGrant(error))
  const code = oneParameter(request, 'code')
  if (code === null || code.length > 512) throw new RefusalError('link_token_invalid')
  const scopes = readScopes(oneParameter(request, 'scope') ?? '')
  if (!hasNeededScopes(scopes)) throw new RefusalError('scope_missing')
  return { code, scopes }
}

const exchange = async ({ oauth }: LinkFlow, code: string): Promise<StravaGrant> => {
  try {
    return await oauth.exchangeCode({ code })
  } catch (error) {
    if (!(error instanceof StravaError)) throw error
    throw new RefusalError(codeOfRefusedGrant(error.kind), [], { cause: error })
  }
}

/** @returns where the browser goes next */
const takeGrant = async (
  flow: LinkFlow,
  attempt: LinkAttempt,
  { scopes, grant }: { scopes: string[]; grant: StravaGrant },
): Promise<string> => {
  const pending: PendingLink = {
    linkId: flow.newId('lnk'),
    stravaAthleteId: grant.athlete.stravaAthleteId,
    displayName: grant.athlete.displayName ?? '',
    scopes,
  }
  if (attempt.platform === 'web') {
    await linkAtOnce(flow, attempt, pending, grant)
    await flow.attempts.finish(attempt.id, 'completed', flow.clock.now())
    return linkedPage(flow.settings.webReturnUrl, attempt.returnTo)
  }
  await sealForApp(flow, attempt, pending, grant)
  const result = newOneTimeSecret()
  const expiresAt = secondsLater(flow.clock.now(), lifetimes.resultSeconds)
  await flow.attempts.offerResult(attempt.id, { resultHash: sha256(result), expiresAt })
  return resultDeepLink(flow.settings.appDeepLink, result)
}

/** The return from Strava: state, browser, consent, code, in this order. */
export const callbackRoutes = (flow: LinkFlow): UnguardedRoute[] => {
  const handle = browserLeg(flow, async (request, _response, trail) => {
    const attempt = await consumeState(flow, oneParameter(request, 'state'))
    trail.attempt = attempt
    try {
      checkBrowser(flow, request, attempt, trail)
      const { code, scopes } = readConsent(request)
      const grant = await exchange(flow, code)
      return await takeGrant(flow, attempt, { scopes, grant })
    } catch (error) {
      // A refusal is final. After any other error the attempt stays as it is, so that its grant is found and taken back.
      if (error instanceof RefusalError) await flow.attempts.finish(attempt.id, 'failed', flow.clock.now())
      throw error
    }
  })
  return ['/callback', '/api/v1/strava/callback'].map((path) => ({ method: 'get', path, access: 'unguarded', handle }))
}
