import type { EventData } from '@slipstream/contracts'
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
afterEach(async () => {
  harness.lines.length = 0
  harness.simulator.control.reset()
  const { quota, allowances, syncRuns } = harness.store.collections
  await Promise.all([syncRuns.deleteMany({}), quota.deleteMany({}), allowances.deleteMany({})])
})

const minuteMs = 60_000
const accounts = ['anna', 'ben', 'chris', 'dana', 'eva']

/** Accounts with one page each: a healthy run is two calls. */
const links = async (count: number): Promise<TestLink[]> => {
  harness.leaveWindowEdge()
  const made: TestLink[] = []
  for (const account of accounts.slice(0, count)) made.push(await harness.link(account))
  return made
}

const request = (of: TestLink[]) =>
  Promise.all(of.map((link) => harness.request(link, { lane: 'scheduled', cause: 'hourly' })))

const runs = (runIds: string[]) => harness.store.collections.syncRuns.find({ _id: { $in: runIds } }).lean()
const quotaRow = () => harness.store.collections.quota.findOne().lean()
const calls = () => harness.simulator.control.calls()

/** The lines that tell an operator what has begun and ended, of both replicas. */
const toldOperator = () => harness.lines.filter((line) => 'trouble' in line || 'buckets' in line)

const stopTold = (level: 'warn' | 'error', calls: string, trouble: string) => {
  const line = { level, calls, trouble, since: expect.any(String) }
  return [line, { ...line, msg: expect.stringMatching(/^over: /) }]
}

/** What `slipstream_strava_state` shows: the states that hold. */
const statesShown = async () => {
  const metric = await harness.metrics.registry.getSingleMetric('slipstream_strava_state')?.get()
  return metric?.values.flatMap(({ labels, value }) => (value === 1 ? [labels.state] : []))
}

/** Waits until every run waits for a time that is still to come. */
const allParked = (runIds: string[]) =>
  eventually(async () => {
    const found = await runs(runIds)
    const now = harness.clock.now()
    expect(
      found.filter(({ state, resumeAt }) => state === 'waiting_for_quota' && resumeAt && resumeAt > now),
    ).toHaveLength(runIds.length)
    return found
  })

/** Lets half an hour pass, two minutes at a time, with all who may try again doing so. */
const goThroughHalfAnHour = async (runIds: string[]) => {
  for (let minute = 2; minute <= 30; minute += 2) {
    harness.clock.offsetMs += 2 * minuteMs
    await allParked(runIds)
  }
}

/** Strava is well again: with the next probe, and without the one after it, all go on. */
const allFinishWithNextProbe = async (runIds: string[]) => {
  harness.simulator.control.clearFaults()
  const stops = Object.values((await quotaRow())?.stops ?? {})
  const probeAt = Math.max(...stops.map((stop) => stop?.nextProbeAt?.getTime() ?? 0))
  // Those whose own calls failed leave the probe to others for 35 s; then they come spread over 30 s, or at their own time.
  const comeWithinMs = 65_000
  const failing = await harness.store.collections.allowances.find({ retryAt: { $ne: null } }).lean()
  const comeAt = Math.max(probeAt + comeWithinMs, ...failing.map(({ retryAt }) => retryAt?.getTime() ?? 0))
  harness.clock.offsetMs += Math.max(comeWithinMs, comeAt - harness.clock.now().getTime())
  const begunAt = harness.clock.now().getTime()
  await eventually(async () => {
    const states = (await runs(runIds)).map(({ state, outcome }) => `${state} ${outcome}`)
    if (harness.clock.now().getTime() - begunAt < 15_000) harness.clock.offsetMs += 200
    expect(states).toEqual(runIds.map(() => 'finished succeeded'))
  })
}

describe('half an hour in which Strava', () => {
  it('answers with 5xx costs five athletes a handful of calls, and all go on when it is over', async () => {
    const all = await links(5)
    harness.simulator.control.setFaults({ rules: [{ effect: { kind: 'status', status: 503 } }] })
    const runIds = await request(all)
    const parked = await allParked(runIds)
    expect(new Set(parked.map(({ waitingFor }) => waitingFor))).toEqual(new Set(['strava']))
    expect(await statesShown()).toEqual(['active', 'unavailable'])
    // Calls under way when the fifth fails cannot be taken back: at most 8 of each replica.
    const underWay = 2 * 8 - 1
    expect(calls().total).toBeLessThanOrEqual(5 + underWay)

    harness.simulator.control.clearCalls()
    await goThroughHalfAnHour(runIds)
    expect(calls().total).toBeGreaterThanOrEqual(3)
    expect(calls().total).toBeLessThanOrEqual(6)
    expect(await harness.store.collections.deadLetters.countDocuments()).toBe(0)
    await allFinishWithNextProbe(runIds)
    expect(await statesShown()).toEqual(['active'])
    expect(toldOperator()).toMatchObject(stopTold('warn', 'activities', 'unanswered'))
  }, 180_000)

  it('answers with pages of text under status 200 costs as little', async () => {
    const all = await links(5)
    const effect = { kind: 'status' as const, status: 200, body: 'text' as const }
    harness.simulator.control.setFaults({ rules: [{ endpoint: 'activities', effect }] })
    const runIds = await request(all)
    await allParked(runIds)
    harness.simulator.control.clearCalls()
    await goThroughHalfAnHour(runIds)
    expect(calls().total).toBeLessThanOrEqual(6)
    expect(await harness.store.collections.deadLetters.countDocuments()).toBe(0)
    await allFinishWithNextProbe(runIds)
    expect(toldOperator()).toMatchObject(stopTold('warn', 'activities', 'unanswered'))
  }, 180_000)

  it('does not refresh tokens costs as little', async () => {
    const all = await links(4)
    harness.clock.offsetMs += 7 * 3_600_000
    harness.simulator.control.setFaults({ rules: [{ endpoint: 'refresh', effect: { kind: 'status', status: 503 } }] })
    const runIds = await request(all)
    await allParked(runIds)
    await goThroughHalfAnHour(runIds)
    expect(calls().total).toBeLessThanOrEqual(5 + 2 * 8 - 1 + 6)
    await allFinishWithNextProbe(runIds)
    expect(toldOperator()).toMatchObject(stopTold('warn', 'refresh', 'unanswered'))
  }, 180_000)

  it('refuses the client secret costs a handful of token calls, and is told as the app’s trouble', async () => {
    const all = await links(4)
    harness.clock.offsetMs += 7 * 3_600_000
    harness.simulator.control.setFaults({ rules: [{ effect: { kind: 'wrong_client_secret' } }] })
    const runIds = await request(all)
    const parked = await allParked(runIds)
    expect(new Set(parked.map(({ waitingFor }) => waitingFor))).toEqual(new Set(['app']))
    await goThroughHalfAnHour(runIds)
    expect(calls().total).toBeLessThanOrEqual(4 + 3)
    expect(await harness.store.collections.deadLetters.countDocuments()).toBe(0)
    expect((await quotaRow())?.stops).toMatchObject({
      refresh: { trouble: 'credentials' },
      app: null,
      activities: null,
    })
    await allFinishWithNextProbe(runIds)
    expect(toldOperator()).toMatchObject(stopTold('error', 'refresh', 'credentials'))
  }, 180_000)

  it('has the app switched off costs a handful of calls', async () => {
    const all = await links(4)
    harness.clock.offsetMs += 7 * 3_600_000
    harness.simulator.control.setFaults({ rules: [{ effect: { kind: 'app_inactive' } }] })
    const runIds = await request(all)
    const parked = await allParked(runIds)
    expect(new Set(parked.map(({ waitingFor }) => waitingFor))).toEqual(new Set(['app']))
    expect(await statesShown()).toEqual(['inactive'])
    await goThroughHalfAnHour(runIds)
    expect(calls().total).toBeLessThanOrEqual(4 + 3)
    await allFinishWithNextProbe(runIds)
    expect(await statesShown()).toEqual(['active'])
    expect(toldOperator()).toMatchObject(stopTold('error', 'app', 'inactive'))
  }, 180_000)
})

it('a 429 is told once with the buckets that it closes and their reset, and once when they are open again', async () => {
  const all = await links(4)
  harness.simulator.control.setFaults({ rules: [{ endpoint: 'activities', effect: { kind: 'status', status: 429 } }] })
  const runIds = await request(all)
  await allParked(runIds)
  const resetsAt = new Date(Math.ceil(harness.clock.now().getTime() / (15 * minuteMs)) * 15 * minuteMs)
  const line = { level: 'warn', buckets: ['overall15m', 'read15m'], resetsAt: resetsAt.toISOString() }
  expect(toldOperator()).toMatchObject([{ ...line, msg: 'a quota limit is used up: no calls until its reset' }])
  harness.simulator.control.clearFaults()
  // Those who wait come spread over half a minute.
  harness.clock.offsetMs += resetsAt.getTime() - harness.clock.now().getTime() + minuteMs
  await eventually(async () => {
    expect((await runs(runIds)).map(({ state }) => state)).toEqual(runIds.map(() => 'finished'))
  })
  expect(toldOperator()).toMatchObject([line, { ...line, msg: 'the quota limit that was used up is open again' }])
})

it('an app that is switched off while tokens cannot be refreshed is shown as both', async () => {
  const old = await links(2)
  harness.clock.offsetMs += 7 * 3_600_000
  harness.simulator.control.setFaults({ rules: [{ endpoint: 'refresh', effect: { kind: 'status', status: 503 } }] })
  await request(old)
  await eventually(async () => {
    harness.clock.offsetMs += 500
    expect(await statesShown()).toEqual(['active', 'unavailable'])
  })
  harness.simulator.control.setFaults({
    rules: [
      { endpoint: 'refresh', effect: { kind: 'status', status: 503 } },
      { endpoint: 'activities', effect: { kind: 'app_inactive' } },
    ],
  })
  await request(await links(1))
  await eventually(async () => expect(await statesShown()).toEqual(['inactive', 'unavailable']))
})

describe('one athlete whose list always fails', () => {
  it('is told that it waits, for what, and that it goes on', async () => {
    const [link] = await links(1)
    if (!link) throw new Error('no link was made')
    const progress: EventData<'sync.progress'>[] = []
    const listening = harness.bus.listen('sync.progress', link.athleteId, (data) => progress.push(data))
    await harness.bus.transport.connection.flush()
    harness.simulator.control.setFaults({ rules: [{ effect: { kind: 'status', status: 502 } }] })
    const runIds = await request([link])
    const [parked] = await allParked(runIds)
    harness.simulator.control.clearFaults()
    harness.clock.offsetMs += (parked?.resumeAt?.getTime() ?? 0) - harness.clock.now().getTime() + 1
    await harness.finishedRun(runIds[0] ?? '')
    await eventually(() => expect(progress.at(-1)?.state).toBe('finished'))
    listening.stop()
    const told = progress.map(({ state, waitingFor }) => (waitingFor ? `${state} for ${waitingFor}` : state))
    // Begun; parked, perhaps once more where its time had not quite come; asked for again, and begun again.
    expect(told.slice(0, 2)).toEqual(['running', 'waiting for strava'])
    expect(new Set(told)).toEqual(new Set(['running', 'waiting for strava', 'finished']))
    expect(told.slice(-3)).toEqual(['running', 'running', 'finished'])
  })

  it('waits alone: neighbours go on, and no call is stopped', async () => {
    const [anna, ben] = await links(2)
    if (!anna || !ben) throw new Error('no links were made')
    harness.simulator.control.setFaults({ rules: [{ athlete: 'anna', effect: { kind: 'status', status: 500 } }] })
    const [poor = ''] = await request([anna])
    for (let tries = 1; tries <= 6; tries += 1) {
      const [parked] = await allParked([poor])
      expect(parked).toMatchObject({ waitingFor: 'strava' })
      harness.clock.offsetMs += (parked?.resumeAt?.getTime() ?? 0) - harness.clock.now().getTime() + 1
    }
    await allParked([poor])
    const [neighbour = ''] = await request([ben])
    expect(await harness.finishedRun(neighbour)).toMatchObject({ outcome: 'succeeded' })
    expect((await quotaRow())?.stops?.activities ?? null).toBeNull()
    // It shows that Strava is well; a day later somebody has to act.
    harness.clock.offsetMs += 25 * 3_600_000
    expect(await harness.finishedRun(poor)).toMatchObject({ outcome: 'failed', errorCode: 'strava_refuses' })
  }, 180_000)
})

describe('two athletes whose lists always fail', () => {
  it('keep nobody else from listing, and wait longer and longer', async () => {
    const [anna, ben, chris] = await links(3)
    if (!anna || !ben || !chris) throw new Error('no links were made')
    const effect = { kind: 'status' as const, status: 500 }
    harness.simulator.control.setFaults({ rules: ['anna', 'ben'].map((athlete) => ({ athlete, effect })) })
    const poor = await request([anna, ben])
    await eventually(async () => {
      harness.clock.offsetMs += 500
      expect((await quotaRow())?.stops?.activities?.since).toBeInstanceOf(Date)
    })
    const [neighbour = ''] = await request([chris])
    await eventually(async () => {
      harness.clock.offsetMs += 500
      expect((await runs([neighbour]))[0]).toMatchObject({ state: 'finished', outcome: 'succeeded' })
    })
    expect((await quotaRow())?.stops?.activities?.since ?? null).toBeNull()
    const shares = await harness.store.collections.allowances.find({ failures: { $gt: 0 } }).lean()
    expect(shares).toHaveLength(poor.length)
  }, 180_000)
})

it('a refusal of one athlete shows that Strava is up again', async () => {
  const [link] = await links(2)
  if (!link) throw new Error('no link was made')
  harness.simulator.control.setFaults({ rules: [{ effect: { kind: 'status', status: 503 } }] })
  const runIds = await request(await links(5))
  await allParked(runIds)
  expect((await quotaRow())?.stops?.activities?.since).toBeInstanceOf(Date)
  harness.simulator.control.setFaults({ rules: [{ effect: { kind: 'scope_missing' } }] })
  harness.clock.offsetMs += 2 * minuteMs
  expect(await harness.finishedRun(runIds[0] ?? '')).toMatchObject({ errorCode: 'scope_missing' })
  expect(await quotaRow()).toMatchObject({ unavailableSince: null, failuresInRow: 0, nextProbeAt: null })
})

it('no run spends an attempt on waiting', async () => {
  const [link] = await links(1)
  if (!link) throw new Error('no link was made')
  harness.clock.offsetMs += 7 * 3_600_000
  harness.simulator.control.setFaults({ rules: [{ endpoint: 'refresh', effect: { kind: 'status', status: 503 } }] })
  const eventId = newId('evt')
  const expiresAt = new Date(Date.now() + 60_000)
  const { deliveryAttempts } = harness.store.collections
  await deliveryAttempts.create({ _id: `ingestion-interactive:${eventId}`, attempts: 4, expiresAt })
  const runId = await harness.request(link, { eventId })
  await allParked([runId])
  harness.simulator.control.clearFaults()
  harness.clock.offsetMs += minuteMs
  expect(await harness.finishedRun(runId)).toMatchObject({ outcome: 'succeeded' })
})

it('a fresh token takes no permit', async () => {
  const [link] = await links(1)
  if (!link) throw new Error('no link was made')
  harness.clock.offsetMs += 7 * 3_600_000
  const runId = await harness.request(link)
  expect(await harness.finishedRun(runId)).toMatchObject({ outcome: 'succeeded', counts: { calls: 1 } })
  expect(calls().counts.refresh).toEqual({ 200: 1 })
  expect((await quotaRow())?.read15m.used).toBe(1)
})
