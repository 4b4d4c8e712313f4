import type { EventData } from '@slipstream/contracts'
import { newId } from '@slipstream/runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually, type Harness, ofType, startHarness } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
  await harness.startIngestion()
})
afterAll(() => harness?.stop())
beforeEach(async () => {
  harness.leaveWindowEdge()
  harness.simulator.control.reset()
  await harness.store.collections.quota.deleteMany({})
})

const workoutsOf = (linkId: string) =>
  harness.store.collections.workouts.find({ linkId }).sort({ startedAt: -1 }).lean()
const sync = async (...request: Parameters<Harness['request']>) =>
  harness.finishedRun(await harness.request(...request))
const listings = () => harness.simulator.control.calls().calls.filter(({ endpoint }) => endpoint === 'activities')

describe('a sync run', () => {
  it('stores each listed activity and tells each once', async () => {
    const link = await harness.link('anna')
    const seen = harness.follow(link.athleteId)
    const run = await sync(link)
    const stored = await workoutsOf(link.linkId)
    expect(stored.length).toBeGreaterThan(5)
    const counts = { listed: stored.length, created: stored.length, updated: 0, deleted: 0, unchanged: 0, calls: 1 }
    expect(run).toMatchObject({ outcome: 'succeeded', errorCode: null, leaseOwner: null, counts })

    await eventually(() => expect(ofType(seen, 'activity.ingested')).toHaveLength(stored.length))
    await eventually(() => expect(ofType(seen, 'sync.finished')).toHaveLength(1))
    expect(new Set(seen.map(({ id }) => id)).size).toBe(stored.length + 1)
    expect(ofType(seen, 'sync.finished')[0]?.data).toMatchObject({
      runId: run._id,
      outcome: 'succeeded',
      counts,
      requestedVersion: 1,
    })
    const [newest] = stored
    const told = ofType(seen, 'activity.ingested').find(({ data }) => data.workoutId === newest?._id)
    expect(told?.data).toMatchObject({
      athleteId: link.athleteId,
      version: 1,
      cause: 'linked',
      workout: { id: newest?._id, name: newest?.name, startedAt: newest?.startedAt.toISOString() },
    })
    const keptFor = Date.parse(told?.data.dataPolicy.expiresAt ?? '') - (newest?.fetchedAt.getTime() ?? 0)
    expect(keptFor).toBe(7 * 86_400_000)
    await eventually(async () =>
      expect(await harness.store.collections.workouts.countDocuments({ 'outbox.0': { $exists: true } })).toBe(0),
    )
  })

  it('publishes nothing the second time, but marks what it saw', async () => {
    const link = await harness.link('chris')
    await sync(link)
    const before = await workoutsOf(link.linkId)
    const seen = harness.follow(link.athleteId)
    await eventually(() => expect(ofType(seen, 'activity.ingested')).toHaveLength(before.length))
    const second = await sync(link, { lane: 'scheduled', cause: 'hourly' })
    expect(second.counts).toMatchObject({ listed: before.length, created: 0, updated: 0, unchanged: before.length })
    await eventually(() => expect(ofType(seen, 'sync.finished')).toHaveLength(2))
    expect(seen).toHaveLength(before.length + 2)
    const after = await workoutsOf(link.linkId)
    expect(after.map(({ _id, version }) => [_id, version])).toEqual(before.map(({ _id }) => [_id, 1]))
    expect(Math.min(...after.map(({ appliedTicket }) => appliedTicket))).toBeGreaterThan(
      Math.max(...before.map(({ appliedTicket }) => appliedTicket)),
    )
  })

  it('finds an edit, a correction and a late upload', async () => {
    const link = await harness.link('anna')
    await sync(link)
    const [first, second] = await workoutsOf(link.linkId)
    const { control } = harness.simulator
    control.editActivity(Number(first?.stravaActivityId), { name: 'Renamed' })
    control.editActivity(Number(second?.stravaActivityId), { distanceMeters: 4321 })
    const late = control.lateUpload('anna')
    const seen = harness.follow(link.athleteId)
    const run = await sync(link, { cause: 'hourly' })
    expect(run.counts).toMatchObject({ created: 1, updated: 2 })
    await eventually(() => expect(ofType(seen, 'activity.updated')).toHaveLength(2))
    const updates = ofType(seen, 'activity.updated').map(({ data }) => data)
    expect(updates.find(({ workoutId }) => workoutId === first?._id)).toMatchObject({
      version: 2,
      changedFields: ['name'],
      workout: { name: 'Renamed' },
    })
    expect(updates.find(({ workoutId }) => workoutId === second?._id)).toMatchObject({
      changedFields: ['distanceMeters'],
    })
    await eventually(() => {
      const ingested = ofType(seen, 'activity.ingested').map(({ data }) => data.stravaActivityId)
      expect(ingested).toContain(String(late.id))
    })
  })

  it('has one effect however often, and in whatever order, its request is delivered', async () => {
    const link = await harness.link('dana')
    const seen = harness.follow(link.athleteId)
    const runId = newId('run')
    for (let round = 0; round < 10; round += 1) await harness.request(link, { runId })
    await harness.finishedRun(runId)
    for (let round = 0; round < 10; round += 1) await harness.request(link, { runId })
    await sync(link)
    const stored = await workoutsOf(link.linkId)
    await eventually(() => expect(ofType(seen, 'sync.finished')).toHaveLength(2))
    await eventually(() => expect(ofType(seen, 'activity.ingested')).toHaveLength(stored.length))
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length)
    expect(ofType(seen, 'activity.updated')).toEqual([])
  })

  it('makes no call for a link without a grant', async () => {
    const link = await harness.link('dana')
    await harness.store.connection
      .collection<{ _id: string }>('links')
      .updateOne({ _id: link.linkId }, { $set: { status: 'reauth_required' } })
    const seen = harness.follow(link.athleteId)
    expect(await sync(link)).toMatchObject({ outcome: 'reauth_required' })
    await eventually(() => expect(ofType(seen, 'sync.finished')).toHaveLength(1))
    expect(ofType(seen, 'athlete.reauth_required')).toEqual([])
    expect(listings()).toEqual([])
  })
})

// Nobody knows which start orders and filters Strava's lists where an athlete hides it: the midnight that is shown, or the true one.
describe.each(['shown_start', 'true_start'] as const)('a list by %s', (listedBy) => {
  beforeEach(() => harness.simulator.control.setFaults({ behaviour: { listedBy } }))

  it('asks for the newest, and no further than the first activity from before the window', async () => {
    const link = await harness.link('dana')
    const { window } = await sync(link)
    expect(listings().map(({ query }) => query)).toEqual([{ page: '1', per_page: '200' }])
    for (const { startedAt } of await workoutsOf(link.linkId))
      expect(startedAt.getTime()).toBeGreaterThanOrEqual(window.after.getTime())
    await sync(link, { lane: 'scheduled', cause: 'hourly' })
    expect(listings()[1]?.query).toEqual({ page: '1', per_page: '30' })
  })

  it('goes on to the empty page where nothing is older than the window', async () => {
    const link = await harness.link('eva')
    expect(await sync(link)).toMatchObject({ outcome: 'succeeded', counts: { listed: 12, calls: 2 } })
    expect(listings().map(({ query }) => query.page)).toEqual(['1', '2'])
  })

  it('goes through all pages of a busy athlete and tells how far it is', async () => {
    const link = await harness.link('busy')
    const progress: EventData<'sync.progress'>[] = []
    const listening = harness.bus.listen('sync.progress', link.athleteId, (data) => progress.push(data))
    await harness.bus.transport.connection.flush()
    const run = await sync(link)
    expect(run.counts).toMatchObject({ listed: 450, created: 450, unchanged: 0, calls: 4 })
    expect(await harness.store.collections.workouts.countDocuments({ linkId: link.linkId })).toBe(450)
    await eventually(() => expect(progress).toHaveLength(5))
    listening.stop()
    const [begun, ...pages] = progress
    expect(begun).toMatchObject({ state: 'running', listed: 0, stored: 0, estimatedFinishAt: null })
    expect(pages[0]).toMatchObject({ state: 'running', listed: 200, stored: 200 })
    expect(pages.at(-1)).toMatchObject({ state: 'finished', listed: 450, stored: 450 })
    for (const { estimatedFinishAt } of pages) expect(estimatedFinishAt).not.toBeNull()
    const seen = harness.follow(link.athleteId)
    await eventually(() => expect(ofType(seen, 'activity.ingested')).toHaveLength(450))
  })

  it('goes on after short pages', async () => {
    harness.simulator.control.setFaults({ behaviour: { shortPages: true } })
    const link = await harness.link('busy')
    expect((await sync(link)).counts).toMatchObject({ created: 450 })
  })

  it('brings everything that shows a start within the window, hidden starts near the ends of pages and window too', async () => {
    const { control } = harness.simulator
    const link = await harness.link('busy')
    // At every hour of the day, in zones that show a midnight long before the start, and long after it.
    const zones = ['(GMT-12:00) Etc/GMT+12', '(GMT+10:00) Australia/Melbourne', '(GMT+14:00) Pacific/Kiritimati']
    const hidden = Array.from({ length: 106 }, (_, index) =>
      control.addActivity('busy', {
        startedHoursAgo: 7 * index + 1,
        movingMinutes: 10,
        hideStartTime: true,
        timezone: zones[index % zones.length] ?? '',
      }),
    )
    const run = await sync(link)
    expect(run.outcome).toBe('succeeded')
    const within = hidden.filter(({ start_date }) => new Date(start_date) >= run.window.after)
    expect(within.length).toBeLessThan(hidden.length)
    const stored = new Set((await workoutsOf(link.linkId)).map(({ stravaActivityId }) => stravaActivityId))
    expect(within.filter(({ id }) => !stored.has(String(id)))).toEqual([])
    expect(stored.size).toBe(450 + within.length)
    control.clearCalls()
    const again = await sync(link, { lane: 'scheduled', cause: 'hourly' })
    expect(again.counts).toMatchObject({ created: 0, deleted: 0, unchanged: 450 + within.length })
    expect(control.calls().counts).not.toHaveProperty('activity')
  })
})

describe('metrics', () => {
  it('show runs, changes, calls, latency, quota and keys', async () => {
    const link = await harness.link('anna')
    await sync(link)
    // The row says that the run is over a moment before the metric does.
    const text = await eventually(async () => {
      const shown = await harness.metrics.registry.metrics()
      expect(shown).toMatch(
        /^slipstream_sync_run_duration_seconds_count\{.*lane="interactive",outcome="succeeded".*\} [1-9]/m,
      )
      return shown
    })
    expect(text).toMatch(/^slipstream_activities_total\{change="created".*\} [1-9]/m)
    expect(text).toMatch(
      /^slipstream_strava_request_duration_seconds_count\{.*endpoint="activities",outcome="ok".*\} [1-9]/m,
    )
    expect(text).toMatch(/^slipstream_quota_limit\{bucket="overall15m".*\} 400$/m)
    expect(text).toMatch(/^slipstream_quota_used\{bucket="read15m".*\} 1$/m)
    expect(text).toMatch(/^slipstream_quota_used_by_lane\{bucket="read15m",lane="interactive".*\} 1$/m)
    expect(text).toMatch(/^slipstream_quota_used_by_lane\{bucket="readDay",lane="backfill".*\} 0$/m)
    expect(text).toMatch(/^slipstream_strava_stopped\{trouble="credentials".*\} 0$/m)
    expect(text).toMatch(/^slipstream_workout_oldest_fetch_seconds\{.*\} \d/m)
    expect(text).toMatch(/^slipstream_tokens_by_key\{kid="test".*\} [1-9]/m)
    expect(text).toMatch(/^slipstream_dead_letters\{.*\} \d/m)
    await eventually(async () =>
      expect(await harness.metrics.registry.metrics()).toMatch(
        /^slipstream_ingestion_latency_seconds_count\{.*cause="linked".*\} [1-9]/m,
      ),
    )
  })
})
