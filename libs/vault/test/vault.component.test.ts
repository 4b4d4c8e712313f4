import { Secret } from '@slipstream/runtime'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { CredentialMissingError, GrantDeadError, RefreshUnavailableError, SealBrokenError } from '../src/index.ts'
import { athleteId, calm, createBench, linkId, withOperation } from './support/bench.ts'
import { createGate, ProviderError, pairOf } from './support/provider.ts'

const bench = await createBench()
const { state, collections, vault, grants, begin, stored, passTime } = bench
const { credentials } = collections

const tokenOf = async (options?: { rejected?: Secret }) => (await vault().accessToken(linkId, options)).reveal()

beforeEach(bench.reset)
afterAll(bench.close)

describe('keeping tokens', () => {
  test('what is stored shows nothing of the tokens, and names no account at Strava', async () => {
    await begin()
    const text = JSON.stringify([await stored(), await bench.account()])
    expect(text).not.toContain(state.provider.current.accessToken.reveal())
    expect(text).not.toContain(state.provider.current.refreshToken.reveal())
    expect(text).not.toContain('41200011')
  })

  test('a fresh token is handed out without a call', async () => {
    await begin('active', pairOf('1', new Date(state.now.getTime() + 601_000)))
    expect(await tokenOf()).toBe('access-1')
    expect(state.provider.calls).toEqual([])
  })

  test('there is no token without a credential, nor while the link is pending', async () => {
    await expect(vault().accessToken(linkId)).rejects.toThrow(CredentialMissingError)
    await begin('pending')
    await expect(vault().accessToken(linkId)).rejects.toThrow(CredentialMissingError)
    expect(state.provider.calls).toEqual([])
  })

  test('activating a pending credential may be repeated; there must be one', async () => {
    expect(await grants().activate(linkId)).toBe(false)
    await begin('pending')
    expect(await grants().isActive(linkId)).toBe(false)
    expect(await grants().activate(linkId)).toBe(true)
    expect(await grants().activate(linkId)).toBe(true)
    expect(await grants().isActive(linkId)).toBe(true)
    expect(await tokenOf()).toBe('access-2')
  })

  test('a new grant heals a dead one', async () => {
    await begin()
    await credentials.updateOne({ _id: linkId }, { $set: { status: 'dead' } })
    expect(await grants().activate(linkId)).toBe(false)
    await expect(vault().accessToken(linkId)).rejects.toThrow(GrantDeadError)
    await begin()
    expect(await tokenOf()).toBe('access-2')
  })

  test('tokens moved to another link do not open', async () => {
    await begin()
    const credential = await stored()
    await credentials.create({ ...credential, _id: 'link_2' })
    await expect(vault().accessToken('link_2')).rejects.toThrow(SealBrokenError)
    expect(state.provider.calls).toEqual([])
    expect(await stored('link_2')).toMatchObject({ leaseOwner: null, refreshStartedAt: null })
  })

  test('vaults that need the account of an athlete at the same time agree on it', async () => {
    await credentials.db.collection('accounts').deleteMany({})
    const begun = await Promise.all(
      Array.from({ length: 8 }, (_, index) => begin('active', undefined, { linkId: `l${index}`, athleteId })),
    )
    expect(new Set(begun.map(({ accountId }) => accountId)).size).toBe(1)
  })
})

describe('refreshing', () => {
  test('20 callers over 2 processes make one call and all get its token', async () => {
    await begin()
    const vaults = [vault(), vault()]
    for (let expiry = 1; expiry <= 5; expiry++) {
      const tokens = await Promise.all(Array.from({ length: 20 }, (_, index) => vaults[index % 2]!.accessToken(linkId)))
      expect(state.provider.calls).toHaveLength(expiry)
      expect(new Set(tokens.map((token) => token.reveal()))).toEqual(
        new Set([state.provider.current.accessToken.reveal()]),
      )
      passTime(6 * 3_600_000)
    }
    expect(state.provider.refused).toEqual([])
    expect(state.outcomes).toEqual(Array(5).fill('refreshed'))
    expect(await stored()).toMatchObject({
      tokenVersion: 6,
      leaseOwner: null,
      leaseUntil: null,
      refreshStartedAt: null,
    })
  })

  test('the rotated pair is stored before anyone uses the token', async () => {
    await begin()
    await tokenOf()
    passTime(6 * 3_600_000)
    expect(await tokenOf()).toBe('access-3')
    expect(state.provider.calls).toEqual(['refresh-1', 'refresh-2'])
  })

  test('an answer without a refresh token keeps the one that was used', async () => {
    await begin()
    const { accessToken, accessExpiresAt } = pairOf('new', new Date(state.now.getTime() + 60_000))
    const silent = vault({ refreshTokens: async () => ({ accessToken, accessExpiresAt, refreshToken: null }) })
    expect((await silent.accessToken(linkId)).reveal()).toBe('access-new')
    expect(await tokenOf()).toBe('access-2')
    expect(state.provider.calls).toEqual(['refresh-1'])
  })

  test('a token that the provider refused is refreshed once, however many callers were refused', async () => {
    const rejected = new Secret('access-1')
    await begin('active', pairOf('1', new Date(state.now.getTime() + 3_600_000)))
    const vaults = [vault(), vault()]
    const tokens = await Promise.all(
      vaults.flatMap((one) => [1, 2, 3].map(() => one.accessToken(linkId, { rejected: new Secret('access-1') }))),
    )
    expect(new Set(tokens.map((token) => token.reveal()))).toEqual(new Set(['access-2']))
    expect(await tokenOf({ rejected })).toBe('access-2')
    expect(state.provider.calls).toHaveLength(1)
  })

  test('a provider that answers with the refused token again is asked once, not for ever', async () => {
    const same = pairOf('1', new Date(state.now.getTime() + 3_600_000))
    await begin('active', same)
    const refreshTokens = vi.fn(async () => same)
    const token = await vault({ refreshTokens }).accessToken(linkId, { rejected: same.accessToken })
    expect(token.reveal()).toBe('access-1')
    expect(refreshTokens).toHaveBeenCalledTimes(1)
  })

  test('a dead refresh token ends the grant, with no further call', async () => {
    await begin('active', pairOf('another', state.now))
    await expect(vault().accessToken(linkId)).rejects.toMatchObject({
      code: 'grant_dead',
      cause: expect.objectContaining({ verdict: { kind: 'dead' } }),
    })
    await expect(vault().accessToken(linkId)).rejects.toThrow(GrantDeadError)
    expect(state.provider.calls).toHaveLength(1)
    expect(state.outcomes).toEqual(['dead'])
    const { diedAt, turnedAt, ...credential } = await stored()
    expect(credential).toMatchObject({ status: 'dead', tokenVersion: 1, leaseOwner: null, refreshStartedAt: null })
    expect(diedAt).toEqual(state.now)
    expect(turnedAt).toEqual(state.now)
  })

  test('a grant that has died is shown until it is settled, put off, or comes back, and anew when it dies again', async () => {
    const die = async () => {
      await begin('active', pairOf('another', state.now))
      await expect(vault().accessToken(linkId)).rejects.toThrow(GrantDeadError)
      return { linkId, athleteId, diedAt: state.now, attempts: 0 }
    }
    const first = await die()
    expect(await grants().deadGrants(10)).toEqual([first])
    await grants().postponeDead(first, 1, new Date(state.now.getTime() + 1_000))
    expect(await grants().deadGrants(10)).toEqual([])
    passTime(1_000)
    expect(await grants().deadGrants(10)).toEqual([{ ...first, attempts: 1 }])
    await begin()
    expect(await grants().deadGrants(10)).toEqual([])
    const second = await die()
    // Whoever still has the first death in hand settles nothing of the second.
    await grants().settleDead(first)
    expect(await grants().deadGrants(10)).toEqual([second])
    await grants().settleDead(second)
    expect(await grants().deadGrants(10)).toEqual([])
    expect(await stored()).toMatchObject({ status: 'dead', diedAt: second.diedAt })
  })

  test.each([new ProviderError({ kind: 'transient' }), new TypeError('fetch failed'), null])(
    'a failure that says nothing (%s) leaves the grant alive, the lease free, and the refresh unaccounted for',
    async (failure) => {
      await begin()
      const failing = vault({ refreshTokens: () => Promise.reject(failure) })
      await expect(failing.accessToken(linkId)).rejects.toThrow(RefreshUnavailableError)
      expect(state.outcomes).toEqual(['failed'])
      expect(await stored()).toMatchObject({ status: 'active', tokenVersion: 1, leaseOwner: null })
      expect((await stored()).refreshStartedAt).toBeInstanceOf(Date)
      expect(await tokenOf()).toBe('access-2')
    },
  )

  test('trouble of the whole app is passed on as it is, and replaced no token', async () => {
    await begin()
    const failure = new ProviderError({ kind: 'passed_on' })
    const failing = vault({ refreshTokens: () => Promise.reject(failure) })
    await expect(failing.accessToken(linkId)).rejects.toBe(failure)
    expect(await stored()).toMatchObject({ status: 'active', leaseOwner: null, refreshStartedAt: null })
  })

  test('the same refusal that explains nothing ends the grant after a day, another begins a day of its own', async () => {
    await begin()
    const refusing = (reason: string) =>
      vault({ refreshTokens: () => Promise.reject(new ProviderError({ kind: 'refused', reason })) })
    const day = 24 * 3_600_000
    await expect(refusing('HTTP 400').accessToken(linkId)).rejects.toThrow(RefreshUnavailableError)
    passTime(day - 1)
    await expect(refusing('HTTP 400').accessToken(linkId)).rejects.toThrow(RefreshUnavailableError)
    await expect(refusing('HTTP 403').accessToken(linkId)).rejects.toThrow(RefreshUnavailableError)
    passTime(day - 1)
    await expect(refusing('HTTP 403').accessToken(linkId)).rejects.toThrow(RefreshUnavailableError)
    expect(await stored()).toMatchObject({ status: 'active', refreshStartedAt: null })
    passTime(1)
    await expect(refusing('HTTP 403').accessToken(linkId)).rejects.toThrow(GrantDeadError)
    expect(await stored()).toMatchObject({ status: 'dead', diedAt: state.now })
  })

  test('a refusal is forgotten once a refresh works', async () => {
    await begin()
    const failure = new ProviderError({ kind: 'refused', reason: 'HTTP 400' })
    await expect(vault({ refreshTokens: () => Promise.reject(failure) }).accessToken(linkId)).rejects.toThrow()
    expect((await stored()).refusal).toEqual({ reason: 'HTTP 400', since: state.now })
    await tokenOf()
    expect((await stored()).refusal).toBeNull()
  })

  test('a call that takes too long fails its callers, and its result is stored all the same', async () => {
    await begin()
    const gate = createGate()
    const slow = vault({
      timings: { ...calm, callerWaitMs: 50 },
      refreshTokens: async (token) => {
        const pair = await state.provider.refresh(token)
        await gate.pass()
        return pair
      },
    })
    await expect(slow.accessToken(linkId)).rejects.toThrow(RefreshUnavailableError)
    gate.open()
    await slow.drain(AbortSignal.timeout(10_000))
    expect(state.outcomes).toEqual(['refreshed'])
    expect(await tokenOf()).toBe('access-2')
    expect(state.provider.calls).toHaveLength(1)
  })

  test('a call that outlives its lease is joined by later callers of its process, not made again', async () => {
    await begin()
    const gate = createGate()
    const slow = vault({
      timings: { ...calm, leaseMs: 1, callerWaitMs: 50 },
      refreshTokens: async (token) => {
        const pair = await state.provider.refresh(token)
        await gate.pass()
        return pair
      },
    })
    for (let caller = 1; caller <= 3; caller++) {
      await expect(slow.accessToken(linkId)).rejects.toThrow(RefreshUnavailableError)
    }
    const last = slow.accessToken(linkId)
    gate.open()
    expect((await last).reveal()).toBe('access-2')
    expect(state.provider.calls).toEqual(['refresh-1'])
  })

  test('callers of one process share one attempt at the lease', async () => {
    await begin()
    let leases = 0
    const counted = withOperation(collections, 'credentials', 'findOneAndUpdate', (update) => {
      leases += 1
      return update()
    })
    const busy = vault({ collections: counted })
    await Promise.all(Array.from({ length: 20 }, () => busy.accessToken(linkId)))
    expect(leases).toBe(1)
  })

  test('not even a caller whose look at the row is answered after the refresh of the others tries for a lease', async () => {
    await begin()
    const looks = createGate()
    let leases = 0
    let finds = 0
    const slowToRead = new Proxy(credentials, {
      get: (target, property) => {
        if (property === 'findOneAndUpdate') leases += 1
        const operation = Reflect.get(target, property)
        if (property !== 'findOne') return operation
        finds += 1
        if (finds === 1) return operation
        return (...parameters: unknown[]) => ({
          lean: () => ({
            exec: async () => {
              const found = await Reflect.apply(target.findOne, target, parameters as never).lean()
              await looks.pass()
              return found
            },
          }),
        })
      },
    })
    const busy = vault({ collections: { ...collections, credentials: slowToRead } })
    const callers = [busy.accessToken(linkId), busy.accessToken(linkId)]
    await callers[0]
    looks.open()
    await callers[1]
    expect(leases).toBe(1)
  })

  test('whoever was refused the new token already does not join the refresh that brings it', async () => {
    await begin()
    const gate = createGate()
    const slowToAnswer = withOperation(collections, 'credentials', 'updateOne', async (update) => {
      const result = await update()
      await gate.pass()
      return result
    })
    const first = vault({ collections: slowToAnswer }).accessToken(linkId)
    await gate.reached
    const second = vault().accessToken(linkId, { rejected: new Secret('access-2') })
    await vi.waitFor(() => expect(state.provider.calls).toEqual(['refresh-1', 'refresh-2']))
    gate.open()
    expect((await second).reveal()).toBe('access-3')
    expect((await first).reveal()).toBe('access-2')
  })
})
