import {
  profileSchema,
  statusSchema,
  summarySchema,
  type TrainingLoad,
  trainingLoadSchema,
  type Workout,
  type WorkoutPage,
  workoutPageSchema,
} from '@slipstream/contracts'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { anna, ben, linkOnWeb } from './support/linking.ts'
import { insert, runOf, storedLink, wantingOf, workoutOf } from './support/stored.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

let system: System
let athlete: SignedIn
let other: SignedIn
let link: Awaited<ReturnType<typeof storedLink>>

const day = (ago: number, hour = 8) => {
  const date = new Date(Date.now() - ago * 86_400_000)
  date.setUTCHours(hour, 0, 0, 0)
  return date
}

beforeAll(async () => {
  system = await startSystem()
  athlete = await system.signIn('anna')
  other = await system.signIn('ben')
  await linkOnWeb(system, athlete, { athlete: anna })
  await linkOnWeb(system, other, { athlete: ben })
  link = await storedLink(system, 'anna')
  await insert(system, 'workouts', [
    ...Array.from({ length: 25 }, (_, index) => workoutOf(link, day(index + 1), { name: `w${index}` })),
    // Started at the same moment: only the id tells them apart.
    ...['a', 'b', 'c'].map((id) =>
      workoutOf(link, day(30), { _id: `wko_${id}`, sportType: 'Swim', isPowerMeasured: false }),
    ),
    workoutOf(await storedLink(system, 'ben'), day(1), { _id: 'wko_of_ben' }),
  ])
})
afterAll(() => system.stop())

describe('workouts', () => {
  const walk = async (query: string): Promise<Workout[]> => {
    const items: Workout[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: WorkoutPage = workoutPageSchema.parse(
        await athlete.json('GET', `/api/v1/workouts?${query}${cursor && `&cursor=${cursor}`}`),
      )
      items.push(...page.items)
      cursor = page.nextCursor
    }
    return items
  }

  test.each([1, 2, 7, 28, 200])('in pages of %i: all of one’s own, once, newest first', async (limit) => {
    const items = await walk(`limit=${limit}`)
    expect(items).toHaveLength(28)
    expect(new Set(items.map(({ id }) => id)).size).toBe(28)
    const keys = items.map(({ startedAt, id }) => `${startedAt} ${id}`)
    expect(keys).toEqual(keys.toSorted().toReversed())
    expect(items.some(({ id }) => id === 'wko_of_ben')).toBe(false)
  })

  test('a workout added in front while paging moves nothing', async () => {
    const first: WorkoutPage = await athlete.json('GET', '/api/v1/workouts?limit=10')
    await insert(system, 'workouts', [workoutOf(link, day(0, 0), { _id: 'wko_new' })])
    const second: WorkoutPage = await athlete.json('GET', `/api/v1/workouts?limit=10&cursor=${first.nextCursor}`)
    const seen = first.items.map(({ id }) => id)
    expect(second.items.filter(({ id }) => seen.includes(id))).toEqual([])
    await system.store.connection.collection('workouts').deleteOne({ _id: 'wko_new' as never })
  })

  test('by time and sport', async () => {
    const from = day(10).toISOString()
    const to = day(3).toISOString()
    const items = await walk(`from=${from}&to=${to}`)
    expect(items).toHaveLength(7)
    expect(items.every(({ startedAt }) => startedAt >= from && startedAt < to)).toBe(true)
    expect(await walk('sportType=Swim')).toHaveLength(3)
    expect(await walk(`from=${day(0).toISOString().slice(0, 10)}&to=2020-01-01`)).toEqual([])
  })

  test('unchanged content is answered with 304', async () => {
    for (const path of ['/api/v1/workouts?limit=3', '/api/v1/workouts/wko_a']) {
      const etag = (await athlete.call('GET', path)).headers.get('etag')!
      expect(etag).toMatch(/^W\//)
      const again = await athlete.call('GET', path, undefined, { 'if-none-match': etag })
      expect(again.status).toBe(304)
      expect(await again.text()).toBe('')
      expect((await athlete.call('GET', path, undefined, { 'if-none-match': 'W/"other"' })).status).toBe(200)
    }
  })

  test('one by its id; another athlete’s is not there', async () => {
    expect(await athlete.json('GET', '/api/v1/workouts/wko_a')).toMatchObject({
      id: 'wko_a',
      sportType: 'Swim',
      isPowerMeasured: false,
    })
    expect((await athlete.call('GET', '/api/v1/workouts/wko_of_ben')).status).toBe(404)
    expect((await other.call('GET', '/api/v1/workouts/wko_a')).status).toBe(404)
  })

  test('an athlete without a link has none', async () => {
    const stranger = await system.signIn('stranger')
    expect(await stranger.json('GET', '/api/v1/workouts')).toEqual({ items: [], nextCursor: null })
  })
})

test('training load over 28 days', async () => {
  const load: TrainingLoad = trainingLoadSchema.parse(await athlete.json('GET', '/api/v1/training-load'))
  expect(load.days).toHaveLength(28)
  expect(load.days.at(-2)).toMatchObject({ load: 40, durationSeconds: 3_000 })
  expect(load.acute).toBeCloseTo((6 * 40) / 7, 1)
  expect(load.chronic).toBeCloseTo((25 * 40) / 28, 1)
  expect(load.method).toMatch(/Banister.*Gabbett/s)
})

test('the profile is stored, and its first submission remembered', async () => {
  const nobody = await system.signIn('newcomer', { profile: false })
  expect(await nobody.json('GET', '/api/v1/profile')).toEqual({
    displayName: null,
    primarySport: null,
    weeklyGoalHours: null,
    submittedAt: null,
  })
  const submitted = profileSchema.parse(
    await nobody.json('PUT', '/api/v1/profile', { displayName: ' Nora ', primarySport: 'Ride', weeklyGoalHours: 6.5 }),
  )
  expect(submitted).toMatchObject({ displayName: 'Nora', weeklyGoalHours: 6.5 })
  const changed = profileSchema.parse(
    await nobody.json('PUT', '/api/v1/profile', { displayName: 'N', primarySport: 'Run' }),
  )
  expect(changed).toEqual({
    displayName: 'N',
    primarySport: 'Run',
    weeklyGoalHours: null,
    submittedAt: submitted.submittedAt,
  })
})

test('no link token before the profile is submitted', async () => {
  const nobody = await system.signIn('hasty', { profile: false })
  const answer = await nobody.call('POST', '/api/v1/strava/link-token', { platform: 'web' })
  expect(answer.status).toBe(409)
  expect(await answer.json()).toMatchObject({ code: 'profile_required', action: 'submit_profile' })
})

test('the summary has it all in one', async () => {
  const summary = summarySchema.parse(await athlete.json('GET', '/api/v1/profile/summary'))
  expect(summary.profile.displayName).toBe('anna')
  expect(summary.strava.status).toBe('active')
  expect(summary.recentWorkouts).toHaveLength(10)
  expect(summary.load.chronic).toBeGreaterThan(0)
})

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

test('places are limited: the next athlete is told before Strava refuses', async () => {
  const small = await startSystem({ env: { STRAVA_ATHLETE_LIMIT: '1' } })
  try {
    const first = await small.signIn('anna')
    await linkOnWeb(small, first, { athlete: anna })
    const second = await small.signIn('ben')
    const answer = await second.call('POST', '/api/v1/strava/link-token', { platform: 'web' })
    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({ code: 'app_full', actor: 'operator' })
    expect((await first.call('POST', '/api/v1/strava/link-token', { platform: 'web' })).status).toBe(201)
  } finally {
    await small.stop()
  }
})

test.each([
  ['claim', { profile_submitted: true }, 201],
  ['claim', {}, 409],
  ['claim', { profile_submitted: 'true' }, 409],
  ['off', {}, 201],
] as const)('PROFILE_GATE=%s with claims %j answers %i', async (gate, claims, expected) => {
  const gated = await startSystem({ env: { PROFILE_GATE: gate } })
  try {
    const person = await gated.signIn('anna', { profile: false, claims })
    expect((await person.call('POST', '/api/v1/strava/link-token', { platform: 'web' })).status).toBe(expected)
  } finally {
    await gated.stop()
  }
})
