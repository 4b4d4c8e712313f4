import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { athleteId, createBench, linkId, other, owner, stravaAthleteId } from './support/bench.ts'

/** One row per Strava account: which link holds it and its tokens. */

const bench = await createBench()
const { state, collections, grants, begin, beginOther, settleAll, stored, account, passTime } = bench
const { credentials, accounts } = collections

beforeEach(bench.reset)
afterAll(bench.close)

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
