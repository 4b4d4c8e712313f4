import { connectStore, prepareDatabase } from '@slipstream/persistence'
import { testDatabase } from '@slipstream/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createQuotaLedger, type QuotaLedger, type QuotaReading } from '../src/index.ts'

const database = testDatabase()
const store = await connectStore({ uri: database.uri, owner: 'ingestion' })
const { quota } = store.collections

const noon = Date.UTC(2026, 10, 20, 12, 0, 0)
const minute = 60_000
const at = (minutes: number) => new Date(noon + minutes * minute)
let now: Date

const ledgerOf = (clientId = 'app'): QuotaLedger => createQuotaLedger({ quota, clientId, clock: { now: () => now } })

const reading = (limit15m: number, used15m: number, limitDay = 10_000, usedDay = used15m): QuotaReading => ({
  overall: { limit15m: limit15m * 2, limitDay: limitDay * 2, used15m, usedDay },
  read: { limit15m, limitDay, used15m, usedDay },
})

const takeTimes = async (ledger: QuotaLedger, times: number) =>
  (await Promise.all(Array.from({ length: times }, () => ledger.take('interactive')))).filter(({ granted }) => granted)
    .length

beforeAll(() => prepareDatabase(store.connection))
beforeEach(async () => {
  await quota.deleteMany({})
  now = at(1)
})
afterAll(async () => {
  await store.close()
  await database.drop()
})

describe('one ledger', () => {
  test('starts with the limits of a new app and remembers what was taken', async () => {
    expect(await ledgerOf().take('interactive')).toEqual({ granted: true, validUntil: at(15) })
    const { buckets, inactiveSince } = await ledgerOf().read()
    expect(buckets.read15m).toEqual({ limit: 100, used: 1, windowStart: at(0) })
    expect(buckets.overallDay).toMatchObject({ limit: 2_000, used: 1 })
    expect(inactiveSince).toBeNull()
  })

  test('reading before the first call writes nothing', async () => {
    const status = await ledgerOf().read()
    expect(status.buckets.read15m).toMatchObject({ limit: 100, used: 0 })
    expect(status.opensAt('backfill')).toEqual(now)
    expect(await quota.countDocuments()).toBe(0)
  })

  test('learns limits and usage from answers, and writes only what is new', async () => {
    const ledger = ledgerOf()
    await ledger.take('interactive')
    await ledger.learn(reading(600, 40))
    const { revision } = (await quota.findOne().lean()) ?? {}
    await ledger.learn(reading(600, 39))
    await ledger.learn(null)
    expect((await quota.findOne().lean())?.revision).toBe(revision)
    expect((await ledger.read()).buckets.read15m).toMatchObject({ limit: 600, used: 40 })
  })

  test('usage told by an answer to a call of the window before does not count in the new one', async () => {
    const ledger = ledgerOf()
    await ledger.take('interactive')
    now = at(16)
    await ledger.take('interactive')
    await ledger.learn(reading(100, 99), at(14))
    expect((await ledger.read()).buckets.read15m).toMatchObject({ used: 1, windowStart: at(15) })
  })

  test('lower lanes leave their reserve to those above', async () => {
    const ledger = ledgerOf()
    await ledger.learn(reading(100, 80))
    expect(await ledger.take('scheduled')).toEqual({ granted: false, retryAt: at(15) })
    expect(await ledger.take('realtime')).toMatchObject({ granted: true })
    const status = await ledger.read()
    expect([status.opensAt('scheduled'), status.opensAt('interactive')]).toEqual([at(15), now])
  })

  test('opens again at the window boundary', async () => {
    const ledger = ledgerOf()
    await ledger.learn(reading(10, 9))
    expect(await takeTimes(ledger, 3)).toBe(1)
    now = new Date(at(15).getTime() - 1)
    expect(await ledger.take('interactive')).toEqual({ granted: false, retryAt: at(15) })
    now = at(15)
    expect(await takeTimes(ledger, 11)).toBe(10)
  })

  test('a spent day closes until midnight', async () => {
    const ledger = ledgerOf()
    await ledger.learn(reading(100, 5, 1_000, 1_000))
    expect(await ledger.take('interactive')).toEqual({ granted: false, retryAt: at(12 * 60) })
  })
})

describe('several replicas', () => {
  test('never grant more than the limit together', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 25 }),
        fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 3, maxLength: 3 }),
        async (limit, demands) => {
          await quota.deleteMany({})
          await ledgerOf().learn(reading(limit, 0))
          const granted = await Promise.all(demands.map((times) => takeTimes(ledgerOf(), times)))
          const demand = demands.reduce((sum, times) => sum + times, 0)
          expect(granted.reduce((sum, count) => sum + count, 0)).toBe(Math.min(limit, demand))
          expect((await ledgerOf().read()).buckets.read15m.used).toBe(Math.min(limit, demand))
        },
      ),
      { numRuns: 12 },
    )
  })

  test('start at once with no document yet', async () => {
    const granted = await Promise.all(Array.from({ length: 8 }, () => takeTimes(ledgerOf(), 5)))
    expect(granted).toEqual(Array(8).fill(5))
    expect((await ledgerOf().read()).buckets.read15m.used).toBe(40)
  })

  test('a 429 to one closes the window for all, until its reset', async () => {
    const [one, other] = [ledgerOf(), ledgerOf()]
    await Promise.all([one.take('interactive'), other.take('interactive')])
    expect(await one.close(null)).toEqual(at(15))
    expect(await other.take('interactive')).toEqual({ granted: false, retryAt: at(15) })
    expect((await other.read()).opensAt('realtime')).toEqual(at(15))
    now = at(15)
    expect(await other.take('interactive')).toMatchObject({ granted: true })
  })

  test('a 429 whose headers show a spent day closes until midnight', async () => {
    expect(await ledgerOf().close(reading(100, 20, 1_000, 1_000))).toEqual(at(12 * 60))
  })

  test('each app has a ledger of its own', async () => {
    await ledgerOf('one').close(null)
    expect(await ledgerOf('other').take('backfill')).toMatchObject({ granted: true })
  })
})

describe('an inactive app', () => {
  test('gets one call every 5 minutes over all replicas, until one succeeds', async () => {
    const [one, other] = [ledgerOf(), ledgerOf()]
    await one.markInactive()
    expect(await other.take('interactive')).toEqual({ granted: false, retryAt: at(6) })
    now = at(6)
    expect((await other.read()).opensAt('interactive')).toEqual(now)
    const granted = await Promise.all([one, other].map((ledger) => takeTimes(ledger, 5)))
    expect(granted[0]! + granted[1]!).toBe(1)

    now = at(7)
    await one.markInactive()
    const status = await other.read()
    expect(status.inactiveSince).toEqual(at(1))
    expect(status.opensAt('interactive')).toEqual(at(11))

    await other.learn(reading(100, 3))
    expect(await one.read()).toMatchObject({ inactiveSince: at(1) })
    await other.succeeded(reading(100, 4))
    expect(await one.read()).toMatchObject({ inactiveSince: null })
    expect(await takeTimes(one, 5)).toBe(5)
  })
})

describe('a Strava that does not answer', () => {
  test('gets one call every 30 seconds over all replicas, until it answers', async () => {
    const [one, other] = [ledgerOf(), ledgerOf()]
    for (const ledger of [one, other, one, other]) expect(await ledger.failed(null)).toBeNull()
    expect(await takeTimes(one, 1)).toBe(1)
    expect(await other.failed(null)).toEqual(at(1.5))
    expect(await one.take('interactive')).toEqual({ granted: false, retryAt: at(1.5) })
    expect(await one.read()).toMatchObject({ unavailableSince: at(1) })
    expect((await one.read()).opensAt('interactive')).toEqual(at(1.5))

    now = at(1.5)
    const granted = await Promise.all([one, other].map((ledger) => takeTimes(ledger, 5)))
    expect(granted[0]! + granted[1]!).toBe(1)
    expect(await one.failed(null)).toEqual(at(2))
    now = at(2)
    expect(await takeTimes(other, 2)).toBe(1)
    await other.succeeded(reading(100, 7))
    expect(await one.read()).toMatchObject({ unavailableSince: null, inactiveSince: null })
    expect(await takeTimes(one, 5)).toBe(5)
  })

  test.each([
    ['a refusal', (ledger: QuotaLedger) => ledger.learn(null)],
    ['a 429', (ledger: QuotaLedger) => ledger.close(null)],
    ['an inactive app', (ledger: QuotaLedger) => ledger.markInactive()],
  ])('answers again with %s', async (_case, answer) => {
    for (let failures = 0; failures < 5; failures += 1) await ledgerOf().failed(null)
    expect((await ledgerOf().read()).unavailableSince).not.toBeNull()
    await answer(ledgerOf())
    expect((await ledgerOf().read()).unavailableSince).toBeNull()
  })

  test('tells its quota even so', async () => {
    await ledgerOf().failed(reading(600, 40))
    expect((await ledgerOf().read()).buckets.read15m).toMatchObject({ limit: 600, used: 40 })
  })
})

test('a successful call writes only what is new', async () => {
  await ledgerOf().take('interactive')
  await ledgerOf().succeeded(null)
  await ledgerOf().succeeded(reading(100, 1, 1_000))
  expect((await quota.findOne().lean())?.revision).toBe(1)
})
