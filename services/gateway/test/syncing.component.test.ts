import { runPageSchema, statusSchema } from '@slipstream/contracts'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { anna, ben, linkOnWeb } from './support/linking.ts'
import { day, insert, runOf, storedLink, wantingOf } from './support/stored.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

let system: System
let athlete: SignedIn
let other: SignedIn
let link: Awaited<ReturnType<typeof storedLink>>

beforeAll(async () => {
  system = await startSystem()
  athlete = await system.signIn('anna')
  other = await system.signIn('ben')
  await linkOnWeb(system, athlete, { athlete: anna })
  await linkOnWeb(system, other, { athlete: ben })
  link = await storedLink(system, 'anna')
})
afterAll(() => system.stop())

describe('syncing', () => {
  const clear = async (schedule = wantingOf(link, 'run_before', { isOpen: false })) => {
    await system.store.connection.collection('schedules').deleteMany({})
    await insert(system, 'schedules', [schedule])
    await system.store.connection.collection('sync_runs').deleteMany({})
    await system.store.collections.links.updateMany({}, { $set: { manualSync: null } })
  }
  const ask = async () => (await athlete.json('POST', '/api/v1/strava/sync')) as { runId: string; position: number }

  test('asked for often while one waits: one run, one event', async () => {
    await clear()
    const bus = await system.bus()
    const triggered: { runId: string }[] = []
    const listening = bus.listen('sync.triggered', link.athleteId, (data) => triggered.push(data))
    const answers = await Promise.all(Array.from({ length: 10 }, ask))
    const runIds = new Set(answers.map(({ runId }) => runId))
    expect(runIds.size).toBe(1)
    await vi.waitFor(() => expect(triggered.map(({ runId }) => runId)).toEqual([...runIds]))
    expect((await ask()).runId).toBe(answers[0]!.runId)
    expect(triggered).toHaveLength(1)
    listening.stop()
  })

  test('while one waits: that run; once it has made a call, the next one, and what runs is shown', async () => {
    await clear(wantingOf(link, 'run_open'))
    expect((await ask()).runId).toBe('run_open')
    const open = { finishedAt: null, outcome: null }
    await insert(system, 'sync_runs', [runOf(link, 'run_open', { ...open, state: 'queued', startedAt: null })])
    expect((await ask()).runId).toBe('run_open')
    const runs = system.store.connection.collection<{ _id: string }>('sync_runs')
    await runs.updateOne({}, { $set: { startedAt: new Date(), answers: { interactive: 2 } } })
    const next = await ask()
    expect(next.runId).not.toBe('run_open')
    expect((await ask()).runId).toBe(next.runId)
    expect(await athlete.json('GET', '/api/v1/strava/status')).toMatchObject({
      sync: { runId: 'run_open', state: 'running', waitingFor: null, listed: 3, stored: 3 },
    })
  })

  test('an open hourly run does not stand in for a person who waits', async () => {
    await clear(wantingOf(link, 'run_hourly', { lane: 'scheduled' }))
    expect((await ask()).runId).not.toBe('run_hourly')
  })

  test('a link that no scheduler has seen waits for its first import, and so does who asks', async () => {
    await clear()
    await system.store.connection.collection('schedules').deleteMany({})
    const { runId } = await ask()
    expect((await ask()).runId).toBe(runId)
    const { sync, error } = statusSchema.parse(await athlete.json('GET', '/api/v1/strava/status'))
    expect({ sync, error }).toMatchObject({ sync: { runId, lane: 'interactive', state: 'queued' }, error: null })
  })

  test('by somebody whose share of the quota is used up: 429, and when to come again', async () => {
    await clear()
    const shares = system.store.connection.collection('allowances')
    const share = (used: number) => {
      const windowStart = new Date(Math.floor(system.clock.now().getTime() / 900_000) * 900_000)
      const _id = `${system.config.strava.clientId}:${link.athleteId}` as never
      const expiresAt = new Date(windowStart.getTime() + 1_800_000)
      return shares.updateOne({ _id }, { $set: { windowStart, used, expiresAt } }, { upsert: true })
    }
    await share(11)
    const refused = await athlete.call('POST', '/api/v1/strava/sync')
    expect(refused.status).toBe(429)
    expect(await refused.json()).toMatchObject({ code: 'too_many_requests', actor: 'nobody', action: 'wait' })
    const seconds = Number(refused.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThanOrEqual(903)

    await share(10)
    expect((await ask()).runId).toEqual(expect.any(String))
    await share(12)
    // It waits already: the same run, at no cost.
    expect((await ask()).runId).toEqual(expect.any(String))
    await shares.deleteMany({})
  })

  test('the position counts those who asked before', async () => {
    await clear()
    const others = (['p', 'q', 'done'] as const).map((name) => {
      const other = { _id: `lnk_${name}`, athleteId: `ath_${name}` }
      const requestedAt = new Date(Date.now() - 60_000)
      return wantingOf(other, `run_${name}`, { requestedAt, isOpen: name !== 'done' })
    })
    await insert(system, 'schedules', others)
    const { db } = system.store.connection
    await db!.setProfilingLevel('all')
    expect((await ask()).position).toBe(2)
    await db!.setProfilingLevel('off')
    const counted = await db!.collection('system.profile').findOne({ 'command.aggregate': 'schedules' })
    expect(counted!.planSummary).toBe('IXSCAN { wants.interactive.requestedAt: 1 }')
  })

  test('the position costs no more where very many wait: so many at least are before', async () => {
    await clear()
    const others = Array.from({ length: 1_500 }, (_, index) => {
      const other = { _id: `lnk_many${index}`, athleteId: `ath_many${index}` }
      return wantingOf(other, `run_many${index}`, { requestedAt: new Date(Date.now() - 60_000 - index) })
    })
    await insert(system, 'schedules', others)
    const { db } = system.store.connection
    await db!.setProfilingLevel('all')
    // The athlete's own last request is answered.
    expect((await ask()).position).toBe(999)
    await db!.setProfilingLevel('off')
    const looks = await db!.collection('system.profile').find({ 'command.aggregate': 'schedules' }).toArray()
    expect(Math.max(...looks.map(({ docsExamined }) => docsExamined))).toBeLessThanOrEqual(1_000)
  })

  test('the last run and how far all is complete', async () => {
    await clear()
    const startedAt = day(0, 0)
    await insert(system, 'sync_runs', [
      runOf(link, 'run_good', { startedAt, finishedAt: day(0, 1) }),
      runOf(link, 'run_bad', { finishedAt: day(0, 2), outcome: 'failed', errorCode: 'strava_unavailable' }),
      // Not needed any more: nothing an athlete would call a sync.
      runOf(link, 'run_replaced', { finishedAt: day(0, 3), outcome: 'cancelled' }),
    ])
    const status = statusSchema.parse(await athlete.json('GET', '/api/v1/strava/status'))
    expect(status.lastSync).toMatchObject({ runId: 'run_good', outcome: 'succeeded' })
    expect(status.completeUpTo).toBe(startedAt.toISOString())
    expect(status.error).toMatchObject({ code: 'strava_unavailable', actor: 'nobody' })
  })

  test('the runs, newest first, page by page, and why each waited', async () => {
    await clear()
    const wait = { reason: 'quota' as const, since: day(0, 1), until: day(0, 2) }
    await insert(system, 'sync_runs', [
      runOf(link, 'run_a', { requestedAt: day(3), waits: [wait] }),
      runOf(link, 'run_b', { requestedAt: day(2), outcome: 'failed', errorCode: 'strava_refuses' }),
      runOf(link, 'run_c', { requestedAt: day(2), outcome: 'cancelled', joinedTo: 'run_b', startedAt: null }),
      runOf(link, 'run_d', { requestedAt: day(1), state: 'waiting_for_quota', waitingFor: 'quota', outcome: null }),
      runOf({ ...link, _id: 'lnk_earlier' }, 'run_of_an_earlier_link', { requestedAt: day(4) }),
    ])
    const page = async (query: string) =>
      runPageSchema.parse(await athlete.json('GET', `/api/v1/strava/runs?limit=3${query}`))
    const first = await page('')
    expect(first.items).toMatchObject([
      { runId: 'run_d', state: 'waiting', outcome: null, error: null },
      { runId: 'run_c', state: 'finished', joinedTo: 'run_b', window: null },
      { runId: 'run_b', outcome: 'failed', error: { code: 'strava_refuses' } },
    ])
    const second = await page(`&cursor=${first.nextCursor}`)
    expect(second).toMatchObject({
      items: [{ runId: 'run_a', waits: [{ reason: 'quota', since: wait.since.toISOString() }] }],
      nextCursor: null,
    })
    expect(await other.json('GET', '/api/v1/strava/runs')).toEqual({ items: [], nextCursor: null })
    expect((await athlete.call('GET', '/api/v1/strava/runs?cursor=x')).status).toBe(400)
    expect((await athlete.call('GET', '/api/v1/strava/runs?limit=51')).status).toBe(400)
  })

  test('how far all is complete does not go back where a run that began earlier ends later', async () => {
    await clear()
    await insert(system, 'sync_runs', [
      runOf(link, 'run_pressed', { startedAt: day(0, 2), finishedAt: day(0, 3) }),
      runOf(link, 'run_hourly', { lane: 'scheduled', startedAt: day(0, 1), finishedAt: day(0, 4) }),
    ])
    const status = statusSchema.parse(await athlete.json('GET', '/api/v1/strava/status'))
    expect(status.completeUpTo).toBe(day(0, 2).toISOString())
  })

  test('an activity that cannot be read holds back how far all is complete for three runs', async () => {
    const broken = (runs: number) => ({ unread: [{ stravaActivityId: '7', runs }] })
    const status = async () => statusSchema.parse(await athlete.json('GET', '/api/v1/strava/status'))
    await clear()
    await insert(system, 'sync_runs', [
      runOf(link, 'run_whole', { startedAt: day(0, 0), finishedAt: day(0, 1) }),
      runOf(link, 'run_1', { startedAt: day(0, 2), finishedAt: day(0, 3), ...broken(1) }),
      runOf(link, 'run_2', { startedAt: day(0, 4), finishedAt: day(0, 5), ...broken(2) }),
    ])
    const incomplete = { count: 1, reason: 'activity_unreadable' }
    const held = { lastSync: { runId: 'run_2' }, completeUpTo: day(0, 0).toISOString(), incomplete }
    expect(await status()).toMatchObject(held)
    await insert(system, 'sync_runs', [
      runOf(link, 'run_3', { startedAt: day(0, 6), finishedAt: day(0, 7), ...broken(3) }),
    ])
    expect(await status()).toMatchObject({ completeUpTo: day(0, 6).toISOString(), incomplete })
  })

  test('not without a link, nor with a dead grant', async () => {
    const stranger = await system.signIn('stranger')
    expect(await (await stranger.call('POST', '/api/v1/strava/sync')).json()).toMatchObject({
      status: 409,
      code: 'not_linked',
    })
    const bus = await system.bus()
    const mine = await storedLink(system, 'ben')
    await system.store.collections.credentials.updateOne({ _id: mine._id }, { $set: { status: 'dead' } })
    await bus.publish({
      id: 'evt_reauth',
      type: 'athlete.reauth_required',
      data: { athleteId: mine.athleteId, linkId: mine._id, code: 'reauth_required', since: new Date().toISOString() },
      occurredAt: new Date(),
    })
    await vi.waitFor(async () =>
      expect(await other.json('GET', '/api/v1/strava/status')).toMatchObject({
        status: 'reauth_required',
        error: { code: 'reauth_required', actor: 'athlete', action: 'reconnect' },
      }),
    )
    expect(await (await other.call('POST', '/api/v1/strava/sync')).json()).toMatchObject({
      status: 409,
      code: 'reauth_required',
    })
  })

  test('nor without the permission: the answer names it, like the status', async () => {
    const mine = await storedLink(system, 'ben')
    const { links } = system.store.collections
    await links.updateOne({ _id: mine._id }, { $set: { status: 'reauth_required', errorCode: 'scope_missing' } })
    const answer = await other.call('POST', '/api/v1/strava/sync')
    expect(await answer.json()).toMatchObject({ status: 403, code: 'scope_missing' })
  })

  test('an old finding about the grant does not undo a new consent', async () => {
    const since = new Date().toISOString()
    await linkOnWeb(system, other, { athlete: ben })
    const bus = await system.bus()
    const mine = await storedLink(system, 'ben')
    await bus.publish({
      id: 'evt_late',
      type: 'athlete.reauth_required',
      data: { athleteId: mine.athleteId, linkId: mine._id, code: 'reauth_required', since },
      occurredAt: new Date(),
    })
    await vi.waitFor(() => expect(system.logLines.join('')).toContain('link-gone-or-renewed'))
    expect(await other.json('GET', '/api/v1/strava/status')).toMatchObject({ status: 'active' })
  })

  test('a late finding does not, either, when its clock is ahead; one about the scope counts', async () => {
    await linkOnWeb(system, other, { athlete: ben })
    const bus = await system.bus()
    const mine = await storedLink(system, 'ben')
    const find = (id: string, code: 'reauth_required' | 'scope_missing', aheadMs: number) => {
      const since = new Date(Date.now() + aheadMs).toISOString()
      const data = { athleteId: mine.athleteId, linkId: mine._id, code, since }
      return bus.publish({ id, type: 'athlete.reauth_required', data, occurredAt: new Date() })
    }
    const skips = () => system.logLines.filter((line) => line.includes('link-gone-or-renewed')).length
    const before = skips()
    await find('evt_ahead', 'reauth_required', 5_000)
    await vi.waitFor(() => expect(skips()).toBe(before + 1))
    expect(await other.json('GET', '/api/v1/strava/status')).toMatchObject({ status: 'active' })
    await find('evt_scope', 'scope_missing', 0)
    await vi.waitFor(async () =>
      expect(await other.json('GET', '/api/v1/strava/status')).toMatchObject({
        status: 'reauth_required',
        error: { code: 'scope_missing' },
      }),
    )
  })

  test('a call that left before a new consent says nothing about it, whenever its run ends', async () => {
    const grantLostAt = system.clock.now()
    await linkOnWeb(system, other, { athlete: ben })
    const mine = await storedLink(system, 'ben')
    const finishedAt = system.clock.now()
    const ended = { outcome: 'reauth_required', errorCode: 'scope_missing', grantLostAt, finishedAt } as const
    await insert(system, 'sync_runs', [runOf(mine, 'run_before_consent', ended)])
    const insertedAt = system.clock.now()
    await vi.waitFor(async () => {
      const mark = await system.store.collections.sweepMarks.findById('gateway.lost-grants').lean()
      expect(mark!.changes.time.getTime()).toBeGreaterThan(insertedAt.getTime())
    })
    expect(await other.json('GET', '/api/v1/strava/status')).toMatchObject({ status: 'active' })
  })

  test.each([
    ['scope_missing', 'active'],
    ['reauth_required', 'dead'],
  ] as const)('%s counts also when no event tells of it: the run says so', async (code, status) => {
    await linkOnWeb(system, other, { athlete: ben })
    const mine = await storedLink(system, 'ben')
    await system.store.collections.credentials.updateOne({ _id: mine._id }, { $set: { status } })
    const finishedAt = system.clock.now()
    const ended = { state: 'finished', outcome: 'reauth_required', errorCode: code, finishedAt } as const
    await insert(system, 'sync_runs', [runOf(mine, `run_${code}`, ended)])
    await vi.waitFor(async () =>
      expect(await other.json('GET', '/api/v1/strava/status')).toMatchObject({
        status: 'reauth_required',
        error: { code },
      }),
    )
  })
})
