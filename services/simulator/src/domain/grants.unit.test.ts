import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  authorize,
  consentIsKnown,
  type Grant,
  grantedScopes,
  parseScopes,
  type Renewal,
  renew,
  rotates,
} from './grants.ts'

const lifetimeSeconds = 21_600

const numberedTokens = () => {
  let last = 0
  return () => {
    last += 1
    return `token-${last}`
  }
}

const renewal = (now: number, part: Partial<Renewal> = {}): Renewal => ({
  now,
  lifetimeSeconds,
  rotate: true,
  newToken: numberedTokens(),
  ...part,
})

const consent = { athleteId: 7, scopes: ['read', 'activity:read_all'] }

describe('a refresh', () => {
  const newToken = numberedTokens()
  const first = authorize(undefined, consent, renewal(0, { newToken }))

  it('returns the same access token while more than an hour is left', () => {
    const { access } = renew(first.grant, renewal(lifetimeSeconds - 3601, { newToken }))
    expect(access).toEqual(first.access)
  })
  it('returns a new one at an hour or less, and the old one stays good', () => {
    const { access, grant } = renew(first.grant, renewal(lifetimeSeconds - 3600, { newToken }))
    expect(access.token).not.toBe(first.access.token)
    expect(grant.accessTokens.map(({ token }) => token)).toEqual([first.access.token, access.token])
  })
  it('keeps the refresh token when it does not rotate', () => {
    expect(renew(first.grant, renewal(10, { rotate: false })).grant.refreshToken).toBe(first.grant.refreshToken)
  })
  it('replaces it when it does', () => {
    expect(renew(first.grant, renewal(10, { newToken })).grant.refreshToken).not.toBe(first.grant.refreshToken)
  })
})

describe('rotation', () => {
  it('is always, never, or by chance', () => {
    expect(rotates('always', 0.99)).toBe(true)
    expect(rotates('never', 0)).toBe(false)
    expect([rotates('sometimes', 0.49), rotates('sometimes', 0.5)]).toEqual([true, false])
  })
})

describe('any sequence of refreshes', () => {
  it('hands out only tokens with at least an hour, or a new one; forgets only what is over', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 9000 }), fc.boolean()), { maxLength: 40 }), (steps) => {
        const newToken = numberedTokens()
        let now = 0
        let grant: Grant = authorize(undefined, consent, renewal(now, { newToken })).grant
        for (const [pause, rotate] of steps) {
          now += pause
          const before = grant
          const renewed = renew(before, renewal(now, { newToken, rotate }))
          grant = renewed.grant
          expect(renewed.access.expiresAt - now).toBeGreaterThan(3600)
          expect(grant.refreshToken === before.refreshToken).toBe(!rotate)
          const living = before.accessTokens.filter(({ expiresAt }) => expiresAt > now)
          expect(grant.accessTokens).toEqual(expect.arrayContaining(living))
          expect(grant.accessTokens.every(({ expiresAt }) => expiresAt > now)).toBe(true)
        }
      }),
    )
  })
})

describe('consent', () => {
  const { grant } = authorize(undefined, consent, renewal(0))

  it('given again with other scopes replaces them, with a new access token', () => {
    const again = authorize(grant, { athleteId: 7, scopes: ['read'] }, renewal(60))
    expect(again.access.scopes).toEqual(['read'])
    expect(again.grant.accessTokens).toHaveLength(2)
  })
  it('is known for the same scopes in any order', () => {
    expect(consentIsKnown(grant, 'activity:read_all,read', ['activity:read_all', 'read'])).toBe(true)
    expect(consentIsKnown(grant, 'activity:read_all', ['activity:read_all'])).toBe(true)
  })
  it('is asked for again with more scopes, or a space separated list', () => {
    expect(consentIsKnown(grant, 'read,activity:write', ['read', 'activity:write'])).toBe(false)
    expect(consentIsKnown(grant, 'read activity:read_all', ['read', 'activity:read_all'])).toBe(false)
    expect(consentIsKnown(undefined, 'read', ['read'])).toBe(false)
  })
})

describe('scopes', () => {
  it('are split at commas or spaces', () => {
    expect(parseScopes('read,activity:read')).toEqual(['read', 'activity:read'])
    expect(parseScopes('read activity:read')).toEqual(['read', 'activity:read'])
  })
  it('must be known and at least one', () => {
    expect(parseScopes('')).toBeNull()
    expect(parseScopes('read,everything')).toBeNull()
  })
  it('always include read, first', () => {
    expect(grantedScopes(['activity:read_all'])).toEqual(['read', 'activity:read_all'])
    expect(grantedScopes([])).toEqual(['read'])
  })
})
