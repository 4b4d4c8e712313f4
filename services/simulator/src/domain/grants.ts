/**
 * Token rules. One athlete holds at most one grant for the application. An access token lives six hours. Asking for
 * tokens again returns the same access token while it has more than an hour left, else a new one, and the old one goes
 * on working until its own end. A refresh token may be replaced at every answer, and dies the moment it is replaced.
 */
export interface AccessToken {
  readonly token: string
  /** Epoch seconds. */
  readonly expiresAt: number
  readonly scopes: readonly string[]
}

export interface Grant {
  readonly athleteId: number
  readonly scopes: readonly string[]
  readonly refreshToken: string
  /** Newest last; those past their end are dropped. */
  readonly accessTokens: readonly AccessToken[]
}

type RefreshRotation = 'always' | 'sometimes' | 'never'

export const scopesOffered = [
  'read',
  'read_all',
  'profile:read_all',
  'profile:write',
  'activity:read',
  'activity:read_all',
  'activity:write',
] as const

/** Chance and settings that a renewal needs, as data. */
export interface Renewal {
  /** Epoch seconds. */
  readonly now: number
  readonly lifetimeSeconds: number
  /** Decided before by `rotates`. */
  readonly rotate: boolean
  readonly newToken: () => string
}

const keepSeconds = 3600

export const rotates = (rotation: RefreshRotation, chance: number): boolean =>
  rotation === 'always' || (rotation === 'sometimes' && chance < 0.5)

const sameScopes = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((scope) => right.includes(scope))

/** Answers a refresh: the grant as it is afterwards, and the access token to hand out. */
export const renew = (grant: Grant, renewal: Renewal): { readonly grant: Grant; readonly access: AccessToken } => {
  const living = grant.accessTokens.filter((access) => access.expiresAt > renewal.now)
  const latest = living.at(-1)
  const kept =
    latest && latest.expiresAt - renewal.now > keepSeconds && sameScopes(latest.scopes, grant.scopes) ? latest : null
  const access = kept ?? {
    token: renewal.newToken(),
    expiresAt: renewal.now + renewal.lifetimeSeconds,
    scopes: grant.scopes,
  }
  return {
    grant: {
      ...grant,
      refreshToken: renewal.rotate ? renewal.newToken() : grant.refreshToken,
      accessTokens: kept ? living : [...living, access],
    },
    access,
  }
}

/** Answers a code exchange: consent given again replaces the scopes of the grant the athlete already had. */
export const authorize = (
  existing: Grant | undefined,
  consent: { readonly athleteId: number; readonly scopes: readonly string[] },
  renewal: Renewal,
): { readonly grant: Grant; readonly access: AccessToken } =>
  renew(
    existing
      ? { ...existing, scopes: consent.scopes }
      : { ...consent, refreshToken: renewal.newToken(), accessTokens: [] },
    renewal,
  )

/** Requested scopes in Strava's comma or space form; null when one is unknown or none is asked for. */
export const parseScopes = (text: string): readonly string[] | null => {
  const asked = [...new Set(text.split(/[,\s]+/).filter((scope) => scope !== ''))]
  const known = asked.every((scope) => scopesOffered.some((offered) => offered === scope))
  return asked.length > 0 && known ? asked : null
}

/** `read` is granted even when it was not asked for, and comes first. */
export const grantedScopes = (ticked: readonly string[]): readonly string[] => [
  'read',
  ...ticked.filter((scope) => scope !== 'read'),
]

/** Consent is skipped only for exactly the scopes already granted, and never for a space separated list. */
export const consentIsKnown = (grant: Grant | undefined, scopeText: string, asked: readonly string[]): boolean =>
  grant !== undefined && !/\s/.test(scopeText.trim()) && sameScopes(grant.scopes, grantedScopes(asked))

export const canReadActivities = (scopes: readonly string[]): boolean =>
  scopes.includes('activity:read') || scopes.includes('activity:read_all')

export const canReadOnlyMe = (scopes: readonly string[]): boolean => scopes.includes('activity:read_all')
