import { randomBytes } from 'node:crypto'
import type { Clock } from '@slipstream/runtime'
import type { Behaviour } from '../domain/fault-rules.ts'
import { type AccessToken, authorize, type Grant, type Renewal, renew, rotates } from '../domain/grants.ts'
import type { Random } from '../domain/random.ts'
import { epochSeconds } from '../domain/times.ts'

/** What a token answer hands out. */
export interface IssuedTokens {
  readonly athleteId: number
  readonly access: AccessToken
  readonly refreshToken: string
  readonly expiresInSeconds: number
}

/** The grants of the one application, in memory. Strava calls what is counted here "connected athletes". */
export interface GrantBook {
  /** True when another athlete than this one would be one too many. */
  isFullFor(athleteId: number): boolean
  issueCode(athleteId: number, scopes: readonly string[]): string
  /** Whose consent the code stands for; undefined when it is unknown, used or too old. */
  athleteOfCode(code: string): number | undefined
  /** Null when the code is unknown, used or too old. */
  exchange(code: string): IssuedTokens | null
  /** Null when the refresh token is dead. */
  refresh(refreshToken: string): IssuedTokens | null
  byAccessToken(token: string): { readonly athleteId: number; readonly scopes: readonly string[] } | null
  of(athleteId: number): Grant | undefined
  /** The grant that an access or refresh token belongs to: ending either ends both. */
  holderOf(token: string): Grant | undefined
  revokeAthlete(athleteId: number): boolean
  expireAccessTokens(athleteId: number): void
  reset(): void
  all(): readonly Grant[]
  restore(grants: readonly Grant[]): void
}

const codeLifetimeMs = 5 * 60_000

/** 40 hex digits, as Strava's tokens and codes have. */
const newToken = (): string => randomBytes(20).toString('hex')

export const createGrantBook = (deps: {
  clock: Clock
  random: Random
  athleteLimit: number | null
  behaviour: () => Behaviour
}): GrantBook => {
  const grants = new Map<number, Grant>()
  const codes = new Map<string, { athleteId: number; scopes: readonly string[]; expiresAtMs: number }>()

  const renewal = (): Renewal => ({
    now: epochSeconds(deps.clock.now()),
    lifetimeSeconds: deps.behaviour().accessTokenSeconds,
    rotate: rotates(deps.behaviour().refreshRotation, deps.random.next()),
    newToken,
  })
  const keep = ({ grant, access }: { grant: Grant; access: AccessToken }): IssuedTokens => {
    grants.set(grant.athleteId, grant)
    return {
      athleteId: grant.athleteId,
      access,
      refreshToken: grant.refreshToken,
      expiresInSeconds: access.expiresAt - epochSeconds(deps.clock.now()),
    }
  }
  const dropOldCodes = () => {
    for (const [code, pending] of codes) if (pending.expiresAtMs <= deps.clock.now().getTime()) codes.delete(code)
  }
  const holderOf = (token: string): Grant | undefined =>
    [...grants.values()].find(
      (grant) => grant.refreshToken === token || grant.accessTokens.some((access) => access.token === token),
    )

  return {
    isFullFor: (athleteId) => {
      if (deps.athleteLimit === null) return false
      dropOldCodes()
      const connected = new Set([...grants.keys(), ...[...codes.values()].map((pending) => pending.athleteId)])
      return !connected.has(athleteId) && connected.size >= deps.athleteLimit
    },
    issueCode: (athleteId, scopes) => {
      dropOldCodes()
      const code = newToken()
      codes.set(code, { athleteId, scopes, expiresAtMs: deps.clock.now().getTime() + codeLifetimeMs })
      return code
    },
    athleteOfCode: (code) => {
      dropOldCodes()
      return codes.get(code)?.athleteId
    },
    exchange: (code) => {
      dropOldCodes()
      const consent = codes.get(code)
      if (!consent) return null
      codes.delete(code)
      return keep(authorize(grants.get(consent.athleteId), consent, renewal()))
    },
    refresh: (refreshToken) => {
      const grant = [...grants.values()].find((candidate) => candidate.refreshToken === refreshToken)
      return grant ? keep(renew(grant, renewal())) : null
    },
    byAccessToken: (token) => {
      const grant = holderOf(token)
      const access = grant?.accessTokens.find((candidate) => candidate.token === token)
      if (!grant || !access || access.expiresAt <= epochSeconds(deps.clock.now())) return null
      return { athleteId: grant.athleteId, scopes: access.scopes }
    },
    of: (athleteId) => grants.get(athleteId),
    holderOf,
    revokeAthlete: (athleteId) => grants.delete(athleteId),
    expireAccessTokens: (athleteId) => {
      const grant = grants.get(athleteId)
      if (grant) grants.set(athleteId, { ...grant, accessTokens: [] })
    },
    reset: () => {
      grants.clear()
      codes.clear()
    },
    all: () => [...grants.values()],
    restore: (saved) => {
      for (const grant of saved) grants.set(grant.athleteId, grant)
    },
  }
}
