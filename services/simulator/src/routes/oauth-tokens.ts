import { type Request, Router } from 'express'
import type { SimulatorConfig } from '../config.ts'
import { type Athlete, findAthlete } from '../domain/athletes.ts'
import { type FaultEffect, hasEffect } from '../domain/fault-rules.ts'
import { refusals } from '../domain/strava-fault.ts'
import type { GrantBook, IssuedTokens } from '../state/grant-book.ts'
import { type Answer, json, nothing, refuse } from './answer.ts'
import { applicationRefusal, parameter, sameText } from './application-credentials.ts'
import { summaryAthlete } from './athlete-shape.ts'
import type { Endpoints } from './strava-endpoint.ts'

interface OAuthTokenDeps {
  readonly config: Pick<SimulatorConfig, 'stravaClientId' | 'stravaClientSecret'>
  readonly grants: GrantBook
  readonly endpoints: Endpoints
  /** The athlete's grant has ended, from either side. */
  readonly onGrantEnded: (athleteId: number) => void
}

const tokenBody = (issued: IssuedTokens) => ({
  token_type: 'Bearer',
  access_token: issued.access.token,
  expires_at: issued.access.expiresAt,
  expires_in: issued.expiresInSeconds,
  refresh_token: issued.refreshToken,
})

/** `POST /oauth/token`, `/oauth/revoke` and `/oauth/deauthorize`. */
export const oauthTokenRoutes = (deps: OAuthTokenDeps): Router => {
  const { config, grants, endpoints } = deps

  const exchange = (request: Request, effects: readonly FaultEffect[]): Answer => {
    const issued = hasEffect(effects, 'code_invalid') ? null : grants.exchange(parameter(request, 'code'))
    if (!issued) return refuse(refusals.code)
    if (hasEffect(effects, 'without_athlete')) return json(200, tokenBody(issued))
    const athlete = findAthlete(String(issued.athleteId))
    return athlete ? json(200, { ...tokenBody(issued), athlete: summaryAthlete(athlete) }) : refuse(refusals.code)
  }
  const refresh = (request: Request): Answer => {
    const issued = grants.refresh(parameter(request, 'refresh_token'))
    return issued ? json(200, tokenBody(issued)) : refuse(refusals.refreshToken)
  }
  const token = (request: Request, effects: readonly FaultEffect[]): Answer => {
    const refusal = applicationRefusal(request, config)
    if (refusal) return refuse(refusal)
    switch (parameter(request, 'grant_type')) {
      case 'authorization_code':
        return exchange(request, effects)
      case 'refresh_token':
        return refresh(request)
      default:
        return refuse(refusals.grantType)
    }
  }

  const end = (credential: string) => {
    const grant = grants.holderOf(credential)
    if (!grant) return
    grants.revokeAthlete(grant.athleteId)
    deps.onGrantEnded(grant.athleteId)
  }
  const revoke = (request: Request): Answer => {
    const expected = `${config.stravaClientId}:${config.stravaClientSecret.reveal()}`
    const [, encoded] = /^Basic (\S+)$/i.exec(request.headers.authorization ?? '') ?? []
    const presented = Buffer.from(encoded ?? '', 'base64').toString('utf8')
    // RFC 6749 2.3.1 has both halves form-encoded; curl -u and others send them bare.
    const decoded = new URLSearchParams(`pair=${presented}`).get('pair') ?? ''
    if (!sameText(presented, expected) && !sameText(decoded, expected)) return refuse(refusals.basicAuthorization)
    const credential = parameter(request, 'token')
    if (credential === '') return refuse(refusals.tokenMissing)
    end(credential)
    return nothing(200)
  }
  const accessToken = (request: Request): string => {
    const [, bearer] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? []
    return bearer ?? parameter(request, 'access_token')
  }
  const deauthorize = (request: Request): Answer => {
    const credential = accessToken(request)
    if (!grants.byAccessToken(credential)) return refuse(refusals.accessToken)
    end(credential)
    return json(200, { access_token: credential })
  }

  const holder = (request: Request): Athlete | null => {
    const credential = parameter(request, 'refresh_token') || parameter(request, 'token') || accessToken(request)
    const athleteId = grants.holderOf(credential)?.athleteId ?? grants.athleteOfCode(parameter(request, 'code'))
    return findAthlete(String(athleteId)) ?? null
  }

  const router = Router()
  router.post(
    ['/oauth/token', '/api/v3/oauth/token'],
    endpoints.application(
      (request) => (parameter(request, 'grant_type') === 'refresh_token' ? 'refresh' : 'token'),
      token,
      holder,
    ),
  )
  router.post(
    '/oauth/revoke',
    endpoints.application(() => 'revoke', revoke, holder),
  )
  router.post(
    '/oauth/deauthorize',
    endpoints.application(() => 'deauthorize', deauthorize, holder),
  )
  return router
}
