import { type FailureKind, StravaError, type StravaOAuth } from '@slipstream/strava'
import type { RefreshVerdict, VaultOptions } from '@slipstream/vault'

/** What each kind of failure means for a grant whose refresh failed with it. */
const verdictKinds: Record<FailureKind, RefreshVerdict['kind']> = {
  refresh_token_dead: 'dead',
  app_inactive: 'passed_on',
  client_credentials_invalid: 'passed_on',
  endpoint_closed: 'passed_on',
  rate_limited: 'passed_on',
  transient: 'transient',
  access_token_dead: 'refused',
  scope_missing: 'refused',
  not_found: 'refused',
  code_invalid: 'refused',
  athlete_limit_reached: 'refused',
  unexpected: 'refused',
}

/** An answer below 500 that is no success is a refusal, whatever it says; all else leaves open what Strava did. */
const isRefusal = ({ httpStatus }: StravaError): boolean => httpStatus !== null && httpStatus >= 400 && httpStatus < 500

const judge = (error: unknown): RefreshVerdict => {
  if (!(error instanceof StravaError)) return { kind: 'transient' }
  const kind = verdictKinds[error.kind]
  if (kind !== 'refused') return { kind }
  return isRefusal(error) ? { kind, reason: `${error.httpStatus} ${error.kind}` } : { kind: 'transient' }
}

/** Strava's token endpoint as the vault asks for it. */
export const createTokenCalls = (
  oauth: Pick<StravaOAuth, 'refresh'>,
): Pick<VaultOptions, 'refreshTokens' | 'judge'> => ({
  refreshTokens: (refreshToken) => oauth.refresh({ refreshToken }),
  judge,
})
