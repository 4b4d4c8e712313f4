import { createQuotaLedger } from '@slipstream/quota'
import { newId } from '@slipstream/runtime'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually, type Harness, startHarness, type TestLink } from './harness.ts'

// Two replicas throughout: what holds back the calls is what they share.

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
  await harness.startIngestion()
  await harness.startIngestion()
})
afterAll(() => harness?.stop())
afterEach(() => harness.store.collections.quota.deleteMany({}))

const probeEveryMs = { inactive: 5 * 60_000, unavailable: 30_000 }
const rounds = 6

/** Accounts with one page each: a healthy run is two calls. A token that is refreshed spoils those of older links. */
const links = async (count: number): Promise<TestLink[]> => {
  harness.simulator.control.reset()
  harness.leaveWindowEdge()
  const accounts = ['anna', 'ben', 'chris', 'dana']
  const made: TestLink[] = []
  for (let index = 0; index < count; index += 1) made.push(await harness.link(accounts[index % accounts.length] ?? ''))
  return made
}

const request = (of: TestLink[]) =>
  Promise.all(of.map((link) => harness.request(link, { lane: 'scheduled', cause: 'hourly' })))

const runs = (runIds: string[]) => harness.store.collections.syncRuns.find({ _id: { $in: runIds } }).lean()

/** Waits until every run waits for a time that is still to come. */
const allParked = (runIds: string[]) =>
  eventually(async () => {
    const found = await runs(runIds)
    const now = harness.clock.now()
    expect(
      found.filter(({ state, resumeAt }) => state === 'waiting_for_quota' && resumeAt && resumeAt > now),
    ).toHaveLength(runIds.length)
  })

const goThrough = async (runIds: string[], everyMs: number) => {
  for (let round = 0; round < rounds; round += 1) {
    harness.clock.offsetMs += everyMs + 1000
    await allParked(runIds)
  }
}

const allFinish = async (runIds: string[], everyMs: number) => {
  harness.simulator.control.clearFaults()
  // One run probes, the others are asked for again when the next probe would have been due.
  for (let round = 0; round < 2; round += 1) harness.clock.offsetMs += everyMs + 1000
  await eventually(async () => {
    const states = (await runs(runIds)).map(({ state, outcome }) => `${state} ${outcome}`)
    harness.clock.offsetMs += 1000
    expect(states).toEqual(runIds.map(() => 'finished succeeded'))
  })
}

const calls = () => harness.simulator.control.calls()

describe('while Strava answers with 5xx', () => {
  it('20 runs make five calls and finish those under way, then one every 30 seconds; all end well afterwards', async () => {
    const all = await links(20)
    harness.simulator.control.setFaults({ rules: [{ effect: { kind: 'status', status: 503 } }] })
    const runIds = await request(all)
    await allParked(runIds)
    // Calls under way when the fifth fails cannot be taken back: at most 8 of each replica.
    const underWay = 2 * 8 - 1
    expect(calls().total).toBeGreaterThanOrEqual(5)
    expect(calls().total).toBeLessThanOrEqual(5 + underWay)

    harness.simulator.control.clearCalls()
    await goThrough(runIds, probeEveryMs.unavailable)
    expect(calls().total).toBeGreaterThanOrEqual(rounds - 1)
    expect(calls().total).toBeLessThanOrEqual(rounds)
    const { deadLetters } = harness.store.collections
    expect(await deadLetters.countDocuments()).toBe(0)

    await allFinish(runIds, probeEveryMs.unavailable)
  }, 180_000)

  it('tokens are asked for no more often either', async () => {
    const all = await links(4)
    harness.clock.offsetMs += 7 * 3_600_000
    harness.simulator.control.setFaults({ rules: [{ endpoint: 'refresh', effect: { kind: 'status', status: 503 } }] })
    const runIds = await request(all)
    await allParked(runIds)
    harness.simulator.control.clearCalls()
    await goThrough(runIds, probeEveryMs.unavailable)
    expect(calls().total).toBeGreaterThanOrEqual(rounds - 1)
    expect(calls().total).toBeLessThanOrEqual(rounds)
    await allFinish(runIds, probeEveryMs.unavailable)
  }, 180_000)

  it('a refusal of one athlete shows that Strava is up again', async () => {
    const { quota } = harness.store.collections
    const [link] = await links(1)
    if (!link) throw new Error('no link was made')
    harness.simulator.control.setFaults({ rules: [{ effect: { kind: 'status', status: 503 } }] })
    const runIds = await request([link])
    await allParked(runIds)
    harness.simulator.control.setFaults({ rules: [{ effect: { kind: 'scope_missing' } }] })
    expect(await quota.findOne().lean()).toMatchObject({ unavailableSince: expect.any(Date) })
    harness.clock.offsetMs += probeEveryMs.unavailable + 1000
    expect(await harness.finishedRun(runIds[0] ?? '')).toMatchObject({ errorCode: 'scope_missing' })
    expect(await quota.findOne().lean()).toMatchObject({ unavailableSince: null, failuresInRow: 0, nextProbeAt: null })
  })

  it('no run spends its last attempt on finding out', async () => {
    const { quota, allowances, deliveryAttempts } = harness.store.collections
    const [link] = await links(1)
    if (!link) throw new Error('no link was made')
    const { clock } = harness
    const { clientId } = harness.config.strava
    const ledger = createQuotaLedger({ quota, allowances, clientId, clock, sharedClock: clock })
    for (let failures = 0; failures < 5; failures += 1) await ledger.failed(null)
    harness.clock.offsetMs += 7 * 3_600_000
    harness.simulator.control.setFaults({ rules: [{ endpoint: 'refresh', effect: { kind: 'status', status: 503 } }] })
    const eventId = newId('evt')
    const expiresAt = new Date(Date.now() + 60_000)
    await deliveryAttempts.create({ _id: `ingestion-interactive:${eventId}`, attempts: 4, expiresAt })
    const runId = await harness.request(link, { eventId })
    await allParked([runId])
    expect(calls().counts.refresh).toEqual({ 503: 1 })
    await allFinish([runId], probeEveryMs.unavailable)
  })
})

describe('while the app is inactive', () => {
  it('athletes whose tokens have expired share the one call in 5 minutes', async () => {
    const all = await links(4)
    harness.clock.offsetMs += 7 * 3_600_000
    harness.simulator.control.setFaults({ rules: [{ effect: { kind: 'app_inactive' } }] })
    const runIds = await request(all)
    await allParked(runIds)
    harness.simulator.control.clearCalls()
    await goThrough(runIds, probeEveryMs.inactive)
    expect(calls().total).toBeGreaterThanOrEqual(rounds - 1)
    expect(calls().total).toBeLessThanOrEqual(rounds)
    await allFinish(runIds, probeEveryMs.inactive)
  }, 180_000)
})

it('a fetch takes one permit for a fresh token and its first call together', async () => {
  const [link] = await links(1)
  if (!link) throw new Error('no link was made')
  harness.clock.offsetMs += 7 * 3_600_000
  const runId = await harness.request(link)
  expect(await harness.finishedRun(runId)).toMatchObject({ outcome: 'succeeded', counts: { calls: 2 } })
  expect(calls().counts.refresh).toEqual({ 200: 1 })
  const quota = await harness.store.collections.quota.findOne().lean()
  expect(quota?.read15m.used).toBe(2)
})

it('a permit that a slow token call outlasted is taken again in the new window', async () => {
  const [link] = await links(1)
  if (!link) throw new Error('no link was made')
  harness.clock.offsetMs += 7 * 3_600_000
  harness.simulator.control.setFaults({
    rules: [{ endpoint: 'refresh', effect: { kind: 'hold' } }],
    // The headers would tell of the call all the same.
    behaviour: { rateHeaders: 'missing' },
  })
  const runId = await harness.request(link)
  const quota = () => harness.store.collections.quota.findOne().lean()
  await eventually(() => expect(harness.simulator.control.heldCalls()).toHaveLength(1))
  const before = await quota()
  expect(before?.read15m.used).toBe(1)
  const windowStart = before?.read15m.windowStart.getTime() ?? 0
  harness.clock.offsetMs += 15 * 60_000
  harness.simulator.control.releaseHeld()
  expect(await harness.finishedRun(runId)).toMatchObject({ outcome: 'succeeded', counts: { calls: 2 } })
  const after = await quota()
  expect(after?.read15m).toMatchObject({ used: 2, windowStart: new Date(windowStart + 15 * 60_000) })
})
