import {
  exportSchema,
  summarySchema,
  type TrainingLoad,
  trainingLoadSchema,
  type Workout,
  type WorkoutPage,
  workoutPageSchema,
} from '@slipstream/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anna, ben, linkOnWeb } from './support/linking.ts'
import { day, insert, letterOf, noticeOf, runOf, storedLink, workoutOf } from './support/stored.ts'
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
  await insert(system, 'workouts', [
    ...Array.from({ length: 25 }, (_, index) => workoutOf(link, day(index + 1), { name: `w${index}` })),
    // Started at the same moment: only the id tells them apart.
    ...['a', 'b', 'c'].map((id) =>
      workoutOf(link, day(30), { _id: `wko_${id}`, sportType: 'Swim', isPowerMeasured: false }),
    ),
    workoutOf(await storedLink(system, 'ben'), day(1), { _id: 'wko_of_ben', sportType: 'Ride' }),
  ])
})
afterAll(() => system.stop())

test('an export holds everything of the athlete, and nothing of others or of tokens', async () => {
  await insert(system, 'sync_runs', [runOf(link, 'run_exported')])
  const response = await athlete.call('GET', '/api/v1/export')
  expect(response.headers.get('content-disposition')).toContain('attachment')
  const text = await response.text()
  const { workouts, runs, strava, profile } = exportSchema.parse(JSON.parse(text))
  expect([workouts.length, runs.map(({ runId }) => runId)]).toEqual([28, ['run_exported']])
  expect([strava.status, profile.displayName]).toEqual(['active', 'anna'])
  expect(text).not.toMatch(/token|wko_of_ben/i)
  // More than one page of each, some of the same moment.
  const many = Array.from({ length: 401 }, (_, index) => runOf(link, `run_many_${index}`))
  await insert(system, 'sync_runs', many)
  const all = exportSchema.parse(await athlete.json('GET', '/api/v1/export'))
  expect(new Set(all.runs.map(({ runId }) => runId)).size).toBe(402)
  expect(all.runs).toHaveLength(402)
  await system.store.connection.collection<{ _id: string }>('sync_runs').deleteMany({ _id: /^run_many_/ })
  const nobody = await system.signIn('nobody', { profile: false })
  expect(exportSchema.parse(await nobody.json('GET', '/api/v1/export'))).toMatchObject({ workouts: [], runs: [] })
})

test('an export holds what Strava told of the athlete, and what was set aside', async () => {
  const ofBen = await storedLink(system, 'ben')
  // The index is in the order of the activities.
  await insert(system, 'webhook_inbox', [
    noticeOf(link, { objectId: '1', receivedAt: day(1), updates: { title: 'Evening ride' } }),
    noticeOf(link, { objectId: '2', receivedAt: day(3), aspectType: 'create' }),
    noticeOf(link, { objectType: 'athlete', objectId: '3', receivedAt: day(2), updates: { authorized: 'false' } }),
    noticeOf(ofBen, { objectId: '4' }),
  ])
  await insert(system, 'dead_letters', [
    letterOf(link, { createdAt: day(2), payload: 'no JSON at all' }),
    letterOf(link, { createdAt: day(1), reason: 'activity_unreadable' }),
    letterOf(ofBen),
  ])
  const { notices, setAside } = exportSchema.parse(await athlete.json('GET', '/api/v1/export'))
  expect(notices.map(({ objectId, updates }) => [objectId, updates])).toEqual([
    ['2', {}],
    ['3', { authorized: 'false' }],
    ['1', { title: 'Evening ride' }],
  ])
  expect(notices[0]).toMatchObject({ objectType: 'activity', aspectType: 'create', receivedAt: day(3).toISOString() })
  expect(setAside).toEqual([
    { reason: 'activity_unreadable', eventType: 'sync.requested', at: day(1).toISOString(), payload: '{}' },
    { reason: 'attempts_exhausted', eventType: 'sync.requested', at: day(2).toISOString(), payload: 'no JSON at all' },
  ])
})

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

test('the summary has it all in one', async () => {
  const summary = summarySchema.parse(await athlete.json('GET', '/api/v1/profile/summary'))
  expect(summary.profile.displayName).toBe('anna')
  expect(summary.strava.status).toBe('active')
  expect(summary.recentWorkouts).toHaveLength(10)
  expect(summary.load.chronic).toBeGreaterThan(0)
  expect(summary.sportTypes).toEqual(['Run', 'Swim'])
  const nobody = await system.signIn('unlinked', { profile: false })
  expect(summarySchema.parse(await nobody.json('GET', '/api/v1/profile/summary')).sportTypes).toEqual([])
})
