import { type Response, Router } from 'express'
import type { SimulatorConfig } from '../config.ts'
import { type Athlete, athletes, findAthlete } from '../domain/athletes.ts'
import { consentIsKnown, grantedScopes, parseScopes } from '../domain/grants.ts'
import { refusals, type StravaFault } from '../domain/strava-fault.ts'
import type { Facts } from '../facts.ts'
import type { GrantBook } from '../state/grant-book.ts'
import type { Switches } from '../state/switches.ts'
import { athleteLimitPage, consentPage } from '../views/consent-page.ts'
import { refuse, send } from './answer.ts'
import { signedInAthlete, signInAthlete } from './strava-session.ts'

interface AuthorizeDeps {
  readonly config: Pick<SimulatorConfig, 'stravaClientId' | 'webOrigin'>
  readonly grants: GrantBook
  readonly switches: Switches
  readonly facts: Facts
}

interface Transaction {
  readonly redirectUri: URL
  readonly scopeText: string
  readonly scopes: readonly string[]
  readonly state: string | null
  readonly forcePrompt: boolean
  readonly parameters: Readonly<Record<string, string>>
}

const transactionFields = ['client_id', 'redirect_uri', 'response_type', 'approval_prompt', 'requested_scope', 'state']

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** The callback domain holds any path and port; localhost and 127.0.0.1 are always allowed. */
const allowedRedirect = (text: string | undefined, webOrigin: string): URL | null => {
  const redirectUri = URL.parse(text ?? '')
  if (redirectUri?.hash !== '') return null
  const allowed = ['localhost', '127.0.0.1', new URL(webOrigin).hostname]
  return allowed.includes(redirectUri.hostname) ? redirectUri : null
}

const readTransaction = (
  values: Readonly<Record<string, unknown>>,
  config: AuthorizeDeps['config'],
): Transaction | StravaFault => {
  if (values.client_id !== config.stravaClientId) return refusals.unknownClient
  const redirectUri = allowedRedirect(textOf(values.redirect_uri), config.webOrigin)
  if (!redirectUri) return refusals.redirectUri
  if (values.response_type !== 'code') return refusals.responseType
  const scopeText = textOf(values.requested_scope) ?? ''
  const scopes = parseScopes(scopeText)
  if (!scopes) return refusals.scope
  return {
    redirectUri,
    scopeText,
    scopes,
    state: textOf(values.state) ?? null,
    forcePrompt: values.approval_prompt === 'force',
    parameters: Object.fromEntries(
      transactionFields.flatMap((name) => {
        const value = textOf(values[name])
        return value === undefined ? [] : [[name, value]]
      }),
    ),
  }
}

const returnTo = (response: Response, { redirectUri, state }: Transaction, result: Record<string, string>) => {
  const target = new URL(redirectUri)
  // Strava leaves the commas and colons of a scope list bare; so does this.
  const query = Object.entries({ ...(state === null ? {} : { state }), ...result })
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replace(/%2C/g, ',').replace(/%3A/g, ':')}`)
    .join('&')
  target.search = target.search === '' ? query : `${target.search}&${query}`
  response.redirect(302, target.href)
}

/** `GET` and `POST` on `/oauth/authorize` and `/oauth/mobile/authorize`: the consent page. */
export const oauthAuthorizeRoutes = ({ config, grants, switches, facts }: AuthorizeDeps): Router => {
  const router = Router()
  const paths = ['/oauth/authorize', '/oauth/mobile/authorize']

  const grantCode = (response: Response, transaction: Transaction, athlete: Athlete, ticked: readonly string[]) => {
    if (grants.isFullFor(athlete.stravaAthleteId)) {
      facts.consented(athlete.account, 'full')
      response.status(403).type('html').send(athleteLimitPage())
      return
    }
    facts.consented(athlete.account, 'allow')
    const scopes = grantedScopes(ticked)
    const code = grants.issueCode(athlete.stravaAthleteId, scopes)
    const { scopeInReturn } = switches.behaviour()
    returnTo(response, transaction, { code, ...(scopeInReturn && { scope: scopes.join(',') }) })
  }

  router.get(paths, (request, response) => {
    const transaction = readTransaction({ ...request.query, requested_scope: request.query.scope }, config)
    if ('status' in transaction) return send(response, refuse(transaction))
    const athlete = signedInAthlete(request)
    const grant = athlete ? grants.of(athlete.stravaAthleteId) : undefined
    if (athlete && !transaction.forcePrompt && consentIsKnown(grant, transaction.scopeText, transaction.scopes)) {
      return grantCode(response, transaction, athlete, transaction.scopes)
    }
    response.type('html').send(
      consentPage({
        action: request.path,
        athletes,
        selected: athlete?.stravaAthleteId ?? null,
        scopes: transaction.scopes,
        parameters: transaction.parameters,
      }),
    )
  })

  router.post(paths, (request, response) => {
    const form = (request.body ?? {}) as Record<string, unknown>
    const ticked = [form.scope].flat().flatMap((scope) => (typeof scope === 'string' ? scope.split(',') : []))
    // The page sends what was asked for beside what is ticked; a hand-written post may leave that out.
    const requested = textOf(form.requested_scope) ?? ['read', ...ticked].join(',')
    const transaction = readTransaction({ ...form, requested_scope: requested }, config)
    if ('status' in transaction) return send(response, refuse(transaction))
    const athlete = findAthlete(textOf(form.athlete_id) ?? '')
    if (!athlete) return send(response, refuse(refusals.accessToken))
    signInAthlete(response, athlete)
    if (form.decision !== 'allow') {
      facts.consented(athlete.account, 'deny')
      return returnTo(response, transaction, { error: 'access_denied' })
    }
    grantCode(
      response,
      transaction,
      athlete,
      transaction.scopes.filter((scope) => ticked.includes(scope)),
    )
  })

  return router
}
