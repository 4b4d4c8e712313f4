import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { newId } from '@slipstream/runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createIngestion } from '../src/service.ts'
import { eventually, type Harness, ofType, startHarness } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
  await harness.startIngestion()
})
afterAll(() => harness?.stop())
beforeEach(async () => {
  harness.simulator.control.reset()
  harness.leaveWindowEdge()
  await harness.store.collections.quota.deleteMany({})
})

const letters = () => harness.store.collections.deadLetters.find().lean()
const callsOf = (endpoint: string) => harness.simulator.control.calls().counts[endpoint] ?? {}

describe('a closed quota window', () => {
  it('parks the run after a 429, spends no attempt, and resumes when the window opens', async () => {
    const link = await harness.link('busy')
    harness.simulator.control.setLimits({ read: { quarterHour: 2 } })
    const runId = await harness.request(link)
    const parked = await harness.parkedRun(runId)
    expect(parked).toMatchObject({ cursor: { pages: 2 }, leaseOwner: null, counts: { calls: 2 } })
    const reset = Math.ceil(harness.clock.now().getTime() / 900_000) * 900_000
    // A second after the edge at Strava, and whatever spreads those who wait.
    const waitsMs = (parked.resumeAt?.getTime() ?? 0) - reset
    expect(waitsMs).toBeGreaterThanOrEqual(0)
    expect(waitsMs).toBeLessThanOrEqual(6_000)
    await harness.nothingSpent(link)
    expect(callsOf('activities')[429] ?? 0).toBeLessThanOrEqual(1)

    harness.clock.offsetMs += reset - harness.clock.now().getTime() + 7_000
    harness.simulator.control.setLimits({ read: { quarterHour: 100 } })
    expect(await harness.finishedRun(runId)).toMatchObject({
      outcome: 'succeeded',
      counts: { listed: 450, created: 450 },
    })
  })

  it('is not asked at all when the ledger knows it is closed', async () => {
    const link = await harness.link('dana')
    harness.simulator.control.setLimits({ read: { quarterHour: 0 } })
    const first = await harness.request(link)
    await harness.parkedRun(first)
    harness.simulator.control.clearCalls()
    const other = await harness.link('anna')
    const second = await harness.request(other)
    await harness.parkedRun(second)
    expect(harness.simulator.control.calls().total).toBe(0)
  })
})

describe('a Strava that fails', () => {
  it.each([
    ['5xx', { kind: 'status', status: 503 }, { 503: 3, 200: 1 }],
    ['answers that are cut in the middle', { kind: 'half_answer', ending: 'cut' }, { 0: 3, 200: 1 }],
  ] as const)('is asked again after %s until it answers', async (_what, effect, calls) => {
    const link = await harness.link('dana')
    harness.simulator.control.setFaults({ rules: [{ endpoint: 'activities', effect, times: 3 }] })
    expect(await harness.finishedRun(await harness.request(link))).toMatchObject({ outcome: 'succeeded' })
    expect(callsOf('activities')).toEqual(calls)
    expect(await letters()).toEqual([])
  })
})

it('a run waits after an answer that ends in its middle as if it were whole, and then goes on', async () => {
  const link = await harness.link('dana')
  const effect = { kind: 'half_answer', ending: 'clean' } as const
  harness.simulator.control.setFaults({ rules: [{ endpoint: 'activities', effect, times: 1 }] })
  const runId = await harness.request(link)
  const parked = await harness.parkedRun(runId)
  expect(parked).toMatchObject({ waitingFor: 'strava' })
  harness.clock.offsetMs += (parked.resumeAt?.getTime() ?? 0) - harness.clock.now().getTime() + 1
  expect(await harness.finishedRun(runId)).toMatchObject({ outcome: 'succeeded' })
  expect(callsOf('activities')).toEqual({ 200: 2 })
  expect(await letters()).toEqual([])
})

describe('an unreadable message', () => {
  it('becomes a dead letter at once, and those behind it are handled', async () => {
    const athleteId = newId('athlete')
    harness.bus.transport.connection.publish(`sync.requested.interactive.${athleteId}`, '{"nonsense":true}')
    const link = await harness.link('dana')
    await harness.finishedRun(await harness.request(link))
    await eventually(async () => {
      const kept = (await letters()).filter(({ subject }) => subject.endsWith(athleteId))
      expect(kept).toMatchObject([{ attempts: 1, reason: 'contract_violated' }])
    })
  })
})

describe('the grant', () => {
  it('is refreshed once when Strava refuses the access token', async () => {
    const link = await harness.link('dana')
    harness.simulator.control.expireAccessTokens('dana')
    expect(await harness.finishedRun(await harness.request(link))).toMatchObject({ outcome: 'succeeded' })
    expect(callsOf('refresh')).toEqual({ 200: 1 })
    expect(await harness.metrics.registry.metrics()).toMatch(
      /slipstream_token_refresh_total\{outcome="refreshed".*\} 1/,
    )
  })

  it('is told as lost when the athlete revoked it; stored workouts stay', async () => {
    const link = await harness.link('dana')
    await harness.finishedRun(await harness.request(link))
    const before = await harness.stored(link)
    const seen = harness.follow(link.athleteId)
    harness.simulator.control.revoke('dana')
    const revoked = await harness.finishedRun(await harness.request(link))
    expect(revoked).toMatchObject({ outcome: 'reauth_required', errorCode: 'reauth_required' })
    await eventually(() => expect(ofType(seen, 'athlete.reauth_required')).toHaveLength(1))
    expect(ofType(seen, 'athlete.reauth_required')[0]?.data).toMatchObject({
      linkId: link.linkId,
      code: 'reauth_required',
    })
    await eventually(() => expect(ofType(seen, 'sync.finished')).toHaveLength(2))
    expect(await harness.stored(link)).toBe(before)
    expect((await letters()).filter(({ subject }) => subject.endsWith(link.athleteId))).toEqual([])
  })

  it('whose tokens do not open is a matter of the operator, told once and without a dead letter, until they do', async () => {
    const link = await harness.link('dana')
    const credentials = harness.store.connection.collection('credentials')
    const known = (await credentials.findOne({}))?.refreshToken.kid
    const seal = (kid: string) =>
      credentials.updateMany({}, { $set: { 'accessToken.kid': kid, 'refreshToken.kid': kid } })
    const isUnusable = async (kid: string) =>
      (await harness.metrics.registry.metrics()).includes(
        `slipstream_token_keys_unusable{kid="${kid}",service="ingestion"} 1`,
      )
    await seal('missing')
    harness.simulator.control.clearCalls()
    for (let run = 1; run <= 2; run++) {
      const ended = await harness.finishedRun(await harness.request(link))
      expect(ended).toMatchObject({ outcome: 'failed', errorCode: 'app_misconfigured' })
    }
    expect(harness.simulator.control.calls().total).toBe(0)
    expect((await letters()).filter(({ subject }) => subject.endsWith(link.athleteId))).toEqual([])
    const errors = harness.lines.filter(({ level, msg }) => level === 'error' && /opened|finished/.test(msg))
    expect(errors).toMatchObject([{ kid: 'missing', err: { message: 'key missing is not in the keyring' } }])
    expect(await isUnusable('missing')).toBe(true)
    await seal(known)
    expect(await harness.finishedRun(await harness.request(link))).toMatchObject({ outcome: 'succeeded' })
    await eventually(async () => expect(await isUnusable('missing')).toBe(false))
  })

  it('is told as too small when a permission is missing', async () => {
    const link = await harness.link('dana')
    const seen = harness.follow(link.athleteId)
    harness.simulator.control.setFaults({ rules: [{ endpoint: 'activities', effect: { kind: 'scope_missing' } }] })
    const refused = await harness.finishedRun(await harness.request(link))
    expect(refused).toMatchObject({ outcome: 'reauth_required', errorCode: 'scope_missing' })
    await eventually(() =>
      expect(ofType(seen, 'athlete.reauth_required')[0]?.data).toMatchObject({ code: 'scope_missing' }),
    )
  })

  it('is not blamed for an endpoint that is closed: calls to it stop, for all', async () => {
    const link = await harness.link('dana')
    const seen = harness.follow(link.athleteId)
    harness.simulator.control.setFaults({ rules: [{ endpoint: 'activities', effect: { kind: 'endpoint_closed' } }] })
    const runId = await harness.request(link)
    const parked = await harness.parkedRun(runId)
    expect(parked).toMatchObject({ waitingFor: 'app', counts: { calls: 1 } })
    const quota = await harness.store.collections.quota.findById(harness.config.strava.clientId).lean()
    expect(quota?.stops).toMatchObject({ activities: { trouble: 'endpoint' }, app: null })
    const states = await harness.metrics.registry.getSingleMetric('slipstream_strava_state')?.get()
    const shown = states?.values.filter(({ value }) => value === 1).map(({ labels }) => labels.state)
    expect(shown).toEqual(['active', 'unavailable'])
    const other = await harness.request(await harness.link('anna'))
    expect(await harness.parkedRun(other)).toMatchObject({ waitingFor: 'app', counts: { calls: 0 } })
    expect(callsOf('refresh')).toEqual({})

    harness.simulator.control.clearFaults()
    harness.clock.offsetMs += 5 * 60_000 + 31_000
    expect(await harness.finishedRun(runId)).toMatchObject({ outcome: 'succeeded' })
    expect(await harness.finishedRun(other)).toMatchObject({ outcome: 'succeeded' })
    expect(ofType(seen, 'athlete.reauth_required')).toEqual([])
  })

  it('is not blamed while the whole app is inactive at Strava', async () => {
    const link = await harness.link('dana')
    const seen = harness.follow(link.athleteId)
    harness.simulator.control.setFaults({ rules: [{ endpoint: 'any', effect: { kind: 'app_inactive' } }] })
    const runId = await harness.request(link)
    const parked = await harness.parkedRun(runId)
    const quota = await harness.store.collections.quota.findById(harness.config.strava.clientId).lean()
    expect(quota?.inactiveSince).not.toBeNull()
    const waitMs = (parked.resumeAt?.getTime() ?? 0) - harness.clock.now().getTime()
    expect(waitMs).toBeGreaterThan(4 * 60_000)
    // Those who wait come up to half a minute behind the probe, spread.
    expect(waitMs).toBeLessThanOrEqual(5 * 60_000 + 30_000)
    expect(seen).toEqual([])

    harness.simulator.control.clearFaults()
    harness.clock.offsetMs += waitMs + 1000
    expect(await harness.finishedRun(runId)).toMatchObject({ outcome: 'succeeded' })
    const after = await harness.store.collections.quota.findById(harness.config.strava.clientId).lean()
    expect(after?.inactiveSince).toBeNull()
  })
})

describe('a crashed worker', () => {
  const held = (linkId: string, athleteId: string, runId: string) => ({
    ...{ _id: runId, athleteId, linkId, lane: 'interactive' as const, cause: 'linked' as const, requestedVersion: 1 },
    window: { after: new Date(Date.now() - 28 * 86_400_000), before: new Date(Date.now() + 86_400_000) },
    requestedAt: new Date(),
    state: 'running' as const,
    nextPage: 2,
    counts: { listed: 200, created: 200, updated: 0, deleted: 0, unchanged: 0, calls: 1 },
    ...{ resumeAt: null, startedAt: new Date(), finishedAt: null, outcome: null, errorCode: null },
    ...{ leaseOwner: 'dead', leaseUntil: null, fence: 1, outbox: [] },
  })

  it('blocks its run until its lease ends; then the run goes on with the page it was at', async () => {
    const link = await harness.link('busy')
    const runId = newId('run')
    await harness.store.collections.syncRuns.create(held(link.linkId, link.athleteId, runId))
    // A lease goes by the clock of the database.
    await harness.store.collections.syncRuns.updateOne(
      { _id: runId },
      [{ $set: { leaseUntil: { $add: ['$$NOW', 1500] } } }],
      { updatePipeline: true },
    )
    const eventId = newId('evt')
    await harness.request(link, { runId, eventId })
    const finished = await harness.finishedRun(runId)
    expect(finished).toMatchObject({ outcome: 'succeeded', counts: { listed: 450, created: 450 } })
    expect(await harness.stored(link)).toBe(250)
    expect(await letters()).not.toContainEqual(expect.objectContaining({ eventId }))
  })

  it('that dies of the same request every time ends its run as failed', async () => {
    const link = await harness.link('dana')
    const seen = harness.follow(link.athleteId)
    const eventId = newId('evt')
    const expiresAt = new Date(Date.now() + 60_000)
    const _id = `ingestion-interactive:${eventId}`
    await harness.store.collections.deliveryAttempts.create({ _id, attempts: 5, expiresAt })
    const runId = await harness.request(link, { eventId })
    expect(await harness.finishedRun(runId)).toMatchObject({ outcome: 'failed', errorCode: 'internal_error' })
    await eventually(() => expect(ofType(seen, 'sync.finished')).toHaveLength(1))
    expect(ofType(seen, 'sync.finished')[0]?.data).toMatchObject({ runId, outcome: 'failed', requestedVersion: 1 })
    expect(callsOf('activities')).toEqual({})
  })
})

describe('an activity that cannot be read', () => {
  it('is kept as a dead letter once, and does not cost the others', async () => {
    const yesterday = new Date(Date.now() - 86_400_000).toISOString()
    const readable = {
      ...{ id: 71, name: 'Fine', sport_type: 'Run', start_date: yesterday, start_date_local: yesterday },
      ...{ elapsed_time: 600, moving_time: 600, distance: 2000 },
    }
    const server = createServer((request, response) => {
      const isFirst = new URL(request.url ?? '', 'http://strava').searchParams.get('page') === '1'
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(isFirst ? [readable, { ...readable, id: 72, start_date: 'soon' }] : []))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const apiBaseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const other = await startHarness()
    const ingestion = createIngestion({ ...other.config, strava: { ...other.config.strava, apiBaseUrl } })
    await ingestion.start()
    try {
      const link = await other.link('dana')
      for (const runs of [1, 2, 3]) {
        const done = await other.finishedRun(await other.request(link))
        expect(done).toMatchObject({ outcome: 'succeeded', counts: { listed: 2 } })
        expect(done.unread).toEqual([{ stravaActivityId: '72', runs }])
      }
      expect(await other.store.collections.workouts.countDocuments({ linkId: link.linkId })).toBe(1)
      const kept = await other.store.collections.deadLetters.find().lean()
      expect(kept).toMatchObject([{ reason: 'activity_unreadable', eventType: 'strava.activity' }])
      expect(kept[0]?.payload).toContain('72')
      await other.unlink(link, newId('receipt'))
      await eventually(async () => expect(await other.store.collections.deadLetters.countDocuments()).toBe(0))
    } finally {
      await ingestion.stop()
      await other.stop()
      server.close()
    }
  })
})

describe('an answer that is of another athlete', () => {
  const metric = () => harness.metrics.registry.metrics()

  it('is stored by nobody, waits like any trouble that nobody can explain, and is counted', async () => {
    const link = await harness.link('anna')
    const { control } = harness.simulator
    const [latest] = control.athletes().find(({ account }) => account === 'anna')!.latest
    control.editActivity(latest!.id, { distortion: { fields: { athlete: { id: 1 } } } })
    const runId = await harness.request(link)
    expect(await harness.parkedRun(runId)).toMatchObject({ waitingFor: 'strava', outcome: null })
    const stored = () => harness.store.collections.workouts.countDocuments({ linkId: link.linkId })
    expect(await stored()).toBe(0)
    expect(await metric()).toContain('endpoint="activities",outcome="wrong_athlete"')
    control.editActivity(latest!.id, { distortion: null })
    harness.clock.offsetMs += 60_000
    expect(await harness.finishedRun(runId)).toMatchObject({ outcome: 'succeeded' })
    expect(await stored()).toBeGreaterThan(0)
  })
})
