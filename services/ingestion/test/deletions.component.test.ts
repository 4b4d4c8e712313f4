import type { EventData } from '@slipstream/contracts'
import type { WantedActivity } from '@slipstream/records'
import { newId } from '@slipstream/runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createWorkoutStore } from '../src/adapters/workout-store.ts'
import { decidePage } from '../src/domain/decide-page.ts'
import { morningRun } from './fixtures/activities.ts'
import { eventually, type Harness, ofType, type SeenEvent, startHarness, type TestLink } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
  await harness.startIngestion()
})
afterAll(() => harness?.stop())
beforeEach(() => {
  harness.simulator.control.reset()
})

const sync = async (link: TestLink) =>
  harness.finishedRun(await harness.request(link, { lane: 'scheduled', cause: 'hourly' }))
const stored = (link: TestLink) =>
  harness.store.collections.workouts.find({ linkId: link.linkId }).sort({ startedAt: -1 }).lean()
const tombstones = (link: TestLink) => harness.store.collections.tombstones.find({ linkId: link.linkId }).lean()
const calls = () => harness.simulator.control.calls().counts

/** A linked athlete whose activities are stored, and what is told from now on. */
const synced = async (account: string) => {
  const link = await harness.link(account)
  await harness.finishedRun(await harness.request(link))
  const [newest] = await stored(link)
  if (!newest) throw new Error('nothing was stored')
  harness.simulator.control.clearCalls()
  const seen: SeenEvent[] = harness.follow(link.athleteId)
  await eventually(() => expect(ofType(seen, 'sync.finished')).toHaveLength(1))
  return { link, newest, seen, activityId: Number(newest.stravaActivityId) }
}

describe('an activity that is not listed any more', () => {
  it('is asked for, and removed with a tombstone and an event where it is gone', async () => {
    const { link, newest, seen, activityId } = await synced('anna')
    const before = await stored(link)
    harness.simulator.control.deleteActivity(activityId)
    expect(await sync(link)).toMatchObject({ outcome: 'succeeded', counts: { deleted: 1, created: 0, calls: 2 } })
    expect(calls()).toMatchObject({ activities: { 200: 1 }, activity: { 404: 1 } })
    expect(await stored(link)).toHaveLength(before.length - 1)
    expect(await tombstones(link)).toMatchObject([
      { _id: newest._id, stravaActivityId: newest.stravaActivityId, version: 2, reason: 'deleted_at_strava' },
    ])
    await eventually(() => expect(ofType(seen, 'activity.deleted')).toHaveLength(1))
    expect(ofType(seen, 'activity.deleted')).toMatchObject([
      { id: `${newest._id}.2`, data: { workoutId: newest._id, version: 2, reason: 'deleted_at_strava' } },
    ])
    expect(await sync(link)).toMatchObject({ counts: { deleted: 0, calls: 1 } })
  })

  it('stays where Strava still has it', async () => {
    const { link, newest, seen } = await synced('anna')
    harness.simulator.control.setFaults({
      rules: [{ endpoint: 'activities', effect: { kind: 'left_out', activityId: Number(newest.stravaActivityId) } }],
    })
    expect(await sync(link)).toMatchObject({ outcome: 'succeeded', counts: { deleted: 0, calls: 2 } })
    expect((await stored(link))[0]).toMatchObject({ _id: newest._id, version: 1 })
    expect(ofType(seen, 'activity.deleted')).toEqual([])
  })

  it('is believed to be gone only when a second run is answered with a 404 that gives no reason', async () => {
    const { link, newest, activityId } = await synced('anna')
    harness.simulator.control.deleteActivity(activityId)
    harness.simulator.control.setFaults({
      rules: [{ endpoint: 'activity', effect: { kind: 'status', status: 404, body: 'empty' } }],
    })
    expect(await sync(link)).toMatchObject({ outcome: 'succeeded', counts: { deleted: 0, calls: 2 } })
    expect((await stored(link))[0]?._id).toBe(newest._id)
    expect(await sync(link)).toMatchObject({ outcome: 'succeeded', counts: { deleted: 1, calls: 2 } })
    expect(await tombstones(link)).toHaveLength(1)
  })

  it('comes back as the same workout, in its next version, when it is listed again', async () => {
    const { link, newest, seen, activityId } = await synced('chris')
    harness.simulator.control.editActivity(activityId, { invisible: true })
    expect(await sync(link)).toMatchObject({ counts: { deleted: 1 } })
    harness.simulator.control.editActivity(activityId, { invisible: false })
    expect(await sync(link)).toMatchObject({ counts: { created: 1, calls: 1 } })
    expect((await stored(link)).find(({ _id }) => _id === newest._id)).toMatchObject({ version: 3 })
    const told = () => seen.filter(({ data }) => 'workoutId' in data && data.workoutId === newest._id)
    await eventually(() => expect(told()).toHaveLength(3))
    expect(told().map(({ type, id }) => [type, id])).toEqual([
      ['activity.ingested', `${newest._id}.1`],
      ['activity.deleted', `${newest._id}.2`],
      ['activity.ingested', `${newest._id}.3`],
    ])
  })

  it('together with many others makes the list be asked once more, and costs at most ten calls a run', async () => {
    const { link, seen } = await synced('ben')
    const all = await stored(link)
    expect(all.length).toBeGreaterThan(14)
    for (const { stravaActivityId } of all.slice(0, 14))
      harness.simulator.control.deleteActivity(Number(stravaActivityId))
    const progress: EventData<'sync.progress'>[] = []
    const listening = harness.bus.listen('sync.progress', link.athleteId, (data) => progress.push(data))
    await harness.bus.transport.connection.flush()
    expect(await sync(link)).toMatchObject({ counts: { deleted: 10, calls: 12 } })
    // Whoever looks on sees each of them go.
    await eventually(() => expect(progress).toHaveLength(13))
    listening.stop()
    expect(await sync(link)).toMatchObject({ counts: { deleted: 4 } })
    expect(await stored(link)).toHaveLength(all.length - 14)
    await eventually(() => expect(ofType(seen, 'activity.deleted')).toHaveLength(14))
  })

  it('is the next run’s where asking for it fails, and keeps nothing else from being done', async () => {
    const { link, newest, activityId } = await synced('anna')
    harness.simulator.control.deleteActivity(activityId)
    harness.simulator.control.setFaults({ rules: [{ endpoint: 'activity', effect: { kind: 'status', status: 500 } }] })
    expect(await sync(link)).toMatchObject({ outcome: 'succeeded', counts: { deleted: 0 } })
    expect((await stored(link))[0]?._id).toBe(newest._id)
    harness.simulator.control.clearFaults()
    expect(await sync(link)).toMatchObject({ outcome: 'succeeded', counts: { deleted: 1 } })
  })

  it('goes where it turns out to have started before the window', async () => {
    const { link, newest, activityId } = await synced('anna')
    const longAgo = new Date(Date.now() - 40 * 86_400_000).toISOString()
    harness.simulator.control.editActivity(activityId, { distortion: { fields: { start_date: longAgo } } })
    expect(await sync(link)).toMatchObject({ outcome: 'succeeded', counts: { deleted: 1 } })
    expect(await tombstones(link)).toMatchObject([{ _id: newest._id, reason: 'outside_window' }])
  })
})

describe('a webhook', () => {
  const told = (stravaActivityId: string, aspect: WantedActivity['aspect'], expects?: WantedActivity['expects']) => ({
    ...{ stravaActivityId, aspect, eventTime: new Date(), inboxId: `in_${stravaActivityId}`, asked: 2 },
    ...(expects && { expects }),
  })
  const look = async (link: TestLink, activities: WantedActivity[], mostCalls = 10) => {
    const schedules = harness.store.connection.collection<{ _id: string }>('schedules')
    const want = {
      ...{ asked: 2, answered: 0, runId: newId('run'), cause: 'webhook', windowDays: 28, requestedAt: new Date() },
      ...{ activities, mostCalls },
    }
    await schedules.updateOne({ _id: link.athleteId }, { $set: { 'wants.realtime': want, requestedVersion: 2 } })
    await harness.wake(link, { runId: want.runId, lane: 'realtime' })
    return harness.finishedRun(want.runId)
  }

  it('of an upload that is not there yet is left over by its run, and of a deletion is not', async () => {
    const { link } = await synced('anna')
    expect(await look(link, [told('99999999990', 'create'), told('99999999991', 'delete')])).toMatchObject({
      ...{ outcome: 'succeeded', lane: 'realtime', unseen: ['99999999990'], absent: ['99999999990'] },
      counts: { calls: 3, deleted: 0 },
    })
  })

  it('causes no more calls than are left to webhooks, and what is not asked for is left over', async () => {
    const { link } = await synced('anna')
    const ids = ['99999999991', '99999999992', '99999999993', '99999999994']
    expect(
      await look(
        link,
        ids.map((id) => told(id, 'delete')),
        3,
      ),
    ).toMatchObject({
      ...{ outcome: 'succeeded', unseen: [], unchecked: ['99999999993', '99999999994'], counts: { calls: 3 } },
    })
  })

  it('counts as the calls that were answered, not as those that Strava failed', async () => {
    const { link } = await synced('anna')
    const [gone, failing] = ['99999999995', '99999999996']
    const status = { kind: 'status', status: 500 } as const
    harness.simulator.control.setFaults({ rules: [{ endpoint: 'activity', effect: status, times: 1 }] })
    const run = await look(link, [told(failing, 'delete'), told(gone, 'delete')])
    expect(run).toMatchObject({ outcome: 'succeeded', answeredCalls: 3, counts: { calls: 4 } })
    harness.simulator.control.setFaults({ rules: [{ endpoint: 'activity', effect: status }] })
    const failed = await look(link, [told(failing, 'delete')])
    expect(failed).toMatchObject({ outcome: 'succeeded', answeredCalls: 1 })
    expect(failed.counts.calls).toBeGreaterThan(2)
    harness.simulator.control.clearFaults()
  })

  it('of an update that is not shown yet is left over by its run, and of one that is shown is not', async () => {
    const { link, newest } = await synced('anna')
    const { stravaActivityId, name } = newest
    const early = await look(link, [told(stravaActivityId, 'update', { title: 'Not shown yet' })])
    expect(early).toMatchObject({ outcome: 'succeeded', unseen: [stravaActivityId], counts: { calls: 1 } })
    const shown = await look(link, [told(stravaActivityId, 'update', { title: name, isPrivate: false })])
    expect(shown.unseen).toEqual([])
  })

  it('of an update that a list is too short for is looked at by itself', async () => {
    const { link } = await synced('busy')
    const [oldest] = await harness.store.collections.workouts
      .find({ linkId: link.linkId })
      .sort({ startedAt: 1 })
      .lean()
    const { stravaActivityId = '' } = oldest ?? {}
    expect(await look(link, [told(stravaActivityId, 'update', { title: 'Not shown yet' })])).toMatchObject({
      ...{ outcome: 'succeeded', unseen: [stravaActivityId], counts: { calls: 2 } },
    })
  })
})

describe('a removal', () => {
  const store = () => createWorkoutStore(harness.store.collections, harness.clock)
  const apply = (link: TestLink, ticket: number, name = 'Run') =>
    store().apply({
      linkId: link.linkId,
      activities: [{ ...morningRun, name }],
      decide: (activities, known) =>
        decidePage({
          context: { ...link, cause: 'hourly', requestedAt: new Date() },
          ...{ activities, ...known, ticket, now: new Date(), keepForMs: null },
          newWorkoutId: () => `wrk_${link.linkId}`,
        }),
    })
  const remove = (link: TestLink, ticket: number) =>
    store().remove({
      ...{ linkId: link.linkId, stravaActivityId: morningRun.stravaActivityId, ticket },
      ...{ reason: 'deleted_at_strava', now: harness.clock.now() },
    })
  const newLink = () => ({ athleteId: newId('athlete'), linkId: newId('link') })

  it('by an earlier fetch than the one that saw it last changes nothing', async () => {
    const link = newLink()
    await apply(link, 5)
    expect(await remove(link, 4)).toBe(false)
    expect(await remove(link, 5)).toBe(false)
    expect(await stored(link)).toHaveLength(1)
  })

  it('is not undone by a fetch that started before it and comes later', async () => {
    const link = newLink()
    await apply(link, 1)
    expect(await remove(link, 3)).toBe(true)
    expect(await apply(link, 2)).toMatchObject({ tally: { stale: 1, created: 0 } })
    expect(await stored(link)).toEqual([])
    expect(await apply(link, 4)).toMatchObject({ tally: { created: 1 } })
    expect(await stored(link)).toMatchObject([{ version: 3, appliedTicket: 4 }])
  })

  it('that a crash has cut in two is ended by the sweep, and told once', async () => {
    const link = newLink()
    await apply(link, 1)
    const at = new Date(harness.clock.now().getTime() - 60_000)
    const decided = { version: 2, appliedTicket: 2, deletion: { reason: 'deleted_at_strava', at }, outbox: [] }
    await harness.store.collections.workouts.updateOne({ linkId: link.linkId }, { $set: decided } as never)
    await Promise.all([store().endRemovals(harness.clock.now(), 10), store().endRemovals(harness.clock.now(), 10)])
    expect(await stored(link)).toEqual([])
    const [tombstone] = await tombstones(link)
    expect(tombstone).toMatchObject({ version: 2, appliedTicket: 2, deletedAt: at })
  })

  it('of what was last fetched too long ago is made by time, and of nothing else', async () => {
    const [old, fresh] = [newLink(), newLink()]
    for (const link of [old, fresh]) await apply(link, 1)
    const cutoff = new Date('2020-01-01T00:00:00Z')
    const longAgo = new Date('2019-12-31T23:59:59Z')
    await harness.store.collections.workouts.updateOne({ linkId: old.linkId }, { $set: { fetchedAt: longAgo } })
    expect(await store().expire(cutoff, 10)).toMatchObject({ done: 1, failures: [] })
    expect([await stored(old), (await stored(fresh)).length]).toEqual([[], 1])
    expect(await tombstones(old)).toMatchObject([{ version: 2, reason: 'expired' }])
    expect(await store().expire(cutoff, 10)).toMatchObject({ done: 0 })
    expect(await apply(old, 2)).toMatchObject({ tally: { created: 1 } })
  })

  it('that cannot be made stands before no other, and is tried again ever later', async () => {
    const [poison, healthy] = [newLink(), newLink()]
    for (const link of [poison, healthy]) await apply(link, 1)
    const longAgo = new Date('2019-12-31T23:59:59Z')
    const { workouts } = harness.store.collections
    await workouts.updateMany({ linkId: { $in: [poison.linkId, healthy.linkId] } }, { $set: { fetchedAt: longAgo } })
    const db = harness.store.connection.db!
    await db.command({ collMod: 'tombstones', validator: { linkId: { $ne: poison.linkId } } })
    try {
      const cutoff = new Date('2020-01-01T00:00:00Z')
      const swept = await store().expire(cutoff, 10)
      expect(swept).toMatchObject({ done: 2, failures: [{ athleteId: poison.athleteId }] })
      expect([(await stored(poison)).length, await stored(healthy)]).toEqual([1, []])
      // It is decided, so that time looks at it no more; the sweep over removals does, at its time.
      expect(await store().expire(cutoff, 10)).toMatchObject({ done: 0 })
      expect(await store().endRemovals(harness.clock.now(), 10)).toEqual({ done: 0, failures: [] })
      harness.clock.offsetMs += 31_000
      expect(await store().endRemovals(harness.clock.now(), 10)).toMatchObject({ done: 0, failures: [{}] })
      expect(await workouts.findOne({ linkId: poison.linkId }).lean()).toMatchObject({ deletion: { failures: 2 } })
      await expect(store().expireUpTo({ linkId: poison.linkId, ticket: 9 }, 10)).rejects.toThrow(/validation/)
    } finally {
      await db.command({ collMod: 'tombstones', validator: {} })
    }
    harness.clock.offsetMs += 3_600_000
    expect(await store().endRemovals(harness.clock.now(), 10)).toMatchObject({ done: 1, failures: [] })
    expect(await tombstones(poison)).toMatchObject([{ version: 2, reason: 'expired' }])
  })

  it('by time says that an activity left the window, where a later list did not reach it', async () => {
    const [cutoff, longAgo] = [new Date('2020-01-01T00:00:00Z'), new Date('2019-12-20T00:00:00Z')]
    const startedAt = new Date('2019-12-01T00:00:00Z')
    const later = new Date('2019-12-25T00:00:00Z')
    const lists: [start: Date, after: Date, reason: string][] = [
      [later, new Date('2019-12-02T00:00:00Z'), 'outside_window'],
      // It was within, and not fetched all the same; or that list was before it was fetched last.
      [later, new Date('2019-11-30T00:00:00Z'), 'expired'],
      [new Date('2019-12-19T00:00:00Z'), new Date('2019-12-02T00:00:00Z'), 'expired'],
    ]
    const links = lists.map(newLink)
    const runs = harness.store.connection.collection<{ _id: string }>('sync_runs')
    for (const [index, link] of links.entries()) {
      await apply(link, 1)
      await harness.store.collections.workouts.updateOne(
        { linkId: link.linkId },
        { $set: { fetchedAt: longAgo, startedAt } },
      )
      const [start, after] = lists[index]!
      const times = { startedAt: start, finishedAt: start, window: { after, before: start } }
      await runs.insertOne({ _id: newId('run'), ...link, ...times, outcome: 'succeeded', state: 'finished' } as never)
    }
    expect(await store().expire(cutoff, 10)).toMatchObject({ done: 3, failures: [] })
    const reasons = await Promise.all(links.map(async (link) => (await tombstones(link))[0]?.reason))
    expect(reasons).toEqual(lists.map(([, , reason]) => reason))
  })

  it('that was decided is off when a later fetch finds the activity before it is done', async () => {
    const link = newLink()
    await apply(link, 1)
    const decided = {
      ...{ version: 2, appliedTicket: 2, outbox: [] },
      deletion: { reason: 'deleted_at_strava', at: harness.clock.now() },
    }
    await harness.store.collections.workouts.updateOne({ linkId: link.linkId }, { $set: decided } as never)
    expect(await apply(link, 2)).toMatchObject({ tally: { stale: 1 } })
    expect(await apply(link, 3)).toMatchObject({ tally: { created: 1 } })
    const [workout] = await stored(link)
    expect(workout).toMatchObject({ version: 3, outbox: [{ type: 'activity.ingested' }] })
    expect(workout).not.toHaveProperty('deletion')
  })
})
