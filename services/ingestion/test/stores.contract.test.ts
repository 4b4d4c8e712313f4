import type { RunCounts, WaitReason } from '@slipstream/contracts'
import { type Collections, collections, connectStore, prepareDatabase } from '@slipstream/persistence'
import { newId, systemClock } from '@slipstream/runtime'
import { createMemoryStore, testDatabase } from '@slipstream/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createFetchTickets } from '../src/adapters/fetch-tickets.ts'
import { createRunStore } from '../src/adapters/run-store.ts'
import { createWorkoutStore } from '../src/adapters/workout-store.ts'
import { decidePage } from '../src/domain/decide-page.ts'
import type { RunLease, RunStore } from '../src/domain/ports.ts'
import { morningRun } from './fixtures/activities.ts'
import { newRunFor } from './fixtures/runs.ts'

// The same cases against MongoDB and against the database in memory that simulations run on.

interface Opened {
  stored: Collections<'ingestion'>
  close(): Promise<void>
}

const openMongo = async (): Promise<Opened> => {
  const database = testDatabase()
  const store = await connectStore({ uri: database.uri, owner: 'ingestion' })
  await prepareDatabase(store.connection)
  const close = async () => {
    await store.close()
    await database.drop()
  }
  return { stored: store.collections, close }
}

/** Each operation lets others come in between. */
const openMemory = async (): Promise<Opened> => {
  const store = createMemoryStore(collections, { now: () => new Date() })
  const stored = store.seenBy(() => new Promise((resolve) => setImmediate(resolve)))
  return { stored: stored as Collections<'ingestion'>, close: async () => {} }
}

describe.each([
  ['MongoDB', openMongo],
  ['the database in memory', openMemory],
])('over %s', (_name, open) => {
  let opened: Opened
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(() => opened?.close())

  const runStore = (owner: string, leaseMs: number): RunStore =>
    createRunStore({ collections: opened.stored, clock: systemClock, newId, owner, leaseMs })

  const progress = (counts: RunCounts, page = 2) => ({
    counts,
    answeredCalls: counts.calls,
    unread: [],
    cursor: { before: new Date(), page, pages: page - 1, listedIds: [], previousIds: [], earliestStart: null },
  })
  const quotaOpens = (until: Date) => ({ until, reason: 'quota' as const })

  describe('the lease on a run', () => {
    it('is held by one at a time; a holder whose lease has passed on changes nothing', async () => {
      const [slow, quick] = [runStore('slow', 200), runStore('quick', 10_000)]
      const request = newRunFor(newId('link'))
      const { counts } = await slow.open(request)
      const first = await slow.lease(request.want.runId)
      expect(first?.run).toMatchObject({ state: 'running', requestedVersion: 3, laneVersion: 3, startedAt: null })
      expect(await quick.lease(request.want.runId)).toBeNull()
      const second = await vi.waitFor(async () => {
        const lease = await quick.lease(request.want.runId)
        expect(lease).not.toBeNull()
        return lease!
      })
      // The call that nobody has heard of any more.
      expect([first, second].map((lease) => lease?.run)).toMatchObject([
        { counts: { calls: 0 }, answeredCalls: 0 },
        { counts: { calls: 1 }, answeredCalls: 1 },
      ])
      const stale = { ...counts, listed: 999 }
      const finish = { outcome: 'succeeded' as const, errorCode: null, counts: stale, finishedAt: new Date() }
      expect(await slow.renew(first!)).toBe(false)
      expect(await slow.continueWith(first!, progress(stale, 9))).toBe(false)
      expect(await slow.park(first!, quotaOpens(new Date()), stale)).toBe(false)
      expect(await slow.release(first!, stale)).toBe(false)
      expect(await slow.finish(first!, finish)).toBe(false)
      expect(await quick.continueWith(second, progress({ ...counts, listed: 200 }))).toBe(true)
      const stored = await opened.stored.syncRuns.findById(request.want.runId).lean()
      expect(stored).toMatchObject({ state: 'queued', cursor: { page: 2 }, counts: { listed: 200 }, leaseOwner: null })
      const { athleteId, linkId, lane } = request
      expect(stored?.outbox).toMatchObject([
        { type: 'sync.requested', data: { athleteId, linkId, lane, laneVersion: 3 } },
      ])
    })

    it('lasts as long as it is renewed, and is not given for a finished run', async () => {
      const runs = runStore('one', 60_000)
      const request = newRunFor(newId('link'))
      const { counts } = await runs.open(request)
      const lease = (await runs.lease(request.want.runId))!
      const leaseUntil = async () =>
        (await opened.stored.syncRuns.findById(request.want.runId).lean())?.leaseUntil?.getTime() ?? 0
      const first = await leaseUntil()
      await vi.waitFor(async () => {
        expect(await runs.renew(lease)).toBe(true)
        expect(await leaseUntil()).toBeGreaterThan(first)
      })
      expect(await runStore('two', 60_000).lease(request.want.runId)).toBeNull()
      await runs.finish(lease, { outcome: 'failed', errorCode: 'internal_error', counts, finishedAt: new Date() })
      expect(await runs.lease(request.want.runId)).toBeNull()
    })

    it('ends with the work: a holder that has given the run up changes nothing more', async () => {
      const runs = runStore('one', 10_000)
      const end = { outcome: 'succeeded' as const, errorCode: null, finishedAt: new Date() }
      const ways: ((lease: RunLease, counts: RunCounts) => Promise<boolean>)[] = [
        (lease, counts) => runs.release(lease, counts),
        (lease, counts) => runs.park(lease, quotaOpens(new Date()), counts),
        (lease, counts) => runs.continueWith(lease, progress(counts)),
        (lease, counts) => runs.finish(lease, { ...end, counts }),
      ]
      for (const way of ways) {
        const request = newRunFor(newId('link'))
        const { counts } = await runs.open(request)
        const lease = (await runs.lease(request.want.runId))!
        expect(await way(lease, counts)).toBe(true)
        const before = await opened.stored.syncRuns.findById(request.want.runId).lean()
        expect(before?.counts.calls).toBe(0)
        for (const again of [...ways, runs.renew]) expect(await again(lease, { ...counts, listed: 999 })).toBe(false)
        expect(await opened.stored.syncRuns.findById(request.want.runId).lean()).toEqual(before)
      }
    })

    it('is held for a link and lane: two runs of one lane never go side by side', async () => {
      const runs = runStore('any', 10_000)
      const linkId = newId('link')
      const [first, second, other] = [newRunFor(linkId), newRunFor(linkId), newRunFor(linkId, { lane: 'interactive' })]
      for (const run of [first, second, other]) await runs.open(run)
      for (let round = 0; round < 20; round += 1) {
        const leases = await Promise.all([first, second].map(({ want }) => runs.lease(want.runId)))
        const held = leases.filter((lease) => lease !== null)
        expect(held.length).toBeLessThanOrEqual(1)
        for (const lease of held) await runs.release(lease, lease.run.counts)
      }
      expect(await runs.lease(first.want.runId)).not.toBeNull()
      expect(await runs.lease(second.want.runId)).toBeNull()
      expect(await runs.lease(other.want.runId)).not.toBeNull()
    })

    it('opens a run once, however many ask at the same time', async () => {
      const request = newRunFor(newId('link'))
      await Promise.all(Array.from({ length: 20 }, () => runStore('any', 300).open(request)))
      expect(await opened.stored.syncRuns.countDocuments({ _id: request.want.runId })).toBe(1)
    })
  })

  describe('parked runs', () => {
    it('go on soon when what they waited for is over, and no others', async () => {
      const runs = runStore('one', 1000)
      const until = new Date('2026-01-01T01:00:00Z')
      const park = async (reason: WaitReason) => {
        const request = newRunFor(newId('link'))
        const { counts } = await runs.open(request)
        await runs.park((await runs.lease(request.want.runId))!, { reason, until }, counts)
        return request.want.runId
      }
      const [first, forQuota, second] = [await park('strava'), await park('quota'), await park('strava')]
      const now = new Date('2026-01-01T00:30:00Z')
      const wake = () => runs.wake('strava', now, 5_000, 1)
      expect([await wake(), await wake(), await wake()]).toEqual([1, 1, 0])
      const resumeAtOf = async (runId: string) =>
        (await opened.stored.syncRuns.findById(runId).lean())?.resumeAt?.getTime()
      for (const woken of [first, second]) {
        expect(await resumeAtOf(woken)).toBeGreaterThanOrEqual(now.getTime())
        expect(await resumeAtOf(woken)).toBeLessThan(now.getTime() + 5_000)
      }
      expect(await resumeAtOf(forQuota)).toBe(until.getTime())
      await opened.stored.syncRuns.deleteMany({ _id: { $in: [first, second, forQuota] } })
    })

    it('keep why they waited, the last ten times', async () => {
      const runs = runStore('one', 1000)
      const request = newRunFor(newId('link'))
      const { counts } = await runs.open(request)
      const untils = Array.from({ length: 12 }, (_, minute) => new Date(Date.UTC(2026, 0, 1, 0, minute)))
      for (const until of untils) await runs.park((await runs.lease(request.want.runId))!, quotaOpens(until), counts)
      const run = await opened.stored.syncRuns.findById(request.want.runId).lean()
      expect(run?.waits?.map(({ until }) => until)).toEqual(untils.slice(2))
      await opened.stored.syncRuns.deleteOne({ _id: request.want.runId })
    })

    it('are asked for once, by whichever replica is first', async () => {
      const request = newRunFor(newId('link'))
      const runs = runStore('one', 1000)
      const { counts } = await runs.open(request)
      const resumeAt = new Date('2026-01-01T00:15:00Z')
      await runs.park((await runs.lease(request.want.runId))!, quotaOpens(resumeAt), counts)
      const early = new Date(resumeAt.getTime() - 1)
      expect(await runs.resumeDue(early, 10)).toEqual({ resumed: [], failures: [] })
      const swept = await Promise.all(Array.from({ length: 5 }, () => runStore('any', 1000).resumeDue(resumeAt, 10)))
      expect(swept.flatMap(({ resumed }) => resumed.map(({ _id }) => _id))).toEqual([request.want.runId])
      const stored = await opened.stored.syncRuns.findById(request.want.runId).lean()
      expect(stored).toMatchObject({ state: 'queued', resumeAt: null })
      expect(stored?.outbox).toHaveLength(1)
    })

    it('go on though one of them cannot, which is tried again ever later', async () => {
      const runs = runStore('one', 1000)
      const [broken, healthy] = [newRunFor(newId('link')), newRunFor(newId('link'))]
      const [first, later] = [new Date('2026-01-01T00:10:00Z'), new Date('2026-01-01T00:15:00Z')]
      for (const [request, resumeAt] of [[broken, first] as const, [healthy, later] as const]) {
        const { counts } = await runs.open(request)
        await runs.park((await runs.lease(request.want.runId))!, quotaOpens(resumeAt), counts)
      }
      const _id = broken.want.runId
      await opened.stored.syncRuns.updateOne({ _id }, { $set: { requestedAt: null } } as never)
      const failures = [{ athleteId: broken.athleteId, err: expect.any(TypeError) }]
      expect(await runs.resumeDue(later, 10)).toEqual({
        resumed: [expect.objectContaining({ _id: healthy.want.runId })],
        failures,
      })
      const again = new Date(later.getTime() + 30_000)
      expect(await opened.stored.syncRuns.findById(_id).lean()).toMatchObject({ failures: 1, resumeAt: again })
      expect(await runs.resumeDue(later, 10)).toEqual({ resumed: [], failures: [] })
      expect(await runs.resumeDue(again, 10)).toEqual({ resumed: [], failures })
      await opened.stored.syncRuns.deleteOne({ _id })
    })
  })

  describe('fetch tickets', () => {
    it('are never given twice for a link', async () => {
      const tickets = createFetchTickets(opened.stored)
      const linkId = newId('link')
      const taken = await Promise.all(Array.from({ length: 30 }, () => tickets.next(linkId)))
      expect(taken.toSorted((one, other) => one - other)).toEqual(taken.map((_, index) => index + 1))
    })
  })

  describe('workouts', () => {
    it('end as the latest fetch saw them when pages are applied at the same time, each told once', async () => {
      const linkId = newId('link')
      const context = { athleteId: newId('athlete'), linkId, cause: 'hourly' as const, requestedAt: new Date() }
      const store = createWorkoutStore(opened.stored, systemClock)
      const activityIds = ['1', '2', '3', '4', '5']
      // Each round of `apply` settles at least one of the competing pages, and there are five rounds.
      const pages = Array.from({ length: 5 }, (_, index) => ({
        ticket: index + 1,
        activities: activityIds.map((stravaActivityId) => ({
          ...morningRun,
          stravaActivityId,
          name: `fetch ${index + 1}`,
        })),
      }))
      await Promise.all(
        pages.map(({ ticket, activities }) =>
          store.apply({
            linkId,
            activities,
            decide: (open, known) =>
              decidePage({
                ...{ context, activities: open, ...known, ticket, now: new Date(), keepForMs: null },
                newWorkoutId: () => newId('workout'),
              }),
          }),
        ),
      )
      const stored = await opened.stored.workouts.find({ linkId }).lean()
      expect(stored).toHaveLength(activityIds.length)
      for (const workout of stored) {
        expect(workout).toMatchObject({ name: 'fetch 5', appliedTicket: 5 })
        expect(workout.outbox.map(({ type }) => type)).toEqual([
          'activity.ingested',
          ...Array.from({ length: workout.version - 1 }, () => 'activity.updated'),
        ])
        expect(workout.outbox.map(({ id }) => id)).toEqual(
          workout.outbox.map((_, index) => `${workout._id}.${index + 1}`),
        )
      }
    })
  })

  describe('a workout that others create and remove while a fetch is about to create it', () => {
    const setUp = () => {
      const [linkId, athleteId] = [newId('link'), newId('athlete')]
      const context = { athleteId, linkId, cause: 'hourly' as const, requestedAt: new Date() }
      const apply = (ticket: number, stored: Collections<'ingestion'> = opened.stored) =>
        createWorkoutStore(stored, systemClock).apply({
          linkId,
          activities: [morningRun],
          decide: (activities, known) =>
            decidePage({
              ...{ context, activities, ...known, ticket, now: new Date(), keepForMs: null },
              newWorkoutId: () => newId('workout'),
            }),
        })
      const { stravaActivityId } = morningRun
      const remove = (ticket: number) =>
        createWorkoutStore(opened.stored, systemClock).remove({
          ...{ linkId, stravaActivityId, ticket, reason: 'deleted_at_strava', now: new Date() },
        })
      /** A fetch that has read what is stored, and then waits for that before it writes. */
      const applyAfter = (ticket: number, meanwhile: () => Promise<unknown>) => {
        const { workouts } = opened.stored
        const { collection } = workouts
        const bulkWrite = async (...written: Parameters<typeof collection.bulkWrite>) => {
          await meanwhile()
          return collection.bulkWrite(...written)
        }
        const late = new Proxy(workouts, {
          get: (target, name) => (name === 'collection' ? { bulkWrite } : Reflect.get(target, name)),
        })
        return apply(ticket, { ...opened.stored, workouts: late })
      }
      const told = async () => {
        const left = await opened.stored.tombstones.find({ linkId }).lean()
        return left.flatMap(({ outbox }) => outbox.map(({ id, type }) => `${type} ${id}`))
      }
      const found = () => opened.stored.workouts.find({ linkId }).lean()
      return { linkId, apply, remove, applyAfter, told, found }
    }

    it('does not come back by that fetch, where the removal was of a later one', async () => {
      const { apply, remove, applyAfter, told, found } = setUp()
      const ids: string[] = []
      await applyAfter(1, async () => {
        await apply(2)
        ids.push(...(await found()).map(({ _id }) => _id))
        await remove(3)
      })
      expect(await found()).toEqual([])
      const events = await told()
      expect(events).toHaveLength(2)
      // The one that came in between, and the one that came back for a moment: receivers may have been told of both.
      expect(events[0]).toBe(`activity.deleted ${ids[0]}.2`)
      expect(events[1]).toMatch(/^activity\.deleted workout_\w+\.2$/)
    })

    it('stays where that fetch began last; its own end is told when it comes', async () => {
      const { apply, remove, applyAfter, told, found } = setUp()
      await applyAfter(3, async () => {
        await apply(1)
        await remove(2)
      })
      const [workout, ...others] = await found()
      expect(others).toEqual([])
      expect(workout).toMatchObject({ version: 1, appliedTicket: 3 })
      await remove(4)
      expect(await found()).toEqual([])
      expect((await told()).at(-1)).toBe(`activity.deleted ${workout?._id}.2`)
      await apply(5)
      expect(await found()).toMatchObject([{ appliedTicket: 5 }])
    })
  })
})
