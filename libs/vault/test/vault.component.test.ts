import { randomBytes } from 'node:crypto'
import { connectStore, prepareDatabase } from '@slipstream/persistence'
import { testDatabase } from '@slipstream/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  CredentialMissingError,
  createVault,
  GrantDeadError,
  parseTokenKeys,
  RefreshUnavailableError,
  SealBrokenError,
  type VaultOptions,
} from '../src/index.ts'
import { createGate, type Provider, ProviderError, strictProvider } from './support/provider.ts'

const database = testDatabase()
const store = await connectStore({ uri: database.uri, owner: 'ingestion' })
const { credentials } = store.collections

const entry = (kid: string) => `${kid}:${randomBytes(32).toString('base64')}`
const [k1, k2] = [entry('k1'), entry('k2')]
const keyring = parseTokenKeys(k1)
const calm = { leaseMs: 10_000, callTimeoutMs: 5_000, pollMs: 10, waitMs: 15_000 }
/** Past this a worker that stopped is taken over. */
const shortLease = { ...calm, leaseMs: 300 }

const linkId = 'link_1'
let now: Date
let provider: Provider
let outcomes: string[]

const vaultWith = (options: Partial<VaultOptions> = {}) =>
  createVault({
    credentials,
    keyring,
    clock: { now: () => now },
    refreshTokens: (token) => provider.refresh(token),
    onRefresh: (outcome) => outcomes.push(outcome),
    timings: calm,
    ...options,
  })

/** The collection with one of its operations changed, as a bad network would. */
const withOperation = (
  name: 'updateOne' | 'findOneAndUpdate',
  change: (run: () => PromiseLike<unknown>) => unknown,
): typeof credentials =>
  new Proxy(credentials, {
    get: (target, property) => {
      const operation = Reflect.get(target, property)
      if (property !== name) return operation
      return (...parameters: unknown[]) => change(() => Reflect.apply(operation, target, parameters))
    },
  })

const seal = (status: 'pending' | 'active' = 'active') =>
  vaultWith().seal({ linkId, athleteId: 'athlete_1', status, tokens: provider.current })

const stored = async () => {
  const credential = await credentials.findById(linkId).lean()
  if (!credential) throw new Error('there is no credential')
  return credential
}

beforeAll(() => prepareDatabase(store.connection))
beforeEach(async () => {
  await credentials.deleteMany({})
  now = new Date()
  provider = strictProvider(() => now)
  outcomes = []
})
afterAll(async () => {
  await store.close()
  await database.drop()
})

describe('keeping tokens', () => {
  test('what is stored shows nothing of the tokens', async () => {
    await seal()
    const text = JSON.stringify(await stored())
    expect(text).not.toContain(provider.current.accessToken)
    expect(text).not.toContain(provider.current.refreshToken)
  })

  test('a fresh token is handed out without a call', async () => {
    provider.current = { ...provider.current, accessExpiresAt: new Date(now.getTime() + 601_000) }
    await seal()
    expect(await vaultWith().accessToken(linkId)).toBe(provider.current.accessToken)
    expect(provider.calls).toEqual([])
  })

  test('there is no token without a credential, nor while the link is pending', async () => {
    await expect(vaultWith().accessToken(linkId)).rejects.toThrow(CredentialMissingError)
    await seal('pending')
    await expect(vaultWith().accessToken(linkId)).rejects.toThrow(CredentialMissingError)
    expect(provider.calls).toEqual([])
  })

  test('activating a pending credential may be repeated; there must be one', async () => {
    expect(await vaultWith().activate(linkId)).toBe(false)
    await seal('pending')
    expect(await vaultWith().isActive(linkId)).toBe(false)
    expect(await vaultWith().activate(linkId)).toBe(true)
    expect(await vaultWith().activate(linkId)).toBe(true)
    expect(await vaultWith().isActive(linkId)).toBe(true)
    expect(await vaultWith().accessToken(linkId)).toBe('access-2')
  })

  test('a new grant heals a dead one', async () => {
    await seal()
    await credentials.updateOne({ _id: linkId }, { $set: { status: 'dead' } })
    expect(await vaultWith().activate(linkId)).toBe(false)
    await expect(vaultWith().accessToken(linkId)).rejects.toThrow(GrantDeadError)
    await seal()
    expect(await vaultWith().accessToken(linkId)).toBe('access-2')
  })

  test('tokens moved to another link do not open', async () => {
    await seal()
    const credential = await stored()
    await credentials.create({ ...credential, _id: 'link_2' })
    await expect(vaultWith().accessToken('link_2')).rejects.toThrow(SealBrokenError)
    expect(provider.calls).toEqual([])
  })

  test('after a key rotation old tokens open, and each refresh moves its credential to the new key', async () => {
    await seal()
    const rotated = vaultWith({ keyring: parseTokenKeys(`${k2},${k1}`) })
    expect(await rotated.countByKey()).toEqual({ k1: 1 })
    expect(await rotated.accessToken(linkId)).toBe('access-2')
    expect(await rotated.countByKey()).toEqual({ k2: 1 })
    await expect(vaultWith().accessToken(linkId)).rejects.toThrow(SealBrokenError)
  })
})

describe('refreshing', () => {
  test('20 callers over 2 processes make one call and all get its token', async () => {
    await seal()
    const vaults = [vaultWith(), vaultWith()]
    for (let expiry = 1; expiry <= 5; expiry++) {
      const tokens = await Promise.all(Array.from({ length: 20 }, (_, index) => vaults[index % 2]!.accessToken(linkId)))
      expect(provider.calls).toHaveLength(expiry)
      expect(new Set(tokens)).toEqual(new Set([provider.current.accessToken]))
      now = new Date(now.getTime() + 6 * 3_600_000)
    }
    expect(provider.refused).toEqual([])
    expect(outcomes).toEqual(Array(5).fill('refreshed'))
    expect(await stored()).toMatchObject({
      tokenVersion: 6,
      leaseOwner: null,
      leaseUntil: null,
      refreshStartedAt: null,
    })
  })

  test('the rotated pair is stored before anyone uses the token', async () => {
    await seal()
    await vaultWith().accessToken(linkId)
    now = new Date(now.getTime() + 6 * 3_600_000)
    expect(await vaultWith().accessToken(linkId)).toBe('access-3')
    expect(provider.calls).toEqual(['refresh-1', 'refresh-2'])
  })

  test('a token that the provider refused is refreshed once, however many callers were refused', async () => {
    provider.current = { ...provider.current, accessExpiresAt: new Date(now.getTime() + 3_600_000) }
    await seal()
    const rejected = provider.current.accessToken
    const vaults = [vaultWith(), vaultWith()]
    const tokens = await Promise.all(
      vaults.flatMap((vault) => [1, 2, 3].map(() => vault.accessToken(linkId, { rejected }))),
    )
    expect(new Set(tokens)).toEqual(new Set(['access-2']))
    expect(await vaultWith().accessToken(linkId, { rejected })).toBe('access-2')
    expect(provider.calls).toHaveLength(1)
  })

  test('a provider that answers with the refused token again is asked once, not for ever', async () => {
    const same = { ...provider.current, accessExpiresAt: new Date(now.getTime() + 3_600_000) }
    provider.current = same
    await seal()
    let calls = 0
    const vault = vaultWith({
      refreshTokens: async () => {
        calls += 1
        return same
      },
    })
    expect(await vault.accessToken(linkId, { rejected: same.accessToken })).toBe(same.accessToken)
    expect(calls).toBe(1)
  })

  test('a dead refresh token ends the grant, with no further call', async () => {
    await seal()
    provider.current = { ...provider.current, refreshToken: 'another' }
    await expect(vaultWith().accessToken(linkId)).rejects.toMatchObject({
      code: 'grant_dead',
      cause: expect.objectContaining({ kind: 'refresh_token_dead' }),
    })
    await expect(vaultWith().accessToken(linkId)).rejects.toThrow(GrantDeadError)
    expect(provider.calls).toHaveLength(1)
    expect(outcomes).toEqual(['dead'])
    expect(await stored()).toMatchObject({ status: 'dead', tokenVersion: 1, leaseOwner: null })
  })

  test.each([new ProviderError('transient'), new ProviderError('unexpected'), new TypeError('fetch failed'), null])(
    'any other failure (%s) leaves the grant alive and the lease free',
    async (failure) => {
      await seal()
      const failing = vaultWith({ refreshTokens: () => Promise.reject(failure) })
      await expect(failing.accessToken(linkId)).rejects.toThrow(RefreshUnavailableError)
      expect(outcomes).toEqual(['failed'])
      expect(await stored()).toMatchObject({ status: 'active', tokenVersion: 1, leaseOwner: null })
      expect(await vaultWith().accessToken(linkId)).toBe('access-2')
    },
  )

  test.each(['app_inactive', 'client_credentials_invalid', 'rate_limited'])(
    '%s is passed on as it is',
    async (kind) => {
      await seal()
      const failure = new ProviderError(kind)
      const failing = vaultWith({ refreshTokens: () => Promise.reject(failure) })
      await expect(failing.accessToken(linkId)).rejects.toBe(failure)
      expect(await stored()).toMatchObject({ status: 'active', leaseOwner: null })
    },
  )

  test('a call that takes too long fails its callers, and its result is stored all the same', async () => {
    await seal()
    const gate = createGate()
    const slow = vaultWith({
      timings: { ...calm, callTimeoutMs: 50 },
      refreshTokens: async (token) => {
        const pair = await provider.refresh(token)
        await gate.pass()
        return pair
      },
    })
    await expect(slow.accessToken(linkId)).rejects.toThrow(RefreshUnavailableError)
    gate.open()
    await slow.drain()
    expect(outcomes).toEqual(['refreshed'])
    expect(await vaultWith().accessToken(linkId)).toBe('access-2')
    expect(provider.calls).toHaveLength(1)
  })

  test('a rotated pair is stored in the end when the database fails at first', async () => {
    await seal()
    let failures = 2
    const flaky = withOperation('updateOne', async (update) => {
      failures -= 1
      if (failures >= 0) throw new Error('no primary')
      return await update()
    })
    expect(await vaultWith({ credentials: flaky }).accessToken(linkId)).toBe('access-2')
    expect(await stored()).toMatchObject({ tokenVersion: 2, refreshStartedAt: null })
  })

  test('a pair that was stored although the database reported a failure counts as stored', async () => {
    await seal()
    let failures = 1
    const flaky = withOperation('updateOne', async (update) => {
      const result = await update()
      failures -= 1
      if (failures >= 0) throw new Error('connection lost')
      return result
    })
    expect(await vaultWith({ credentials: flaky }).accessToken(linkId)).toBe('access-2')
    expect(outcomes).toEqual(['refreshed'])
    expect(provider.calls).toHaveLength(1)
  })

  test('callers of one process share one attempt at the lease', async () => {
    await seal()
    let leases = 0
    const counted = withOperation('findOneAndUpdate', (update) => {
      leases += 1
      return update()
    })
    const vault = vaultWith({ credentials: counted })
    await Promise.all(Array.from({ length: 20 }, () => vault.accessToken(linkId)))
    expect(leases).toBe(1)
  })

  test('whoever was refused the new token already does not join the refresh that brings it', async () => {
    await seal()
    const gate = createGate()
    const slowToAnswer = withOperation('updateOne', async (update) => {
      const result = await update()
      await gate.pass()
      return result
    })
    const vault = vaultWith({ credentials: slowToAnswer })
    const first = vault.accessToken(linkId)
    await gate.reached
    const second = vault.accessToken(linkId, { rejected: 'access-2' })
    await vi.waitFor(() => expect(provider.calls).toEqual(['refresh-1', 'refresh-2']))
    gate.open()
    expect(await Promise.all([first, second])).toEqual(['access-2', 'access-3'])
  })

  test('a new grant during a refresh wins over its result', async () => {
    await seal()
    const gate = createGate()
    const slow = vaultWith({
      refreshTokens: async () => {
        await gate.pass()
        return { accessToken: 'old', refreshToken: 'old', accessExpiresAt: new Date(now.getTime() + 6 * 3_600_000) }
      },
    })
    const waiting = slow.accessToken(linkId)
    await gate.reached
    const tokens = { accessToken: 'new', refreshToken: 'new', accessExpiresAt: new Date(now.getTime() + 6 * 3_600_000) }
    await vaultWith().seal({ linkId, athleteId: 'athlete_1', status: 'active', tokens })
    gate.open()
    expect(await waiting).toBe('new')
    expect(outcomes).toEqual(['superseded'])
    expect(await vaultWith().accessToken(linkId)).toBe('new')
  })
})

describe('a worker that stops in the middle', () => {
  test('cannot overwrite newer tokens when it comes back past its lease', async () => {
    await seal()
    const gate = createGate()
    const lenient = { ...provider.current, accessToken: 'stale', refreshToken: 'stale' }
    const paused = vaultWith({
      timings: shortLease,
      refreshTokens: async () => {
        await gate.pass()
        return lenient
      },
    })
    const late = paused.accessToken(linkId)
    await gate.reached
    expect(await vaultWith().accessToken(linkId)).toBe('access-2')
    const before = await stored()
    gate.open()
    expect(await late).toBe('access-2')
    expect(await stored()).toEqual(before)
    expect(outcomes).toEqual(['refreshed', 'superseded'])
  })

  test('does not end the grant when its refusal only shows that it lost the race', async () => {
    await seal()
    const gate = createGate()
    const paused = vaultWith({
      timings: shortLease,
      refreshTokens: async (token) => {
        await gate.pass()
        return provider.refresh(token)
      },
    })
    const late = paused.accessToken(linkId)
    await gate.reached
    await vaultWith().accessToken(linkId)
    gate.open()
    expect(await late).toBe('access-2')
    expect(provider.refused).toEqual(['refresh-1'])
    expect(outcomes).toEqual(['refreshed', 'superseded'])
    expect(await stored()).toMatchObject({ status: 'active', tokenVersion: 2 })
  })

  test('between the rotation and the write leaves a trace, and the lost grant is told apart', async () => {
    await seal()
    const gate = createGate()
    const paused = vaultWith({
      timings: shortLease,
      refreshTokens: async (token) => {
        const pair = await provider.refresh(token)
        await gate.pass()
        return pair
      },
    })
    const late = paused.accessToken(linkId)
    await gate.reached
    const trace = await stored()
    expect(trace).toMatchObject({ status: 'active', tokenVersion: 1, refreshStartedAt: expect.any(Date) })

    await expect(vaultWith().accessToken(linkId)).rejects.toThrow(GrantDeadError)
    expect(outcomes).toEqual(['dead_after_unfinished'])
    expect(await stored()).toMatchObject({ status: 'dead', refreshStartedAt: trace.refreshStartedAt })
    gate.open()
    await expect(late).rejects.toThrow(GrantDeadError)
  })

  test('before its call costs nothing: the next one refreshes when the lease has ended', async () => {
    await seal()
    const before = await stored()
    await credentials.updateOne(
      { _id: linkId },
      { $set: { leaseOwner: 'gone', leaseUntil: new Date(Date.now() + 300), fence: before.fence + 1 } },
    )
    expect(await vaultWith().accessToken(linkId)).toBe('access-2')
    expect((await stored()).fence).toBe(before.fence + 2)
  })

  test('for too long fails those who wait for it, for now', async () => {
    await seal()
    await credentials.updateOne(
      { _id: linkId },
      { $set: { leaseOwner: 'other', leaseUntil: new Date(Date.now() + 60_000) } },
    )
    const impatient = vaultWith({ timings: { ...calm, waitMs: 100 } })
    await expect(impatient.accessToken(linkId)).rejects.toThrow(RefreshUnavailableError)
    await expect(impatient.release(linkId, provider.revoke)).rejects.toThrow(RefreshUnavailableError)
    expect(provider.calls).toEqual([])
  })
})

describe('releasing', () => {
  test('revokes the grant, then deletes the credential', async () => {
    await seal()
    const vault = vaultWith()
    const revoke = vi.fn(async (token: string) => {
      expect(await credentials.countDocuments()).toBe(1)
      await provider.revoke(token)
    })
    expect(await vault.release(linkId, revoke)).toEqual({ revoked: true, deleted: true })
    expect(provider.revoked).toEqual(['refresh-1'])
    expect(await credentials.countDocuments()).toBe(0)
    expect(await vault.release(linkId, revoke)).toEqual({ revoked: false, deleted: false })
    expect(revoke).toHaveBeenCalledTimes(1)
  })

  test('a pending credential is revoked, too; a dead one is only deleted', async () => {
    await seal('pending')
    expect(await vaultWith().release(linkId, provider.revoke)).toEqual({ revoked: true, deleted: true })
    await seal()
    await credentials.updateOne({ _id: linkId }, { $set: { status: 'dead' } })
    expect(await vaultWith().release(linkId, provider.revoke)).toEqual({ revoked: false, deleted: true })
    expect(provider.revoked).toHaveLength(1)
    expect(await credentials.countDocuments()).toBe(0)
  })

  test('a credential whose key was retired is deleted and told about: nothing will ever open it', async () => {
    await seal()
    const told: unknown[] = []
    const retired = vaultWith({
      keyring: parseTokenKeys(k2),
      onUnreadable: (id, error) => told.push([id, error.message]),
    })
    expect(await retired.release(linkId, provider.revoke)).toEqual({ revoked: false, deleted: true })
    expect(told).toEqual([[linkId, 'key k1 is not in the keyring']])
    expect(provider.revoked).toEqual([])
    expect(await credentials.countDocuments()).toBe(0)
  })

  test('says that it revoked although another deleted the credential meanwhile', async () => {
    await seal()
    const released = vaultWith().release(linkId, async (token) => {
      await provider.revoke(token)
      await credentials.deleteOne({ _id: linkId })
    })
    expect(await released).toEqual({ revoked: true, deleted: false })
  })

  test('keeps the credential when revoking fails, for the next try', async () => {
    await seal()
    const failure = new ProviderError('transient')
    await expect(vaultWith().release(linkId, () => Promise.reject(failure))).rejects.toBe(failure)
    expect(await stored()).toMatchObject({ status: 'active', leaseOwner: null })
    expect(await vaultWith().release(linkId, provider.revoke)).toEqual({ revoked: true, deleted: true })
  })

  test('waits for a refresh under way and revokes the token it brings', async () => {
    await seal()
    const gate = createGate()
    const refreshing = vaultWith({
      refreshTokens: async (token) => {
        const pair = await provider.refresh(token)
        await gate.pass()
        return pair
      },
    })
    const token = refreshing.accessToken(linkId)
    await gate.reached
    const released = vaultWith().release(linkId, provider.revoke)
    gate.open()
    expect(await token).toBe('access-2')
    expect(await released).toEqual({ revoked: true, deleted: true })
    expect(provider.revoked).toEqual(['refresh-2'])
  })

  test('starts again when the tokens were refreshed while revoking took longer than the lease', async () => {
    await seal()
    const gate = createGate()
    const slow = vaultWith({ timings: shortLease }).release(linkId, async (token) => {
      await provider.revoke(token)
      await gate.pass()
    })
    await gate.reached
    expect(await vaultWith().accessToken(linkId)).toBe('access-2')
    gate.open()
    expect(await slow).toEqual({ revoked: true, deleted: true })
    expect(provider.revoked).toEqual(['refresh-1', 'refresh-2'])
    expect(await credentials.countDocuments()).toBe(0)
  })

  test('a pair that a worker past its lease brings after the release is revoked, too', async () => {
    await seal()
    const gate = createGate()
    const paused = vaultWith({
      timings: shortLease,
      revokeOrphan: provider.revoke,
      refreshTokens: async (token) => {
        const pair = await provider.refresh(token)
        await gate.pass()
        return pair
      },
    })
    const late = paused.accessToken(linkId)
    await gate.reached
    expect(await vaultWith().release(linkId, provider.revoke)).toEqual({ revoked: true, deleted: true })
    gate.open()
    await expect(late).rejects.toThrow(CredentialMissingError)
    expect(provider.revoked).toEqual(['refresh-1', 'refresh-2'])
    expect(await credentials.countDocuments()).toBe(0)
  })
})
