import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { CredentialMissingError, GrantDeadError, RefreshUnavailableError, type Vault } from '../src/index.ts'
import { calm, createBench, linkId, other, owner, withOperation } from './support/bench.ts'
import { createGate, ProviderError, pairOf } from './support/provider.ts'

/** Who may write tokens: the child of what is stored, whatever became of its lease, its holder or the store meanwhile. */

const bench = await createBench()
const { state, collections, vault, grants, begin, beginOther, settleAll, stored, account } = bench
const { credentials } = collections

const inHours = (hours: number) => new Date(state.now.getTime() + hours * 3_600_000)

/** As if so much time had passed that the lease, and two of them since the refresh began, are over. */
const passLease = (started: Date | null = new Date(0)) =>
  credentials.updateOne({ _id: linkId }, { $set: { leaseUntil: new Date(0), refreshStartedAt: started } })

/** A process that stands still once Strava has rotated, until its gate opens. */
const pausedAfterRotation = () => {
  const gate = createGate()
  const paused = vault({
    refreshTokens: async (token) => {
      const pair = await state.provider.refresh(token)
      await gate.pass()
      return pair
    },
  })
  return { gate, paused }
}

const drainNow = (one: Vault) => one.drain(AbortSignal.timeout(10_000))

beforeEach(bench.reset)
afterAll(bench.close)

describe('a worker that was stopped past its lease', () => {
  test('cannot overwrite newer tokens', async () => {
    await begin()
    const gate = createGate()
    const paused = vault({
      refreshTokens: async () => {
        await gate.pass()
        return pairOf('stale', inHours(6))
      },
    })
    const late = paused.accessToken(linkId)
    await gate.reached
    await passLease()
    expect((await vault().accessToken(linkId)).reveal()).toBe('access-2')
    const before = await stored()
    gate.open()
    expect((await late).reveal()).toBe('access-2')
    expect(await stored()).toEqual(before)
    expect(state.outcomes).toEqual(['refreshed', 'superseded'])
  })

  test('does not end the grant when its refusal only shows that it lost the race', async () => {
    await begin()
    const gate = createGate()
    const paused = vault({
      refreshTokens: async (token) => {
        await gate.pass()
        return state.provider.refresh(token)
      },
    })
    const late = paused.accessToken(linkId)
    await gate.reached
    await passLease()
    await vault().accessToken(linkId)
    gate.open()
    expect((await late).reveal()).toBe('access-2')
    expect(state.provider.refused).toEqual(['refresh-1'])
    expect(await stored()).toMatchObject({ status: 'active', tokenVersion: 2 })
  })

  test('stores the pair it got, though another was refused in between', async () => {
    await begin()
    const { gate, paused } = pausedAfterRotation()
    const late = paused.accessToken(linkId)
    await gate.reached
    await passLease(new Date())
    const other = vault().accessToken(linkId)
    await vi.waitFor(() => expect(state.provider.refused).toEqual(['refresh-1']))
    gate.open()
    expect((await late).reveal()).toBe('access-2')
    expect((await other).reveal()).toBe('access-2')
    expect(await stored()).toMatchObject({ status: 'active', tokenVersion: 2, refreshStartedAt: null })
  })

  test('brings a grant back that counted as dead since', async () => {
    await begin()
    const { gate, paused } = pausedAfterRotation()
    const late = paused.accessToken(linkId)
    await gate.reached
    await passLease()
    await expect(vault().accessToken(linkId)).rejects.toThrow(GrantDeadError)
    expect(state.outcomes).toEqual(['dead_after_unfinished'])
    expect((await stored()).refreshStartedAt).toBeInstanceOf(Date)
    bench.passTime(1_000)
    gate.open()
    await late
    expect(await bench.grants().deadGrants(10)).toEqual([])
    const { status, tokenVersion, diedAt, revivedAt, turnedAt } = await stored()
    expect({ status, tokenVersion }).toEqual({ status: 'active', tokenVersion: 2 })
    expect(revivedAt?.getTime()).toBe(diedAt!.getTime() + 1_000)
    expect(turnedAt).toEqual(revivedAt)
    expect((await vault().accessToken(linkId)).reveal()).toBe('access-2')
  })

  test('a new grant during a refresh wins over its result', async () => {
    await begin()
    const gate = createGate()
    const slow = vault({
      refreshTokens: async () => {
        await gate.pass()
        return pairOf('old', inHours(6))
      },
    })
    const waiting = slow.accessToken(linkId)
    await gate.reached
    await begin('active', pairOf('new', inHours(6)))
    gate.open()
    expect((await waiting).reveal()).toBe('access-new')
    expect(state.outcomes).toEqual(['superseded'])
  })

  test('unless that grant was given the very refresh token which the refresh replaced', async () => {
    await begin()
    const { gate, paused } = pausedAfterRotation()
    const same = state.provider.current
    const waiting = paused.accessToken(linkId)
    await gate.reached
    await begin('active', { ...same, accessExpiresAt: inHours(6) })
    gate.open()
    expect((await waiting).reveal()).toBe('access-2')
    bench.passTime(6 * 3_600_000)
    expect((await vault().accessToken(linkId)).reveal()).toBe('access-3')
    expect(state.provider.refused).toEqual([])
  })

  test('of two answers to the same token the one that replaced it stays, also when it comes last', async () => {
    await begin()
    const { gate, paused } = pausedAfterRotation()
    const spent = state.provider.current.refreshToken
    const late = paused.accessToken(linkId)
    await gate.reached
    await passLease()
    const kept = vault({
      refreshTokens: async () => ({ ...pairOf('kept', inHours(6)), refreshToken: spent }),
    })
    expect((await kept.accessToken(linkId)).reveal()).toBe('access-kept')
    gate.open()
    expect((await late).reveal()).toBe('access-2')
    expect(await stored()).toMatchObject({ tokenVersion: 3 })
    bench.passTime(6 * 3_600_000)
    expect((await vault().accessToken(linkId)).reveal()).toBe('access-3')
  })
})

describe('a refusal while an earlier refresh is unaccounted for', () => {
  test('is held back until two leases after that refresh began, and calls nobody again until then', async () => {
    await begin()
    const began = new Date()
    await passLease(began)
    const refused = vault({ refreshTokens: () => Promise.reject(new ProviderError({ kind: 'dead' })) })
    const asked = refused.accessToken(linkId)
    asked.catch(() => {})
    const heldBackUntil = new Date(began.getTime() + 2 * calm.leaseMs)
    await vi.waitFor(async () => expect((await stored()).leaseUntil).toEqual(heldBackUntil))
    expect((await stored()).status).toBe('active')
    await drainNow(refused)
    await expect(asked).rejects.toThrow(RefreshUnavailableError)
    expect(state.outcomes).toEqual([])
  })

  test('is the last word after that', async () => {
    await begin()
    await passLease(new Date(Date.now() - 2 * calm.leaseMs))
    const refused = vault({ refreshTokens: () => Promise.reject(new ProviderError({ kind: 'dead' })) })
    await expect(refused.accessToken(linkId)).rejects.toThrow(GrantDeadError)
    expect(state.outcomes).toEqual(['dead_after_unfinished'])
  })

  test('is told as a passing failure to callers who do not wait so long, and by a process that stops', async () => {
    await begin()
    await credentials.updateOne({ _id: linkId }, { $set: { refreshStartedAt: new Date() } })
    const hasty = vault({
      timings: { ...calm, callerWaitMs: 50 },
      refreshTokens: () => Promise.reject(new ProviderError({ kind: 'dead' })),
    })
    await expect(hasty.accessToken(linkId)).rejects.toThrow(RefreshUnavailableError)
    await hasty.drain(AbortSignal.timeout(10_000))
    const { status, leaseUntil, refreshStartedAt } = await stored()
    expect(status).toBe('active')
    expect(leaseUntil!.getTime()).toBeGreaterThan(refreshStartedAt!.getTime() + calm.leaseMs)
  })
})

describe('a store that is away when the provider has rotated', () => {
  test('is waited for, however often it fails', async () => {
    await begin()
    let failures = 12
    const failed: number[] = []
    const away = withOperation(collections, 'credentials', 'updateOne', async (update) => {
      failures -= 1
      if (failures >= 0) throw new Error('no primary')
      return await update()
    })
    const patient = vault({ collections: away, onStoreFailed: (_linkId, _error, attempt) => failed.push(attempt) })
    expect((await patient.accessToken(linkId)).reveal()).toBe('access-2')
    expect(failed).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect(await stored()).toMatchObject({ tokenVersion: 2, refreshStartedAt: null })
  })

  test('holds up a stop until it is back, or the time of the stop is over', async () => {
    await begin()
    const gate = createGate()
    const away = withOperation(collections, 'credentials', 'updateOne', async (update) => {
      await gate.pass()
      return await update()
    })
    const stopping = vault({ collections: away, timings: { ...calm, callerWaitMs: 20 } })
    await expect(stopping.accessToken(linkId)).rejects.toThrow(RefreshUnavailableError)
    await stopping.drain(AbortSignal.timeout(50))
    expect(state.outcomes).toEqual(['not_stored'])
    gate.open()
    await stopping.drain(AbortSignal.timeout(10_000))
    expect(state.outcomes).toEqual(['not_stored', 'refreshed'])
    expect((await vault().accessToken(linkId)).reveal()).toBe('access-2')
  })

  test('a pair that was stored although the database reported a failure counts as stored', async () => {
    await begin()
    let failures = 1
    const flaky = withOperation(collections, 'credentials', 'updateOne', async (update) => {
      const result = await update()
      failures -= 1
      if (failures >= 0) throw new Error('connection lost')
      return result
    })
    expect((await vault({ collections: flaky }).accessToken(linkId)).reveal()).toBe('access-2')
    expect(state.outcomes).toEqual(['refreshed'])
    expect(state.provider.calls).toHaveLength(1)
  })
})

describe('a worker that died', () => {
  test('before its call costs nothing: the next one refreshes when the lease has ended', async () => {
    await begin()
    const { fence } = await stored()
    const lease = {
      leaseOwner: 'gone',
      leaseUntil: new Date(Date.now() + 300),
      refreshStartedAt: new Date(),
      fence: fence + 1,
    }
    await credentials.updateOne({ _id: linkId }, { $set: lease })
    expect((await vault().accessToken(linkId)).reveal()).toBe('access-2')
    expect((await stored()).fence).toBe(fence + 2)
  })

  test('for too long fails those who wait for it, for now', async () => {
    await begin()
    const lease = { leaseOwner: 'other', leaseUntil: new Date(Date.now() + 60_000) }
    await credentials.updateOne({ _id: linkId }, { $set: lease })
    const impatient = vault({ timings: { ...calm, waitMs: 100 } })
    await expect(impatient.accessToken(linkId)).rejects.toThrow(RefreshUnavailableError)
    expect(state.provider.calls).toEqual([])
  })
})

describe('a pair that comes when its grant has ended', () => {
  test.each([
    ['the account still owes its revocation', false],
    ['the row of the account has ended', true],
  ])('is owed to be revoked where nobody holds the account: %s', async (_when, isRowGone) => {
    await begin()
    const { gate, paused } = pausedAfterRotation()
    const late = paused.accessToken(linkId)
    await gate.reached
    expect(await grants().end(owner)).toMatchObject({ kind: 'owed', hadTokens: true })
    if (isRowGone) {
      await settleAll()
      await collections.accounts.deleteMany({ linkId })
      state.provider.revoked.length = 0
      state.settled.length = 0
    }
    gate.open()
    await expect(late).rejects.toThrow(CredentialMissingError)
    expect(state.outcomes).toEqual(['late'])
    await settleAll()
    expect(state.settled).toEqual([{ linkIds: [linkId], result: 'revoked' }])
    expect(state.provider.revoked).toEqual(['refresh-2'])
    expect(await account()).toMatchObject({ isHeld: false, owed: null, endsAt: expect.any(Date) })
  })

  test('is dropped where a link holds the account again', async () => {
    await begin()
    const { gate, paused } = pausedAfterRotation()
    const late = paused.accessToken(linkId)
    await gate.reached
    await grants().end(owner)
    await beginOther()
    await settleAll()
    const before = [await stored(other.linkId), await account()]
    gate.open()
    await expect(late).rejects.toThrow(CredentialMissingError)
    expect([await stored(other.linkId), await account()]).toEqual(before)
    expect(state.provider.revoked).toEqual([])
    expect(state.outcomes).toEqual(['superseded'])
  })
})
