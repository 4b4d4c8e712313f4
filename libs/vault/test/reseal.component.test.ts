import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { createKeyWatch, GrantDeadError, parseTokenKeys, SealBrokenError } from '../src/index.ts'
import {
  athleteId,
  createBench,
  keyEntry,
  linkId,
  other,
  owner,
  stravaAthleteId,
  withOperation,
} from './support/bench.ts'
import { createGate, pairOf } from './support/provider.ts'

/** What becomes of what is sealed when `TOKEN_KEYS` changes. */

const bench = await createBench()
const { state, collections, firstKey: k1, vault, grants, begin, beginOther, settleAll, onSettled, stored } = bench
const { credentials, accounts } = collections
const k2 = keyEntry('k2')
const rotating = parseTokenKeys(`${k2},${k1}`)
const rotated = parseTokenKeys(k2)

beforeEach(async () => {
  await bench.reset()
  await accounts.deleteMany({})
})
afterAll(bench.close)

const inAnHour = () => new Date(state.now.getTime() + 3_600_000)

/** A key watch, and all that it has said. */
const createWatch = () => {
  const said: string[] = []
  const keyWatch = createKeyWatch({
    onUnusable: (kid, error) => said.push(`${kid}: ${error.message}`),
    onUnused: (kid) => said.push(`${kid} is not used`),
  })
  return { said, keyWatch }
}

describe('after a key rotation', () => {
  test('tokens in any state, owed revocations and the key of the account ids move, and the old key can go', async () => {
    const { accountId } = await begin()
    await beginOther()
    await grants().end(other)
    for (const status of ['pending', 'active', 'active'] as const) {
      const holder = { linkId: `link_${status}_${await credentials.countDocuments()}`, athleteId: 'athlete_3' }
      const tokens = pairOf(holder.linkId, inAnHour())
      await grants().begin({ stravaAthleteId: holder.linkId, ...holder, status, tokens })
    }
    await credentials.updateOne({ _id: 'link_active_3' }, { $set: { status: 'dead' } })
    const resealing = vault({ keyring: rotating })
    // Three credentials and the first one, one owed revocation, the key of the ids.
    expect(await resealing.countByKey()).toEqual({ k1: 6 })
    expect(await resealing.reseal()).toEqual([{ fromKid: 'k1', count: 5 }])
    expect(await resealing.countByKey()).toEqual({ k2: 6 })
    expect(await resealing.reseal()).toEqual([])

    const token = async (id: string) => (await vault({ keyring: rotated }).accessToken(id)).reveal()
    expect(await token('link_active_2')).toBe('access-link_active_2')
    expect(await grants({ keyring: rotated }).activate('link_pending_1')).toBe(true)
    expect(await token('link_pending_1')).toBe('access-link_pending_1')
    await expect(token('link_active_3')).rejects.toThrow(GrantDeadError)
    const [owing] = await grants({ keyring: rotated }).owedDue(1)
    await grants({ keyring: rotated }).settleOwed(owing!, { revoke: state.provider.revoke, onSettled })
    expect(state.provider.revoked).toEqual(['refresh-of-other'])
    const again = { stravaAthleteId, ...owner, status: 'active' as const, tokens: state.provider.current }
    expect(await grants({ keyring: rotated }).begin(again)).toMatchObject({ accountId })
  })

  test('it is known since when each key in use seals something', async () => {
    await begin()
    const begun = state.now
    await vault({ keyring: rotating }).reseal()
    await vault({ keyring: rotating }).reseal()
    const keysSeen = async () => (await vault().keysSeen()).map(({ kid, since }) => ({ kid, since }))
    expect(await keysSeen()).toEqual([{ kid: 'k2', since: begun }])
    state.now = inAnHour()
    await vault({ keyring: rotating }).reseal()
    expect(await keysSeen()).toEqual([{ kid: 'k2', since: begun }])
  })

  test('what a credential says beside its tokens is left as it is', async () => {
    await begin()
    const { accessToken: _, refreshToken: __, ...before } = await stored()
    await vault({ keyring: rotating }).reseal()
    const { accessToken, refreshToken, ...after } = await stored()
    expect(after).toEqual(before)
    expect([accessToken.kid, refreshToken.kid]).toEqual(['k2', 'k2'])
  })

  test('new tokens are sealed under the first key, and old ones open', async () => {
    await begin()
    expect((await vault({ keyring: rotating }).accessToken(linkId)).reveal()).toBe('access-2')
    expect((await stored()).refreshToken.kid).toBe('k2')
  })

  test('a refresh under way is not fenced off', async () => {
    await begin()
    const gate = createGate()
    const refreshing = vault({
      refreshTokens: async (token) => {
        const pair = await state.provider.refresh(token)
        await gate.pass()
        return pair
      },
    }).accessToken(linkId)
    await gate.reached
    expect(await vault({ keyring: rotating }).reseal()).toEqual([{ fromKid: 'k1', count: 1 }])
    gate.open()
    expect((await refreshing).reveal()).toBe('access-2')
    expect(state.outcomes).toEqual(['refreshed'])
    expect(await stored()).toMatchObject({
      tokenVersion: 2,
      status: 'active',
      leaseUntil: null,
      refreshStartedAt: null,
    })
  })

  test('a refresh that lands in between wins', async () => {
    await begin()
    const meanwhile = withOperation(collections, 'credentials', 'bulkWrite', async (run) => {
      await vault().accessToken(linkId)
      return await run()
    })
    expect(await vault({ keyring: rotating, collections: meanwhile }).reseal()).toEqual([])
    expect((await vault().accessToken(linkId)).reveal()).toBe('access-2')
    expect(await vault({ keyring: rotating }).reseal()).toEqual([{ fromKid: 'k1', count: 1 }])
    expect((await vault({ keyring: rotated }).accessToken(linkId)).reveal()).toBe('access-2')
  })

  test('a pair that was stored without an answer, and sealed anew before the next try, counts as stored', async () => {
    await begin()
    let isFirst = true
    const unanswered = withOperation(collections, 'credentials', 'updateOne', async (run) => {
      const result = await run()
      if (!isFirst) return result
      isFirst = false
      await vault({ keyring: rotating }).reseal()
      throw new Error('the connection was lost')
    })
    const refreshing = vault({ collections: unanswered, keyring: parseTokenKeys(`${k1},${k2}`) })
    expect((await refreshing.accessToken(linkId)).reveal()).toBe('access-2')
    expect(state.outcomes).toEqual(['refreshed'])
  })

  test('a revocation whose call is under way is settled', async () => {
    await begin()
    await grants().end(owner)
    await settleAll(async (token) => {
      expect(await vault({ keyring: rotating }).reseal()).toEqual([{ fromKid: 'k1', count: 1 }])
      await state.provider.revoke(token)
    })
    expect(state.settled).toMatchObject([{ linkIds: [linkId], result: 'revoked' }])
    expect(await bench.account()).toMatchObject({ owed: null })
  })

  test('several processes at it, each with its own first key, lose nothing', async () => {
    await begin()
    await beginOther()
    const resealing = [rotating, rotating, parseTokenKeys(`${k1},${k2}`)].map((keyring) => vault({ keyring }))
    for (let turn = 1; turn <= 10; turn++) await Promise.all(resealing.map((one) => one.reseal()))
    await resealing[0]!.reseal()
    const last = vault({ keyring: rotated })
    expect(await last.countByKey()).toEqual({ k2: 3 })
    expect((await last.accessToken(linkId)).reveal()).toBe('access-2')
    expect((await last.accessToken(other.linkId)).reveal()).toBe('access-of-other')
  })

  test('a turn is bounded, and what is damaged keeps nothing from its turn', async () => {
    await begin()
    const row = await stored()
    const damaged = Array.from({ length: 250 }, (_, index) => ({ ...row, _id: `damaged_${index}` }))
    await credentials.insertMany(damaged)
    const { said, keyWatch } = createWatch()
    const resealing = vault({ keyring: rotating, keyWatch })
    expect(await resealing.reseal()).toEqual([])
    expect(await resealing.reseal()).toEqual([{ fromKid: 'k1', count: 1 }])
    expect(await resealing.reseal()).toEqual([])
    expect(await resealing.countByKey()).toEqual({ k1: 250, k2: 2 })
    expect(said).toEqual(['k1: a accessToken sealed under key k1 does not open'])
  })
})

describe('a key that is missing or another', () => {
  const another = keyEntry('k1')

  test.each([
    ['missing', k2, 'key k1 is not in the keyring'],
    ['another, as the first', another, 'a refreshToken sealed under key k1 does not open'],
    ['another, behind the first', `${k2},${another}`, 'a refreshToken sealed under key k1 does not open'],
  ])(
    '%s: no token, no call, no grant is lost, said once; all is well when it is back',
    async (_what, keys, problem) => {
      await begin()
      await beginOther()
      const { said, keyWatch } = createWatch()
      const locked = vault({ keyring: parseTokenKeys(keys), keyWatch })
      for (let time = 1; time <= 2; time++) {
        await expect(locked.accessToken(linkId)).rejects.toThrow(SealBrokenError)
        await expect(locked.accessToken(other.linkId)).rejects.toThrow(SealBrokenError)
        await locked.reseal()
      }
      expect(said).toEqual([`k1: ${problem}`])
      expect(state.provider.calls).toEqual([])
      expect(await stored()).toMatchObject({
        status: 'active',
        tokenVersion: 1,
        leaseUntil: null,
        refreshStartedAt: null,
      })
      expect((await vault().accessToken(linkId)).reveal()).toBe('access-2')
    },
  )

  test('is noticed before anybody needs a token, and said to be done with when nothing is sealed under it', async () => {
    await begin()
    // Whose own key is met at each turn.
    await accounts.deleteOne({ _id: 'id_key' })
    const { said, keyWatch } = createWatch()
    const locked = vault({ keyring: rotated, keyWatch })
    await locked.reseal()
    await locked.reseal()
    expect(said).toEqual(['k1: key k1 is not in the keyring'])
    await vault({ keyring: rotating }).reseal()
    await locked.reseal()
    expect(said).toEqual(['k1: key k1 is not in the keyring', 'k1 is not used'])
    expect((await locked.accessToken(linkId)).reveal()).toBe('access-2')
  })

  test('no grant is taken up while that of the account ids does not open, and one is when it does', async () => {
    await begin()
    const { said, keyWatch } = createWatch()
    const locked = grants({ keyring: rotated, keyWatch })
    await expect(locked.assertUsable()).rejects.toThrow(SealBrokenError)
    await vault({ keyring: rotating }).reseal()
    await locked.assertUsable()
    const again = { stravaAthleteId, linkId, athleteId, status: 'active' as const, tokens: state.provider.current }
    expect(await locked.begin(again)).toMatchObject({ isRevocationUnderWay: false })
    expect(said).toEqual(['k1: key k1 is not in the keyring'])
  })
})
