import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { parseTokenKeys, SealBrokenError } from '../src/index.ts'
import { athleteId, calm, createBench, keyEntry, linkId, other, owner, withOperation } from './support/bench.ts'
import { createGate } from './support/provider.ts'

/** What an account owes to be revoked, until it is revoked, cancelled or given up. */

const bench = await createBench()
const { state, collections, grants, begin, beginOther, onSettled, settleAll, account, passTime } = bench
const { credentials, accounts } = collections

beforeEach(bench.reset)
afterAll(bench.close)

describe('ending a grant', () => {
  test('leaves no tokens with the link, and is revoked once', async () => {
    await begin()
    expect(await grants().end(owner)).toEqual({ kind: 'owed', accountId: expect.any(String), hadTokens: true })
    expect(await credentials.countDocuments()).toBe(0)
    expect(await grants().countUnheld('someone')).toBe(1)
    expect(await grants().countUnheld(athleteId)).toBe(0)
    await Promise.all([settleAll(), settleAll()])
    expect(state.provider.revoked).toEqual(['refresh-1'])
    expect(state.settled).toEqual([{ linkIds: [linkId], result: 'revoked' }])
    expect(await account()).toMatchObject({ isHeld: false, owed: null, endsAt: expect.any(Date) })
    expect(await grants().countUnheld('someone')).toBe(0)
  })

  test('may be repeated at every step', async () => {
    await begin()
    await grants().end(owner)
    expect(await grants().end(owner)).toMatchObject({ kind: 'owed', hadTokens: true })
    await settleAll()
    expect(await grants().end(owner)).toEqual({ kind: 'dead', hadTokens: true })
    await accounts.deleteMany({ linkId })
    expect(await grants().end(owner)).toEqual({ kind: 'unknown', hadTokens: false })
    expect(state.settled).toHaveLength(1)
  })

  test('a pending grant is revoked, too', async () => {
    await begin('pending')
    await grants().end(owner)
    await settleAll()
    expect(state.provider.revoked).toEqual(['refresh-1'])
  })

  test('a dead grant leaves nothing to do', async () => {
    await begin()
    await credentials.updateOne({ _id: linkId }, { $set: { status: 'dead' } })
    expect(await grants().end(owner)).toEqual({ kind: 'dead', hadTokens: true })
    expect(await grants().countUnheld('someone')).toBe(0)
    await settleAll()
    expect(state.provider.revoked).toEqual([])
  })

  test('with a refresh unaccounted for the access token is revoked as well: the refresh token may be spent', async () => {
    await begin()
    await credentials.updateOne({ _id: linkId }, { $set: { refreshStartedAt: new Date() } })
    await grants().end(owner)
    await settleAll()
    expect(state.provider.revoked).toEqual(['refresh-1', 'access-1'])
    expect(state.settled).toMatchObject([{ result: 'revoked' }])
  })

  test.each(['active', 'dead'] as const)(
    'where nothing living is left to revoke with (%s), that is said, and the place counts as taken',
    async (status) => {
      await begin()
      await credentials.updateOne({ _id: linkId }, { $set: { status, refreshStartedAt: new Date() } })
      passTime(9 * 60_000)
      await grants().end(owner)
      await settleAll()
      expect(state.settled).toEqual([{ linkIds: [linkId], result: 'unknown' }])
      expect(await account()).toMatchObject({ isHeld: false, owed: null, endsAt: null })
      expect(await grants().countUnheld('someone')).toBe(1)
    },
  )

  test('a grant that died of an unexplained refusal is revoked, as its token may live', async () => {
    await begin()
    await credentials.updateOne(
      { _id: linkId },
      { $set: { status: 'dead', refusal: { reason: 'x', since: new Date() } } },
    )
    expect(await grants().end(owner)).toMatchObject({ kind: 'owed' })
  })

  test('a link whose tokens never came to be stored leaves a grant of which nothing is known', async () => {
    await begin()
    await credentials.deleteMany({})
    expect(await grants().end(owner)).toEqual({ kind: 'unknown', hadTokens: false })
    expect(await account()).toMatchObject({ isHeld: false, owed: null, endsAt: null })
  })

  test('tokens under a key that is gone wait a day for it, then they are given up, and told about', async () => {
    await begin()
    await grants().end(owner)
    const told: unknown[] = []
    const retired = grants({
      keyring: parseTokenKeys(keyEntry('k2')),
      onUnreadable: (id, error) => told.push([id, error.message]),
    })
    const [accountId] = await retired.owedDue(1)
    const settle = (vault: typeof retired) =>
      vault.settleOwed(accountId!, { revoke: state.provider.revoke, onSettled, isUrgent: true })
    await expect(settle(retired)).rejects.toThrow('key k1 is not in the keyring')
    expect([told, state.settled]).toEqual([[], []])
    expect((await account())?.owed).toMatchObject({ attempts: 1, callUntil: null })
    passTime(25 * 3_600_000)
    await settle(retired)
    expect(told).toEqual([[linkId, 'key k1 is not in the keyring']])
    expect(state.settled).toMatchObject([{ result: 'unknown' }])
    expect(state.provider.revoked).toEqual([])
  })

  test('a revocation is made once the key is back', async () => {
    await begin()
    await grants().end(owner)
    const [accountId] = await grants().owedDue(1)
    const settling = { revoke: state.provider.revoke, onSettled, isUrgent: true }
    const keyless = grants({ keyring: parseTokenKeys(keyEntry('k2')) })
    await expect(keyless.settleOwed(accountId!, settling)).rejects.toThrow(SealBrokenError)
    await grants().settleOwed(accountId!, settling)
    expect(state.settled).toMatchObject([{ result: 'revoked' }])
  })

  test('a revocation that fails is put off, and told to whoever asked for it', async () => {
    await begin()
    await grants().end(owner)
    await expect(settleAll(() => Promise.reject(new Error('503')))).rejects.toThrow('503')
    expect(state.settled).toEqual([])
    expect(await grants().owedDue(10)).toEqual([])
    const owed = (await account())?.owed
    expect(owed).toMatchObject({ attempts: 1, callUntil: null })
    expect(owed!.nextTryAt.getTime()).toBeGreaterThan(Date.now() + 10_000)
    const [accountId] = await grants().owedOfAthlete(athleteId)
    await grants().settleOwed(accountId!, { revoke: state.provider.revoke, onSettled })
    expect(state.settled).toEqual([])
    await grants().settleOwed(accountId!, { revoke: state.provider.revoke, onSettled, isUrgent: true })
    expect(state.settled).toMatchObject([{ result: 'revoked' }])
  })

  test('a process that dies before it has told is followed by another that revokes and tells', async () => {
    await begin()
    await grants().end(owner)
    const short = { timings: { ...calm, revokeLeaseMs: 100 } }
    const [accountId] = await grants().owedDue(1)
    const dying = grants(short).settleOwed(accountId!, {
      revoke: state.provider.revoke,
      onSettled: () => Promise.reject(new Error('died')),
    })
    await expect(dying).rejects.toThrow('died')
    await vi.waitFor(async () => {
      await grants().settleOwed(accountId!, { revoke: state.provider.revoke, onSettled })
      expect(state.settled).toMatchObject([{ result: 'revoked' }])
    })
  })

  test('a process that stood still between its claim and its call makes none', async () => {
    await begin()
    await grants().end(owner)
    const leaseMs = 100
    const standingStill = withOperation(collections, 'accounts', 'updateOne', async (update) => {
      const result = await update()
      // Its call may leave within half the lease of its claim.
      await delay(leaseMs / 2 + 10)
      return result
    })
    const slow = grants({ collections: standingStill, timings: { ...calm, revokeLeaseMs: leaseMs } })
    const [accountId] = await slow.owedDue(1)
    await expect(slow.settleOwed(accountId!, { revoke: state.provider.revoke, onSettled })).rejects.toMatchObject({
      code: 'claim_outlived',
    })
    expect(state.provider.revoked).toEqual([])
  })
})

describe('a new consent of an account that owes a revocation', () => {
  test('cancels it when its call has not left', async () => {
    await begin()
    await grants().end(owner)
    expect(await beginOther()).toMatchObject({ isRevocationUnderWay: false })
    await settleAll()
    expect(state.provider.revoked).toEqual([])
    expect(state.settled).toEqual([{ linkIds: [linkId], result: 'cancelled' }])
    expect(await account()).toMatchObject({ isHeld: true, ...other, owed: null, endsAt: null })
  })

  const beginDuringCall = async () => {
    await begin()
    await grants().end(owner)
    const gate = createGate()
    const settling = settleAll(gate.pass)
    await gate.reached
    const { accountId, isRevocationUnderWay } = await beginOther()
    expect(isRevocationUnderWay).toBe(true)
    await grants().waitForRevocation(accountId, 30)
    let isOver = false
    const waiting = grants()
      .waitForRevocation(accountId, 10_000)
      .then(() => {
        isOver = true
      })
    expect(isOver).toBe(false)
    gate.open()
    await Promise.all([settling, waiting])
    expect(state.settled).toEqual([])
    return accountId
  }

  test('waits for one whose call has left, and cancels it when the new grant is proven', async () => {
    const accountId = await beginDuringCall()
    await grants().settleOwed(accountId, { revoke: state.provider.revoke, onSettled })
    expect(state.settled).toEqual([{ linkIds: [linkId], result: 'cancelled' }])
    expect(state.provider.revoked).toEqual([])
    expect(await account()).toMatchObject({ isHeld: true, ...other, owed: null, endsAt: null })
  })

  test('that was revoked by the call which had left owes what is left of both', async () => {
    await beginDuringCall()
    await grants().end(other)
    await settleAll()
    expect(state.settled).toEqual([{ linkIds: [linkId, other.linkId], result: 'revoked' }])
  })

  test('whose call fails is not repeated', async () => {
    await begin()
    await grants().end(owner)
    const gate = createGate()
    const revoke = vi.fn(async () => {
      await gate.pass()
      throw new Error('503')
    })
    const settling = settleAll(revoke)
    await gate.reached
    await beginOther()
    gate.open()
    await expect(settling).rejects.toThrow('503')
    const accountId = (await account())!._id
    await grants().settleOwed(accountId, { revoke, onSettled })
    expect(revoke).toHaveBeenCalledTimes(1)
    expect(state.settled).toEqual([{ linkIds: [linkId], result: 'cancelled' }])
    expect((await account())?.owed).toBeNull()
  })

  test('that ends in its turn owes one revocation, told to both', async () => {
    await begin()
    await grants().end(owner)
    await beginOther()
    await grants().end(other)
    await settleAll()
    expect(state.provider.revoked).toEqual(['refresh-of-other'])
    expect(state.settled).toEqual([{ linkIds: [linkId, other.linkId], result: 'revoked' }])
  })

  test('another link that ends does not touch the grant of who holds the account now', async () => {
    await begin()
    await beginOther()
    expect(await grants().end(owner)).toEqual({ kind: 'held', hadTokens: true })
    expect(await account()).toMatchObject({ isHeld: true, ...other, owed: null })
  })

  test('displaces a pending one, which can no longer be activated', async () => {
    await begin('pending')
    await beginOther()
    expect(await grants().activate(linkId)).toBe(false)
    expect(await grants().activate(other.linkId)).toBe(true)
  })
})
