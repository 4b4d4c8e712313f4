import type { ErrorCode } from '@slipstream/contracts'
import type { FailureKind } from '@slipstream/strava'
import type { Link } from './model.ts'

/** Asked for at Strava. `activity:read_all` includes activities set to "Only You" and data in privacy zones. */
export const requestedScopes = ['read', 'activity:read_all'] as const

/** What Strava says was granted, from the `scope` of the return: an athlete may untick every box. */
export const readScopes = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean)

export const coversScopes = (granted: readonly string[], wanted: readonly string[]): boolean =>
  wanted.every((scope) => granted.includes(scope))

export const hasNeededScopes = (scopes: readonly string[]): boolean => coversScopes(scopes, requestedScopes)

/** All that an exchange may fail with, and `access_denied`, which Strava's page says. */
const codeOfStravaProblem: Record<FailureKind | 'access_denied', ErrorCode> = {
  access_denied: 'consent_denied',
  athlete_limit_reached: 'app_full',
  app_inactive: 'app_inactive',
  client_credentials_invalid: 'app_misconfigured',
  code_invalid: 'link_expired',
  rate_limited: 'quota_exhausted',
  transient: 'strava_unavailable',
  // Of other calls than the exchange.
  access_token_dead: 'strava_unavailable',
  scope_missing: 'strava_unavailable',
  endpoint_closed: 'strava_unavailable',
  not_found: 'strava_unavailable',
  refresh_token_dead: 'strava_unavailable',
  unexpected: 'strava_unavailable',
}

const isKnown = (problem: string): problem is keyof typeof codeOfStravaProblem =>
  Object.hasOwn(codeOfStravaProblem, problem)

/** What Strava's page said (`error=…`), or how its exchange of the code failed, as an entry of the catalogue. */
export const codeOfRefusedGrant = (problem: string): ErrorCode =>
  isKnown(problem) ? codeOfStravaProblem[problem] : 'strava_unavailable'

interface Holders {
  athleteId: string
  stravaAthleteId: string
  /** The athlete's present link. */
  own: Link | null
  /** The link that holds this Strava account, whoever has it. */
  ofAccount: Link | null
}

export type LinkDecision =
  | { kind: 'create' }
  /** The same pair again: fresh tokens for the link that is there; id and history stay. */
  | { kind: 'renew'; link: Link }
  /** The athlete's own link has no grant any more: it ends, and makes way for the other account. */
  | { kind: 'replace'; link: Link }
  | { kind: 'refuse_in_use'; holder: Link }
  | { kind: 'refuse_different' }

/** Strava accepts the grant no longer. One that merely lacks a permission lives on. */
const hasLostGrant = ({ status, errorCode }: Link): boolean =>
  status === 'reauth_required' && errorCode === 'reauth_required'

/** Refusals after which the athlete has to be able to choose another account at Strava. */
export const accountRefusals = ['strava_account_in_use', 'different_strava_account'] as const satisfies ErrorCode[]

/** One Strava account belongs to at most one athlete and is never moved; one athlete has at most one account. */
export const decideLink = ({ athleteId, stravaAthleteId, own, ofAccount }: Holders): LinkDecision => {
  if (ofAccount && ofAccount.athleteId !== athleteId) return { kind: 'refuse_in_use', holder: ofAccount }
  if (own && own.stravaAthleteId !== stravaAthleteId) {
    return hasLostGrant(own) ? { kind: 'replace', link: own } : { kind: 'refuse_different' }
  }
  return own ? { kind: 'renew', link: own } : { kind: 'create' }
}
