import type { QuotaReading } from '@slipstream/strava'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { QuotaLedger } from '../src/index.ts'
import { at, createLedgerBench, reading, seconds } from './support/ledger-bench.ts'

/** What is granted of Strava's limits, and until when. */

const bench = await createLedgerBench()
const { state, quota, ledgerOf, take, takeTimes, tell } = bench

beforeEach(bench.reset)
afterAll(bench.close)

describe('one ledger', () => {
  test('starts with the limits of a new app and remembers what was taken', async () => {
    expect(await take(ledgerOf())).toEqual({ granted: true, validUntil: seconds(14, 57) })
    const { buckets, stops } = await ledgerOf().read()
    expect(buckets.read15m).toEqual({ limit: 100, used: 1, windowStart: at(0), byLane: { interactive: 1 } })
    expect(buckets.overallDay).toMatchObject({ limit: 2_000, used: 1 })
    expect(stops).toEqual([])
  })

  test('reading before the first call writes nothing', async () => {
    const status = await ledgerOf().read()
    expect(status.buckets.read15m).toMatchObject({ limit: 100, used: 0 })
    expect(status.opensAt('backfill')).toEqual(state.now)
    expect(await quota.countDocuments()).toBe(0)
  })

  test('learns limits and usage from answers, and writes only what is new', async () => {
    const ledger = ledgerOf()
    await take(ledger)
    await tell(ledger, 'works', reading(600, 40))
    const { revision } = (await quota.findOne().lean()) ?? {}
    await tell(ledger, 'works', reading(600, 39))
    await tell(ledger, 'works')
    expect((await quota.findOne().lean())?.revision).toBe(revision)
    expect((await ledger.read()).buckets.read15m).toMatchObject({ limit: 600, used: 40 })
  })

  test('usage told by an answer to a call of the window before does not count in the new one', async () => {
    const ledger = ledgerOf()
    await take(ledger)
    state.now = at(16)
    await take(ledger)
    await tell(ledger, 'works', reading(100, 99), { sentAt: at(14) })
    expect((await ledger.read()).buckets.read15m).toMatchObject({ used: 1, windowStart: at(15) })
  })

  test('lower lanes leave their reserve to those above', async () => {
    const ledger = ledgerOf()
    await tell(ledger, 'works', reading(100, 80))
    expect(await take(ledger, 'scheduled')).toEqual({ granted: false, reason: 'quota', retryAt: seconds(12, 7.5) })
    expect(await take(ledger, 'realtime')).toMatchObject({ granted: true })
    const status = await ledger.read()
    expect([status.opensAt('scheduled'), status.opensAt('interactive')]).toEqual([seconds(12, 15), state.now])
  })

  test('opens again at the window boundary', async () => {
    const ledger = ledgerOf()
    await tell(ledger, 'works', reading(10, 9))
    expect(await takeTimes(ledger, 3)).toBe(1)
    state.now = new Date(at(15).getTime() - 1)
    expect(await take(ledger)).toEqual({ granted: false, reason: 'quota', retryAt: seconds(15, 3) })
    state.now = seconds(15, 3)
    expect(await takeTimes(ledger, 11)).toBe(10)
  })

  test('a spent day closes until midnight', async () => {
    const ledger = ledgerOf()
    await tell(ledger, 'works', reading(100, 5, 1_000, 1_000))
    expect(await take(ledger)).toEqual({ granted: false, reason: 'quota', retryAt: seconds(12 * 60, 3) })
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
          await tell(ledgerOf(), 'works', reading(limit, 0))
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
    await Promise.all([take(one), take(other)])
    expect(await tell(one, 'rate_limited')).toEqual({ reason: 'quota', until: seconds(15, 3), failingSince: null })
    expect(await take(other)).toEqual({ granted: false, reason: 'quota', retryAt: seconds(15, 3) })
    expect((await other.read()).opensAt('realtime')).toEqual(seconds(15, 3))
    expect((await other.read()).isSpent).toBe(true)
    state.now = seconds(15, 3)
    expect(await take(other)).toMatchObject({ granted: true })
  })

  test('a 429 whose headers show a spent day closes until midnight', async () => {
    expect(await tell(ledgerOf(), 'rate_limited', reading(100, 20, 1_000, 1_000))).toMatchObject({
      until: seconds(12 * 60, 3),
    })
  })

  test('each app has a ledger of its own', async () => {
    await tell(ledgerOf('one'), 'rate_limited')
    expect(await take(ledgerOf('other'), 'backfill')).toMatchObject({ granted: true })
  })
})

describe('one time for all', () => {
  const told = (stravaDate: Date): QuotaReading => ({ overall: null, read: null, stravaDate })

  test('a replica whose clock is wrong is told when to call on that clock', async () => {
    const [right, ahead] = [ledgerOf(), ledgerOf('app', 2_000)]
    await tell(right, 'rate_limited')
    expect(await take(ahead)).toMatchObject({ retryAt: seconds(15, 3 + 2) })
    state.now = seconds(15, 2)
    expect(await take(ahead)).toMatchObject({ granted: false })
    state.now = seconds(15, 3)
    expect(await take(ahead)).toEqual({ granted: true, validUntil: seconds(29, 57 + 2) })
  })

  test('what one replica learns of Strava’s clock, all keep to, with less to spare', async () => {
    const [one, other] = [ledgerOf(), ledgerOf('app', -2_000)]
    // Strava is 10 s ahead: its second is read as the middle.
    await tell(one, 'works', told(seconds(1, 9.5)))
    expect(await take(other)).toEqual({ granted: true, validUntil: seconds(14, 58 - 10 - 2) })
    state.now = seconds(14, 48)
    expect(await take(one)).toEqual({ granted: false, reason: 'quota', retryAt: seconds(14, 51) })
    state.now = seconds(14, 51)
    expect(await take(one)).toMatchObject({ granted: true })
    expect((await one.read()).buckets.read15m).toMatchObject({ windowStart: at(15), used: 1 })
  })

  test('an answer that agrees is not written, one that narrows the bounds is', async () => {
    const ledger = ledgerOf('app', 700)
    await take(ledger)
    const lead = async () => (await quota.findOne().lean())?.stravaLead
    await tell(ledger, 'works', told(at(1)), { sentAt: new Date(state.now.getTime() + 700) })
    expect(await lead()).toEqual({ leastMs: 0, mostMs: 1_000 })
    state.now = seconds(1, 0.4)
    await tell(ledger, 'works', told(at(1)), { sentAt: new Date(state.now.getTime() + 700) })
    expect(await lead()).toEqual({ leastMs: 0, mostMs: 600 })
    const { revision } = (await quota.findOne().lean()) ?? {}
    await tell(ledger, 'works', told(at(1)), { sentAt: new Date(state.now.getTime() + 700) })
    expect((await quota.findOne().lean())?.revision).toBe(revision)
  })
})

describe('the allowance of an athlete', () => {
  const takeAll = async (ledger: QuotaLedger, request: Parameters<QuotaLedger['take']>[0], times: number) =>
    (await Promise.all(Array.from({ length: times }, () => ledger.take(request)))).filter(({ granted }) => granted)
      .length

  test('is an eighth of the quarter hour’s reads, over all lanes and replicas; the next quarter hour brings a new one', async () => {
    const [one, other] = [ledgerOf(), ledgerOf()]
    const greedy = { operation: 'activities', athleteId: 'greedy', lane: 'interactive' } as const
    expect(await one.allowanceOf('greedy')).toEqual({ left: 12, allowance: 12, renewsAt: seconds(15, 3) })
    const taken = await Promise.all([takeAll(one, greedy, 20), takeAll(other, { ...greedy, lane: 'realtime' }, 20)])
    expect(taken[0]! + taken[1]!).toBe(12)
    expect(await other.take(greedy)).toEqual({ granted: false, reason: 'quota', retryAt: seconds(15, 3) })
    expect(await one.allowanceOf('greedy')).toMatchObject({ left: 0 })
    expect(await one.read()).toMatchObject({ isSpent: false })
    expect(await take(other)).toMatchObject({ granted: true })
    state.now = seconds(15, 3)
    expect(await takeAll(one, greedy, 20)).toBe(12)
  })

  test('is twice that for a first import, and does not bind backfill', async () => {
    const ledger = ledgerOf()
    expect(
      await takeAll(
        ledger,
        { operation: 'activities', athleteId: 'new', lane: 'interactive', isFirstImport: true },
        30,
      ),
    ).toBe(24)
    expect(await takeAll(ledger, { operation: 'activities', athleteId: 'new', lane: 'backfill' }, 20)).toBe(20)
  })

  test('is at least ten calls', async () => {
    const ledger = ledgerOf()
    await tell(ledger, 'works', reading(40, 0))
    expect(await ledger.allowanceOf('anyone')).toMatchObject({ left: 10 })
  })
})

describe('a used-up limit', () => {
  const window = (hasBegun: boolean, buckets: string[], resetsAt: Date) => ({
    what: 'window',
    hasBegun,
    buckets,
    resetsAt,
  })

  test('is told once with its bucket and reset when it begins and once when it ends, whoever took the last call', async () => {
    const [one, other] = [ledgerOf(), ledgerOf()]
    await tell(one, 'works', reading(2, 0))
    await Promise.all([take(one), take(other), take(one), take(other)])
    expect(state.transitions).toEqual([window(true, ['read15m'], at(15))])
    state.now = seconds(15, 3)
    await take(other)
    expect(state.transitions).toEqual([window(true, ['read15m'], at(15)), window(false, ['read15m'], at(15))])
  })

  test('that a 429 without headers closed is both quarter hours, told in one line', async () => {
    const [one, other] = [ledgerOf(), ledgerOf()]
    await Promise.all([take(one), take(other)])
    await Promise.all([tell(one, 'rate_limited'), tell(other, 'rate_limited')])
    expect(state.transitions).toEqual([window(true, ['overall15m', 'read15m'], at(15))])
  })

  test('is told again where the day is used up within a quarter hour that is', async () => {
    const ledger = ledgerOf()
    await tell(ledger, 'rate_limited', reading(100, 100, 1_000, 400))
    await tell(ledger, 'rate_limited', reading(100, 100, 1_000, 1_000))
    expect(state.transitions).toEqual([
      window(true, ['read15m'], at(15)),
      window(true, ['readDay'], new Date('2026-11-21T00:00:00Z')),
    ])
  })

  test('of the new window is not that of the old one', async () => {
    const ledger = ledgerOf()
    await tell(ledger, 'rate_limited', reading(100, 100))
    state.now = seconds(15, 3)
    await tell(ledger, 'rate_limited', reading(100, 100))
    expect(state.transitions).toEqual([
      window(true, ['read15m'], at(15)),
      window(false, ['read15m'], at(15)),
      window(true, ['read15m'], at(30)),
    ])
  })
})

test('a successful call writes only what is new', async () => {
  await take(ledgerOf())
  await tell(ledgerOf(), 'works')
  await tell(ledgerOf(), 'works', reading(100, 1, 1_000))
  expect((await quota.findOne().lean())?.revision).toBe(1)
})

test('a row of release 0.1 is read, and its unknown clock taken as MongoDB’s', async () => {
  const bucket = { limit: 100, used: 3, windowStart: at(0) }
  const day = { limit: 1_000, used: 3, windowStart: at(-12 * 60) }
  await quota.collection.insertOne({
    _id: 'app' as never,
    ...{ overall15m: bucket, overallDay: day, read15m: bucket, readDay: day },
    ...{ inactiveSince: null, failuresInRow: 0, unavailableSince: null, nextProbeAt: null, revision: 7 },
  })
  expect(await take(ledgerOf())).toEqual({ granted: true, validUntil: seconds(14, 57) })
  expect(await quota.findOne().lean()).toMatchObject({ revision: 8, stravaLead: null, read15m: { used: 4 } })
})
