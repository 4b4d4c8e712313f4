import type { Lane } from '@slipstream/contracts'
import { connectStore, prepareDatabase } from '@slipstream/persistence'
import { newId } from '@slipstream/runtime'
import type { QuotaReading } from '@slipstream/strava'
import { testDatabase } from '@slipstream/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type CallReport, createQuotaLedger, type QuotaLedger, type Showing, type Transition } from '../src/index.ts'

const database = testDatabase()
const store = await connectStore({ uri: database.uri, owner: 'ingestion' })
const { quota, allowances } = store.collections
/** Past the rights of the role: another service links athletes. */
const links = store.connection.collection('links')

const noon = Date.UTC(2026, 10, 20, 12, 0, 0)
const minute = 60_000
const at = (minutes: number) => new Date(noon + minutes * minute)
let now: Date
let transitions: Transition[] = []

/** Of a replica whose clock is that much ahead of what all share. */
const ledgerOf = (clientId = 'app', aheadMs = 0): QuotaLedger =>
  createQuotaLedger({
    collections: store.collections,
    clientId,
    clock: { now: () => new Date(now.getTime() + aheadMs) },
    sharedClock: { now: () => now },
    random: () => 0,
    onTransition: (transition) => transitions.push(transition),
  })

const seconds = (minutes: number, more: number) => new Date(at(minutes).getTime() + more * 1_000)

const take = (ledger: QuotaLedger, lane: Lane = 'interactive', athleteId = newId('athlete')) =>
  ledger.take({ operation: 'activities', lane, athleteId })

const tell = (
  ledger: QuotaLedger,
  shows: Showing,
  reading: QuotaReading | null = null,
  change: Partial<CallReport> = {},
) =>
  ledger.report({
    ...{ operation: 'activities', shows, athleteId: newId('athlete'), lane: 'interactive', reading, sentAt: now },
    ...change,
  })

/** Calls that fail, each for another athlete. */
const failTimes = async (ledger: QuotaLedger, times: number, change: Partial<CallReport> = {}) => {
  for (let failure = 1; failure <= times; failure++) await tell(ledger, 'nothing', null, change)
}

const reading = (limit15m: number, used15m: number, limitDay = 10_000, usedDay = used15m): QuotaReading => ({
  overall: { limit15m: limit15m * 2, limitDay: limitDay * 2, used15m, usedDay },
  read: { limit15m, limitDay, used15m, usedDay },
  stravaDate: null,
})

const takeTimes = async (ledger: QuotaLedger, times: number) =>
  (await Promise.all(Array.from({ length: times }, () => take(ledger)))).filter(({ granted }) => granted).length

beforeAll(() => prepareDatabase(store.connection))
beforeEach(async () => {
  await Promise.all([quota.deleteMany({}), allowances.deleteMany({}), links.deleteMany({})])
  await links.insertMany(['anna', 'ben'].map((name) => ({ athleteId: name, stravaAthleteId: name })))
  transitions = []
  now = at(1)
})
afterAll(async () => {
  await store.close()
  await database.drop()
})

describe('one ledger', () => {
  test('starts with the limits of a new app and remembers what was taken', async () => {
    expect(await take(ledgerOf())).toEqual({ granted: true, validUntil: seconds(14, 57) })
    const { buckets, stops } = await ledgerOf().read()
    expect(buckets.read15m).toEqual({ limit: 100, used: 1, windowStart: at(0) })
    expect(buckets.overallDay).toMatchObject({ limit: 2_000, used: 1 })
    expect(stops).toEqual([])
  })

  test('reading before the first call writes nothing', async () => {
    const status = await ledgerOf().read()
    expect(status.buckets.read15m).toMatchObject({ limit: 100, used: 0 })
    expect(status.opensAt('backfill')).toEqual(now)
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
    now = at(16)
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
    expect([status.opensAt('scheduled'), status.opensAt('interactive')]).toEqual([seconds(12, 15), now])
  })

  test('opens again at the window boundary', async () => {
    const ledger = ledgerOf()
    await tell(ledger, 'works', reading(10, 9))
    expect(await takeTimes(ledger, 3)).toBe(1)
    now = new Date(at(15).getTime() - 1)
    expect(await take(ledger)).toEqual({ granted: false, reason: 'quota', retryAt: seconds(15, 3) })
    now = seconds(15, 3)
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
    now = seconds(15, 3)
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
    now = seconds(15, 2)
    expect(await take(ahead)).toMatchObject({ granted: false })
    now = seconds(15, 3)
    expect(await take(ahead)).toEqual({ granted: true, validUntil: seconds(29, 57 + 2) })
  })

  test('what one replica learns of Strava’s clock, all keep to, with less to spare', async () => {
    const [one, other] = [ledgerOf(), ledgerOf('app', -2_000)]
    // Strava is 10 s ahead: its second is read as the middle.
    await tell(one, 'works', told(seconds(1, 9.5)))
    expect(await take(other)).toEqual({ granted: true, validUntil: seconds(14, 58 - 10 - 2) })
    now = seconds(14, 48)
    expect(await take(one)).toEqual({ granted: false, reason: 'quota', retryAt: seconds(14, 51) })
    now = seconds(14, 51)
    expect(await take(one)).toMatchObject({ granted: true })
    expect((await one.read()).buckets.read15m).toMatchObject({ windowStart: at(15), used: 1 })
  })

  test('an answer that agrees is not written, one that narrows the bounds is', async () => {
    const ledger = ledgerOf('app', 700)
    await take(ledger)
    const lead = async () => (await quota.findOne().lean())?.stravaLead
    await tell(ledger, 'works', told(at(1)), { sentAt: new Date(now.getTime() + 700) })
    expect(await lead()).toEqual({ leastMs: 0, mostMs: 1_000 })
    now = seconds(1, 0.4)
    await tell(ledger, 'works', told(at(1)), { sentAt: new Date(now.getTime() + 700) })
    expect(await lead()).toEqual({ leastMs: 0, mostMs: 600 })
    const { revision } = (await quota.findOne().lean()) ?? {}
    await tell(ledger, 'works', told(at(1)), { sentAt: new Date(now.getTime() + 700) })
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
    now = seconds(15, 3)
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

test('a row of release 0.1 that shows the app as inactive stops calls, until a call succeeds', async () => {
  const bucket = { limit: 100, used: 3, windowStart: at(0) }
  await quota.collection.insertOne({
    _id: 'app' as never,
    ...{ overall15m: bucket, overallDay: bucket, read15m: bucket, readDay: bucket },
    ...{ inactiveSince: at(0), failuresInRow: 0, unavailableSince: null, nextProbeAt: at(5), revision: 7 },
  })
  expect(await take(ledgerOf())).toEqual({ granted: false, reason: 'app', retryAt: at(5) })
  now = at(5)
  expect(await take(ledgerOf())).toMatchObject({ granted: true })
  await tell(ledgerOf(), 'works')
  expect(await quota.findOne().lean()).toMatchObject({ inactiveSince: null, nextProbeAt: null })
})

describe('an inactive app', () => {
  test('gets ever rarer probes over all replicas, for calls of every kind, until one succeeds', async () => {
    const [one, other] = [ledgerOf(), ledgerOf()]
    expect(await tell(one, 'inactive')).toEqual({ reason: 'app', until: at(6), failingSince: null })
    expect(await take(other)).toEqual({ granted: false, reason: 'app', retryAt: at(6) })
    expect(await other.mayRefresh('anyone')).toEqual({ granted: false, reason: 'app', retryAt: at(6) })
    now = at(6)
    expect((await other.read()).opensAt('interactive')).toEqual(now)
    const granted = await Promise.all([one, other].map((ledger) => takeTimes(ledger, 5)))
    expect(granted[0]! + granted[1]!).toBe(1)

    now = at(7)
    await tell(one, 'inactive')
    const status = await other.read()
    expect(status.stops).toEqual([{ name: 'app', trouble: 'inactive', since: at(1) }])
    expect(status.opensAt('interactive')).toEqual(at(16))

    await tell(other, 'answers', reading(100, 3))
    expect((await one.read()).stops).toHaveLength(1)
    await tell(other, 'works', reading(100, 4))
    expect((await one.read()).stops).toEqual([])
    expect(await takeTimes(one, 5)).toBe(5)
    expect(transitions).toMatchObject([
      { what: 'stop', name: 'app', hasBegun: true },
      { what: 'stop', name: 'app', hasBegun: false },
    ])
  })

  test('stays off when somebody’s code could be exchanged, as that is no call to the API', async () => {
    await tell(ledgerOf(), 'inactive')
    await tell(ledgerOf(), 'works', null, { operation: 'token', athleteId: null })
    expect(await takeTimes(ledgerOf(), 3)).toBe(0)
  })
})

describe('a Strava that does not answer', () => {
  test('gets ever rarer probes over all replicas, until it answers', async () => {
    const [one, other] = [ledgerOf(), ledgerOf()]
    await failTimes(one, 2)
    await failTimes(other, 2)
    expect(await takeTimes(one, 1)).toBe(1)
    expect(await tell(other, 'nothing')).toEqual({ reason: 'strava', until: at(1.5), failingSince: null })
    expect(await take(one)).toEqual({ granted: false, reason: 'strava', retryAt: at(1.5) })
    expect((await one.read()).opensAt('interactive')).toEqual(at(1.5))

    now = at(1.5)
    const granted = await Promise.all([one, other].map((ledger) => takeTimes(ledger, 5)))
    expect(granted[0]! + granted[1]!).toBe(1)
    expect(await tell(one, 'nothing')).toMatchObject({ until: at(2.5) })
    now = at(2.5)
    expect(await takeTimes(other, 2)).toBe(1)
    await tell(other, 'works', reading(100, 7))
    expect((await one.read()).stops).toEqual([])
    expect(await takeTimes(one, 5)).toBe(5)
    expect(transitions).toMatchObject([
      { name: 'activities', trouble: 'unanswered', hasBegun: true },
      { name: 'activities', trouble: 'unanswered', hasBegun: false },
    ])
  })

  test('for refreshes is stopped for them alone, and a code that could be exchanged opens nothing', async () => {
    const ledger = ledgerOf()
    await failTimes(ledger, 5, { operation: 'refresh' })
    expect(await ledger.mayRefresh('anyone')).toMatchObject({ granted: false, reason: 'strava' })
    expect(await takeTimes(ledger, 2)).toBe(2)
    await failTimes(ledger, 5)
    await tell(ledger, 'works', null, { operation: 'token', athleteId: null })
    expect((await ledger.read()).stops.map(({ name }) => name)).toEqual(['activities', 'refresh'])
  })

  test.each([
    ['a refusal', 'answers'],
    ['a 429', 'rate_limited'],
    ['an inactive app', 'inactive'],
  ] as const)('answers again with %s', async (_case, shows) => {
    await failTimes(ledgerOf(), 5)
    await tell(ledgerOf(), shows)
    expect((await ledgerOf().read()).stops.filter(({ name }) => name === 'activities')).toEqual([])
  })

  test('tells its quota even so', async () => {
    await tell(ledgerOf(), 'nothing', reading(600, 40))
    expect((await ledgerOf().read()).buckets.read15m).toMatchObject({ limit: 600, used: 40 })
  })

  test('is told to replicas of release 0.1 as they know it', async () => {
    await failTimes(ledgerOf(), 5)
    expect(await quota.findOne().lean()).toMatchObject({
      failuresInRow: 5,
      unavailableSince: at(1),
      nextProbeAt: at(1.5),
      inactiveSince: null,
    })
  })
})

describe('one athlete whose calls always fail', () => {
  const fail = (ledger: QuotaLedger) => tell(ledger, 'nothing', null, { athleteId: 'poor', hasFailedAthlete: true })

  test('waits alone, longer each time, and is helped by one success', async () => {
    const [one, other] = [ledgerOf(), ledgerOf()]
    const waits: number[] = []
    for (let failure = 1; failure <= 8; failure++) {
      const wait = await fail(one)
      expect(wait).toMatchObject({ reason: 'strava', failingSince: at(1) })
      waits.push((wait!.until.getTime() - now.getTime()) / 1000)
      expect(await take(other, 'interactive', 'poor')).toMatchObject({ granted: false, reason: 'strava' })
      expect(await take(other)).toMatchObject({ granted: true })
      now = wait!.until
    }
    expect(waits).toEqual([2, 8, 32, 128, 512, 1_800, 1_800, 1_800])
    expect((await one.read()).stops).toEqual([])
    await tell(other, 'works', null, { athleteId: 'poor' })
    expect(await fail(one)).toMatchObject({ until: new Date(now.getTime() + 2_000) })
  })

  test('has waited for a day although the tokens were refreshed in between', async () => {
    const ledger = ledgerOf()
    for (let hour = 0; hour < 24; hour += 6) {
      now = at(1 + hour * 60)
      await fail(ledger)
      await tell(ledger, 'works', null, { operation: 'refresh', athleteId: 'poor' })
    }
    now = at(1 + 24 * 60)
    expect(await fail(ledger)).toMatchObject({ failingSince: at(1), until: new Date(now.getTime() + 512_000) })
    await tell(ledger, 'works', null, { athleteId: 'poor' })
    expect(await fail(ledger)).toMatchObject({ failingSince: now })
  })

  test('is all there are where nobody else is linked', async () => {
    await links.deleteOne({ stravaAthleteId: 'ben' })
    const alone = ledgerOf()
    for (let failure = 1; failure <= 4; failure++) await fail(alone)
    expect((await alone.read()).stops).toEqual([])
    await fail(alone)
    expect((await alone.read()).stops).toMatchObject([{ name: 'activities', trouble: 'unanswered' }])
  })
})

describe('two athletes whose calls always fail', () => {
  const fail = (athleteId: string) => tell(ledgerOf(), 'nothing', null, { athleteId, hasFailedAthlete: true })
  const waitSeconds = async (athleteId: string) => {
    const { until } = (await fail(athleteId)) ?? { until: now }
    return (until.getTime() - now.getTime()) / 1_000
  }

  test('leave the probe to others, who find that nothing is wrong', async () => {
    for (const athleteId of ['poor', 'sad', 'poor', 'sad']) await fail(athleteId)
    expect(await waitSeconds('poor')).toBe(30 + 35)
    const probeAt = seconds(1, 30)
    expect(await take(ledgerOf(), 'interactive', 'sad')).toMatchObject({ retryAt: seconds(1, 30 + 35) })
    expect(await take(ledgerOf())).toMatchObject({ retryAt: probeAt })
    now = probeAt
    expect(await take(ledgerOf(), 'interactive', 'sad')).toMatchObject({ retryAt: seconds(1, 30 + 35) })
    expect(await take(ledgerOf())).toMatchObject({ granted: true })
    await tell(ledgerOf(), 'works')
    expect((await ledgerOf().read()).stops).toEqual([])
  })

  test('are the probe where nobody else comes, and wait longer for themselves all the while', async () => {
    for (const athleteId of ['poor', 'sad', 'poor', 'sad', 'poor']) await fail(athleteId)
    now = seconds(1, 30 + 35)
    expect(await take(ledgerOf(), 'interactive', 'poor')).toMatchObject({ granted: true })
    // Behind the next probe, a minute away; then behind their own fifth pause.
    expect(await waitSeconds('poor')).toBe(128)
    expect(await waitSeconds('poor')).toBe(512)
  })
})

describe('a used-up limit', () => {
  test('is told once when it begins and once when it ends, whoever took the last call', async () => {
    const [one, other] = [ledgerOf(), ledgerOf()]
    await tell(one, 'works', reading(2, 0))
    await Promise.all([take(one), take(other), take(one), take(other)])
    expect(transitions).toEqual([{ what: 'window', hasBegun: true }])
    now = seconds(15, 3)
    await take(other)
    expect(transitions).toEqual([
      { what: 'window', hasBegun: true },
      { what: 'window', hasBegun: false },
    ])
  })
})

test('a successful call writes only what is new', async () => {
  await take(ledgerOf())
  await tell(ledgerOf(), 'works')
  await tell(ledgerOf(), 'works', reading(100, 1, 1_000))
  expect((await quota.findOne().lean())?.revision).toBe(1)
})
