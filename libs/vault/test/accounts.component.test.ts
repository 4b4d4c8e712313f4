import type { Secret } from '@slipstream/runtime'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createGrantVault, parseTokenKeys, type SettledRevocation } from '../src/index.ts'
import { athleteId, calm, createBench, keyEntry, linkId, stravaAthleteId } from './support/bench.ts'
import { createGate, pairOf } from './support/provider.ts'

/** One row per Strava account: who holds its grant, what is owed to be revoked, what takes a place. */

const bench = await createBench()
const { state, collections, grants, begin, stored, account, passTime } = bench
const { credentials, accounts } = collections
const owner = { linkId, athleteId }
const other = { linkId: 'link_2', athleteId: 'athlete_2' }

let settled: SettledRevocation[]
const onSettled = async (one: SettledRevocation) => void settled.push(one)
const settleAll = async (revoke: (token: Secret) => Promise<void> = state.provider.revoke) => {
  for (const accountId of await grants().owedDue(10)) await grants().settleOwed(accountId, { revoke, onSettled })
}
const beginOther = () =>
  grants().begin({
    stravaAthleteId,
    ...other,
    status: 'active',
    tokens: pairOf('of-other', new Date(state.now.getTime() + 3_600_000)),
  })

beforeEach(async () => {
  await bench.reset()
  settled = []
})
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
    expect(settled).toEqual([{ linkIds: [linkId], result: 'revoked' }])
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
    expect(settled).toHaveLength(1)
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
    expect(settled).toMatchObject([{ result: 'revoked' }])
  })

  test.each(['active', 'dead'] as const)(
    'where nothing living is left to revoke with (%s), that is said, and the place counts as taken',
    async (status) => {
      await begin()
      await credentials.updateOne({ _id: linkId }, { $set: { status, refreshStartedAt: new Date() } })
      passTime(9 * 60_000)
      await grants().end(owner)
      await settleAll()
      expect(settled).toEqual([{ linkIds: [linkId], result: 'unknown' }])
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

  test('tokens under a key that is gone are given up, and told about', async () => {
    await begin()
    await grants().end(owner)
    const told: unknown[] = []
    const retired = createGrantVault({
      collections,
      keyring: parseTokenKeys(keyEntry('k2')),
      clock: bench.clock,
      timings: calm,
      onUnreadable: (id, error) => told.push([id, error.message]),
    })
    const [accountId] = await retired.owedDue(1)
    await retired.settleOwed(accountId!, { revoke: state.provider.revoke, onSettled })
    expect(told).toEqual([[linkId, 'key k1 is not in the keyring']])
    expect(settled).toMatchObject([{ result: 'unknown' }])
    expect(state.provider.revoked).toEqual([])
  })

  test('a revocation that fails is put off, and told to whoever asked for it', async () => {
    await begin()
    await grants().end(owner)
    await expect(settleAll(() => Promise.reject(new Error('503')))).rejects.toThrow('503')
    expect(settled).toEqual([])
    expect(await grants().owedDue(10)).toEqual([])
    const owed = (await account())?.owed
    expect(owed).toMatchObject({ attempts: 1, callUntil: null })
    expect(owed!.nextTryAt.getTime()).toBeGreaterThan(Date.now() + 10_000)
    const [accountId] = await grants().owedOfAthlete(athleteId)
    await grants().settleOwed(accountId!, { revoke: state.provider.revoke, onSettled })
    expect(settled).toEqual([])
    await grants().settleOwed(accountId!, { revoke: state.provider.revoke, onSettled, isUrgent: true })
    expect(settled).toMatchObject([{ result: 'revoked' }])
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
      expect(settled).toMatchObject([{ result: 'revoked' }])
    })
  })

  test('a process that stood still between its claim and its call makes none', async () => {
    await begin()
    await grants().end(owner)
    const slow = createGrantVault({
      collections: {
        ...collections,
        accounts: new Proxy(accounts, {
          get: (target, property) => {
            const operation = Reflect.get(target, property)
            if (property !== 'updateOne') return operation
            return async (...parameters: unknown[]) => {
              const result = await Reflect.apply(operation, target, parameters)
              await new Promise((resolve) => setTimeout(resolve, 60))
              return result
            }
          },
        }),
      },
      keyring: bench.keyring,
      clock: bench.clock,
      timings: { ...calm, revokeLeaseMs: 100 },
    })
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
    expect(settled).toEqual([{ linkIds: [linkId], result: 'cancelled' }])
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
    expect(settled).toEqual([])
    return accountId
  }

  test('waits for one whose call has left, and cancels it when the new grant is proven', async () => {
    const accountId = await beginDuringCall()
    await grants().settleOwed(accountId, { revoke: state.provider.revoke, onSettled })
    expect(settled).toEqual([{ linkIds: [linkId], result: 'cancelled' }])
    expect(state.provider.revoked).toEqual([])
    expect(await account()).toMatchObject({ isHeld: true, ...other, owed: null, endsAt: null })
  })

  test('that was revoked by the call which had left owes what is left of both', async () => {
    await beginDuringCall()
    await grants().end(other)
    await settleAll()
    expect(settled).toEqual([{ linkIds: [linkId, other.linkId], result: 'revoked' }])
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
    expect(settled).toEqual([{ linkIds: [linkId], result: 'cancelled' }])
    expect((await account())?.owed).toBeNull()
  })

  test('that ends in its turn owes one revocation, told to both', async () => {
    await begin()
    await grants().end(owner)
    await beginOther()
    await grants().end(other)
    await settleAll()
    expect(state.provider.revoked).toEqual(['refresh-of-other'])
    expect(settled).toEqual([{ linkIds: [linkId, other.linkId], result: 'revoked' }])
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

describe('handing tokens over to the link that holds the account', () => {
  test('replaces those of an earlier consent', async () => {
    await begin()
    await beginOther()
    await grants().handOver(other.linkId, { ...owner, areTokensWanted: true })
    expect(await stored()).toMatchObject({ tokenVersion: 2, status: 'active' })
    expect(await credentials.exists({ _id: other.linkId })).toBeNull()
    expect(await account()).toMatchObject({ isHeld: true, ...owner })
  })

  test('drops them where they are not wanted, and leaves the account all the same', async () => {
    await begin()
    await beginOther()
    const before = await stored()
    expect(await grants().handOver(other.linkId, { ...owner, areTokensWanted: false })).toBe(true)
    expect(await grants().handOver(other.linkId, { ...owner, areTokensWanted: false })).toBe(false)
    expect(await stored()).toEqual(before)
    expect(await account()).toMatchObject({ isHeld: true, ...owner, owed: null })
  })

  test('leaves those of a later consent alone', async () => {
    await beginOther()
    await begin()
    const before = await stored()
    await grants().handOver(other.linkId, { ...owner, areTokensWanted: true })
    expect(await stored()).toEqual(before)
    expect(await credentials.exists({ _id: other.linkId })).toBeNull()
  })

  test('brings a dead grant back, and says so until it is heard', async () => {
    await begin()
    await credentials.updateOne({ _id: linkId }, { $set: { status: 'dead', diedAt: state.now, turnedAt: state.now } })
    passTime(1_000)
    await beginOther()
    await grants().handOver(other.linkId, { ...owner, areTokensWanted: true })
    expect(await stored()).toMatchObject({ status: 'active', revivedAt: state.now })
    const [turn] = await grants().turns(null, 10)
    expect(turn).toEqual({ linkId, status: 'active', turnedAt: state.now })
    await grants().heard({ ...turn!, turnedAt: new Date(0) })
    expect(await grants().turns(null, 10)).toHaveLength(1)
    await grants().heard(turn!)
    expect(await grants().turns(null, 10)).toEqual([])
  })
})

describe('rows written by 0.1', () => {
  /** As `seal` of 0.1 left them, and a refresh of it that found the token dead. */
  const downgrade = async (status: 'active' | 'dead' = 'active') => {
    await begin()
    await credentials.collection.updateOne(
      { _id: linkId as never },
      {
        $set: { status },
        $unset: { accountId: 1, epoch: 1, refusal: 1, diedAt: 1, revivedAt: 1, turnedAt: 1 },
      },
    )
    await accounts.deleteMany({ linkId })
  }

  test('are refreshed as they are', async () => {
    await downgrade()
    expect((await bench.vault().accessToken(linkId)).reveal()).toBe('access-2')
    expect(await stored()).toMatchObject({ tokenVersion: 2, status: 'active' })
  })

  test('are found and get their account, once', async () => {
    await downgrade()
    expect(await grants().withoutAccount(null, 10)).toEqual([linkId])
    await grants().adopt({ stravaAthleteId, ...owner })
    expect(await grants().withoutAccount(null, 10)).toEqual([])
    expect(await account()).toMatchObject({ isHeld: true, ...owner })
    await grants().end(owner)
    await settleAll()
    expect(state.provider.revoked).toEqual(['refresh-1'])
  })

  test('that were dead without anybody noting it turn then', async () => {
    await downgrade('dead')
    await grants().adopt({ stravaAthleteId, ...owner })
    expect(await grants().turns(null, 10)).toEqual([{ linkId, status: 'dead', turnedAt: state.now }])
  })

  test('take over the account from a link that 0.1 has ended without telling it', async () => {
    await beginOther()
    await credentials.deleteMany({})
    await begin()
    await credentials.collection.updateOne({ _id: linkId as never }, { $unset: { accountId: 1, epoch: 1 } })
    await accounts.updateMany({ isHeld: true }, { $set: other })
    await grants().adopt({ stravaAthleteId, ...owner })
    expect(await account()).toMatchObject({ isHeld: true, ...owner })
    expect(await grants().end(owner)).toMatchObject({ kind: 'owed' })
  })

  test('ended before their account is known are deleted, and nothing is known of their grant', async () => {
    await downgrade()
    expect(await grants().end(owner)).toEqual({ kind: 'unknown', hadTokens: true })
    expect(await credentials.countDocuments()).toBe(0)
  })
})

test('what is looked for again and again is found over an index', async () => {
  await begin()
  await grants().end(owner)
  const looks = [
    accounts.find({ 'owed.nextTryAt': { $gt: new Date(0) } }).sort({ 'owed.nextTryAt': 1 }),
    accounts.find({ athleteId, isHeld: false, owed: { $ne: null } }),
    accounts.find({ linkId }),
    accounts.find({ isHeld: false, endsAt: null, athleteId: { $ne: athleteId } }),
    credentials.find({ turnedAt: { $gt: new Date(0) } }).sort({ turnedAt: 1 }),
    credentials.find({ accountId: null, status: { $ne: 'pending' } }),
  ]
  for (const look of looks) {
    const plan = JSON.stringify(await look.explain('queryPlanner'))
    expect(plan).toContain('IXSCAN')
    expect(plan).not.toContain('COLLSCAN')
    expect(plan).not.toContain('"stage":"SORT"')
  }
})
