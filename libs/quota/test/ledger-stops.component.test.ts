import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { CallReport, QuotaLedger } from '../src/index.ts'
import { at, createLedgerBench, reading, seconds } from './support/ledger-bench.ts'

/** What calls that fail stop, for how long, and for whom. */

const bench = await createLedgerBench()
const { state, quota, links, ledgerOf, take, takeTimes, tell } = bench

beforeEach(bench.reset)
afterAll(bench.close)

/** Calls that fail, each for another athlete. */
const failTimes = async (ledger: QuotaLedger, times: number, change: Partial<CallReport> = {}) => {
  for (let failure = 1; failure <= times; failure++) await tell(ledger, 'nothing', null, change)
}

describe('an inactive app', () => {
  test('gets ever rarer probes over all replicas, for calls of every kind, until one succeeds', async () => {
    const [one, other] = [ledgerOf(), ledgerOf()]
    expect(await tell(one, 'inactive')).toEqual({ reason: 'app', until: at(6), failingSince: null })
    expect(await take(other)).toEqual({ granted: false, reason: 'app', retryAt: at(6) })
    expect(await other.mayRefresh('anyone')).toEqual({ granted: false, reason: 'app', retryAt: at(6) })
    state.now = at(6)
    expect((await other.read()).opensAt('interactive')).toEqual(state.now)
    const granted = await Promise.all([one, other].map((ledger) => takeTimes(ledger, 5)))
    expect(granted[0]! + granted[1]!).toBe(1)

    state.now = at(7)
    await tell(one, 'inactive')
    const status = await other.read()
    expect(status.stops).toEqual([{ name: 'app', trouble: 'inactive', since: at(1) }])
    expect(status.opensAt('interactive')).toEqual(at(16))

    await tell(other, 'answers', reading(100, 3))
    expect((await one.read()).stops).toHaveLength(1)
    await tell(other, 'works', reading(100, 4))
    expect((await one.read()).stops).toEqual([])
    expect(await takeTimes(one, 5)).toBe(5)
    expect(state.transitions).toMatchObject([
      { what: 'stop', name: 'app', hasBegun: true },
      { what: 'stop', name: 'app', hasBegun: false },
    ])
  })

  test('is asked once, over all replicas, when codes could be exchanged, as those are no calls to the API', async () => {
    const replicas = [ledgerOf(), ledgerOf()]
    await tell(ledgerOf(), 'inactive')
    const exchangeAndTake = async () => {
      await Promise.all(replicas.map((ledger) => tell(ledger, 'works', null, { operation: 'token', athleteId: null })))
      const granted = await Promise.all(replicas.map((ledger) => takeTimes(ledger, 3)))
      return granted.reduce((sum, times) => sum + times)
    }
    expect(await exchangeAndTake()).toBe(1)
    expect(await exchangeAndTake()).toBe(0)
    expect((await ledgerOf().read()).stops).toMatchObject([{ name: 'app' }])
    state.now = at(2)
    expect(await exchangeAndTake()).toBe(1)
    await tell(ledgerOf(), 'works')
    expect((await ledgerOf().read()).stops).toEqual([])
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

    state.now = at(1.5)
    const granted = await Promise.all([one, other].map((ledger) => takeTimes(ledger, 5)))
    expect(granted[0]! + granted[1]!).toBe(1)
    expect(await tell(one, 'nothing')).toMatchObject({ until: at(2.5) })
    state.now = at(2.5)
    expect(await takeTimes(other, 2)).toBe(1)
    await tell(other, 'works', reading(100, 7))
    expect((await one.read()).stops).toEqual([])
    expect(await takeTimes(one, 5)).toBe(5)
    expect(state.transitions).toMatchObject([
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
      waits.push((wait!.until.getTime() - state.now.getTime()) / 1000)
      expect(await take(other, 'interactive', 'poor')).toMatchObject({ granted: false, reason: 'strava' })
      expect(await take(other)).toMatchObject({ granted: true })
      state.now = wait!.until
    }
    expect(waits).toEqual([2, 8, 32, 128, 512, 1_800, 1_800, 1_800])
    expect((await one.read()).stops).toEqual([])
    await tell(other, 'works', null, { athleteId: 'poor' })
    expect(await fail(one)).toMatchObject({ until: new Date(state.now.getTime() + 2_000) })
  })

  test('has waited for a day although the tokens were refreshed in between', async () => {
    const ledger = ledgerOf()
    for (let hour = 0; hour < 24; hour += 6) {
      state.now = at(1 + hour * 60)
      await fail(ledger)
      await tell(ledger, 'works', null, { operation: 'refresh', athleteId: 'poor' })
    }
    state.now = at(1 + 24 * 60)
    expect(await fail(ledger)).toMatchObject({ failingSince: at(1), until: new Date(state.now.getTime() + 512_000) })
    await tell(ledger, 'works', null, { athleteId: 'poor' })
    expect(await fail(ledger)).toMatchObject({ failingSince: state.now })
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
    const { until } = (await fail(athleteId)) ?? { until: state.now }
    return (until.getTime() - state.now.getTime()) / 1_000
  }

  test('leave the probe to others, who find that nothing is wrong', async () => {
    for (const athleteId of ['poor', 'sad', 'poor', 'sad']) await fail(athleteId)
    expect(await waitSeconds('poor')).toBe(30 + 35)
    const probeAt = seconds(1, 30)
    expect(await take(ledgerOf(), 'interactive', 'sad')).toMatchObject({ retryAt: seconds(1, 30 + 35) })
    expect(await take(ledgerOf())).toMatchObject({ retryAt: probeAt })
    state.now = probeAt
    expect(await take(ledgerOf(), 'interactive', 'sad')).toMatchObject({ retryAt: seconds(1, 30 + 35) })
    expect(await take(ledgerOf())).toMatchObject({ granted: true })
    await tell(ledgerOf(), 'works')
    expect((await ledgerOf().read()).stops).toEqual([])
  })

  test('are the probe where nobody else comes, and wait longer for themselves all the while', async () => {
    for (const athleteId of ['poor', 'sad', 'poor', 'sad', 'poor']) await fail(athleteId)
    state.now = seconds(1, 30 + 35)
    expect(await take(ledgerOf(), 'interactive', 'poor')).toMatchObject({ granted: true })
    // Behind the next probe, a minute away; then behind their own fifth pause.
    expect(await waitSeconds('poor')).toBe(128)
    expect(await waitSeconds('poor')).toBe(512)
  })
})

test('a row of release 0.1 that shows the app as inactive stops calls, until a call succeeds', async () => {
  const bucket = { limit: 100, used: 3, windowStart: at(0) }
  await quota.collection.insertOne({
    _id: 'app' as never,
    ...{ overall15m: bucket, overallDay: bucket, read15m: bucket, readDay: bucket },
    ...{ inactiveSince: at(0), failuresInRow: 0, unavailableSince: null, nextProbeAt: at(5), revision: 7 },
  })
  expect(await take(ledgerOf())).toEqual({ granted: false, reason: 'app', retryAt: at(5) })
  state.now = at(5)
  expect(await take(ledgerOf())).toMatchObject({ granted: true })
  await tell(ledgerOf(), 'works')
  expect(await quota.findOne().lean()).toMatchObject({ inactiveSince: null, nextProbeAt: null })
})
