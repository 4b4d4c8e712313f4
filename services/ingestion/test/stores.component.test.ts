import type { RunCounts, WaitReason } from '@slipstream/contracts'
import { TransientError } from '@slipstream/messaging'
import { createDeliveryLog } from '@slipstream/persistence'
import { newId, systemClock } from '@slipstream/runtime'
import { createLogger, createMetrics } from '@slipstream/telemetry'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createErasure } from '../src/adapters/erasure.ts'
import { createFetchTickets } from '../src/adapters/fetch-tickets.ts'
import { createGrantReader } from '../src/adapters/grant-reader.ts'
import { createLinkReader } from '../src/adapters/link-reader.ts'
import { createReceiptReader } from '../src/adapters/receipt-reader.ts'
import { createRunStore } from '../src/adapters/run-store.ts'
import { createUnreadableKeeper } from '../src/adapters/unreadable-keeper.ts'
import { createWorkoutStore } from '../src/adapters/workout-store.ts'
import { decidePage } from '../src/domain/decide-page.ts'
import type { LinkReader, NewRun, RunLease, RunStore } from '../src/domain/ports.ts'
import { createFacts } from '../src/facts.ts'
import { finishRun, type RunDeps } from '../src/handlers/run-step.ts'
import { syncStep } from '../src/handlers/sync-step.ts'
import { morningRun } from './fixtures/activities.ts'
import { eventually, type Harness, startHarness } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
  // The indexes are part of what is tested here; a service makes them at its start.
  await (await harness.startIngestion()).stop()
})
afterAll(() => harness?.stop())

const runStore = (owner: string, leaseMs: number): RunStore =>
  createRunStore({ collections: harness.store.collections, clock: systemClock, newId, owner, leaseMs })

const newRunFor = (linkId: string, changes: Partial<NewRun> = {}): NewRun => ({
  ...{ athleteId: newId('athlete'), linkId, lane: 'scheduled', requestedVersion: 3 },
  want: {
    ...{ asked: 3, answered: 2, runId: newId('run'), cause: 'hourly', windowDays: 28 },
    requestedAt: new Date('2026-11-21T09:00:00.000Z'),
  },
  ...changes,
})
const progress = (counts: RunCounts, page = 2) => ({
  counts,
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
    const second = await eventually(async () => {
      const lease = await quick.lease(request.want.runId)
      expect(lease).not.toBeNull()
      return lease!
    })
    const stale = { ...counts, listed: 999 }
    const finish = { outcome: 'succeeded' as const, errorCode: null, counts: stale, finishedAt: new Date() }
    expect(await slow.renew(first!)).toBe(false)
    expect(await slow.continueWith(first!, progress(stale, 9))).toBe(false)
    expect(await slow.park(first!, quotaOpens(new Date()), stale)).toBe(false)
    expect(await slow.release(first!, stale)).toBe(false)
    expect(await slow.finish(first!, finish)).toBe(false)
    expect(await quick.continueWith(second, progress({ ...counts, listed: 200 }))).toBe(true)
    const stored = await harness.store.collections.syncRuns.findById(request.want.runId).lean()
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
      (await harness.store.collections.syncRuns.findById(request.want.runId).lean())?.leaseUntil?.getTime() ?? 0
    const first = await leaseUntil()
    await eventually(async () => {
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
      const before = await harness.store.collections.syncRuns.findById(request.want.runId).lean()
      for (const again of [...ways, runs.renew]) expect(await again(lease, { ...counts, listed: 999 })).toBe(false)
      expect(await harness.store.collections.syncRuns.findById(request.want.runId).lean()).toEqual(before)
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
    expect(await harness.store.collections.syncRuns.countDocuments({ _id: request.want.runId })).toBe(1)
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
      (await harness.store.collections.syncRuns.findById(runId).lean())?.resumeAt?.getTime()
    for (const woken of [first, second]) {
      expect(await resumeAtOf(woken)).toBeGreaterThanOrEqual(now.getTime())
      expect(await resumeAtOf(woken)).toBeLessThan(now.getTime() + 5_000)
    }
    expect(await resumeAtOf(forQuota)).toBe(until.getTime())
    await harness.store.collections.syncRuns.deleteMany({ _id: { $in: [first, second, forQuota] } })
  })

  it('keep why they waited, the last ten times', async () => {
    const runs = runStore('one', 1000)
    const request = newRunFor(newId('link'))
    const { counts } = await runs.open(request)
    const untils = Array.from({ length: 12 }, (_, minute) => new Date(Date.UTC(2026, 0, 1, 0, minute)))
    for (const until of untils) await runs.park((await runs.lease(request.want.runId))!, quotaOpens(until), counts)
    const run = await harness.store.collections.syncRuns.findById(request.want.runId).lean()
    expect(run?.waits?.map(({ until }) => until)).toEqual(untils.slice(2))
    await harness.store.collections.syncRuns.deleteOne({ _id: request.want.runId })
  })

  it('are asked for once, by whichever replica is first', async () => {
    const request = newRunFor(newId('link'))
    const runs = runStore('one', 1000)
    const { counts } = await runs.open(request)
    const resumeAt = new Date('2026-01-01T00:15:00Z')
    await runs.park((await runs.lease(request.want.runId))!, quotaOpens(resumeAt), counts)
    const early = new Date(resumeAt.getTime() - 1)
    expect(await runs.resumeDue(early, 10)).toBe(0)
    const resumed = await Promise.all(Array.from({ length: 5 }, () => runStore('any', 1000).resumeDue(resumeAt, 10)))
    expect(resumed.reduce((sum, count) => sum + count)).toBe(1)
    const stored = await harness.store.collections.syncRuns.findById(request.want.runId).lean()
    expect(stored).toMatchObject({ state: 'queued', resumeAt: null })
    expect(stored?.outbox).toHaveLength(1)
  })
})

describe('fetch tickets', () => {
  it('are never given twice for a link', async () => {
    const tickets = createFetchTickets(harness.store.collections)
    const linkId = newId('link')
    const taken = await Promise.all(Array.from({ length: 30 }, () => tickets.next(linkId)))
    expect(taken.toSorted((one, other) => one - other)).toEqual(taken.map((_, index) => index + 1))
  })
})

describe('workouts', () => {
  it('end as the latest fetch saw them when pages are applied at the same time, each told once', async () => {
    const linkId = newId('link')
    const context = { athleteId: newId('athlete'), linkId, cause: 'hourly' as const, requestedAt: new Date() }
    const store = createWorkoutStore(harness.store.collections, systemClock)
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
    const stored = await harness.store.collections.workouts.find({ linkId }).lean()
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

const runOfToday = () => ({ ...morningRun, startDate: new Date().toISOString() })
const noActivity = { getActivity: async () => ({ kind: 'absent', isCertain: true }) as const }

const pageDeps = (runs: RunStore, changes: Partial<RunDeps>): RunDeps => {
  const { collections } = harness.store
  return {
    runs,
    links: createLinkReader(collections),
    receipts: createReceiptReader(collections),
    erasure: createErasure({
      events: { end: async () => 0, purge: async () => 0 },
      ...{
        collections,
        workouts: createWorkoutStore(collections, systemClock),
        grants: createGrantReader(collections),
      },
      deliveries: createDeliveryLog(collections, systemClock),
      clock: systemClock,
    }),
    tickets: createFetchTickets(collections),
    strava: {
      ...noActivity,
      listActivities: async () => ({ kind: 'answered', answer: { data: [runOfToday()], unreadable: [], quota: null } }),
    },
    workouts: createWorkoutStore(collections, systemClock),
    unreadable: createUnreadableKeeper(createDeliveryLog(collections, systemClock)),
    facts: createFacts(createLogger('test', 'silent'), createMetrics('test')),
    clock: systemClock,
    newWorkoutId: () => newId('workout'),
    announceProgress: () => {},
    nudge: () => {},
    keepForMs: null,
    leaseTimings: { leaseMs: 10_000, renewEveryMs: 1000 },
    ...changes,
  }
}
const delivery = { id: newId('evt'), attempt: 1, signal: new AbortController().signal, occurredAt: new Date() }

const leasedRun = async () => {
  const link = await harness.link('anna')
  const runs = runStore('one', 10_000)
  const { _id } = await runs.open(newRunFor(link.linkId, { athleteId: link.athleteId }))
  return { ...link, runs, lease: (await runs.lease(_id))! }
}
const storedRun = (lease: RunLease) => harness.store.collections.syncRuns.findById(lease.run._id).lean()

describe('the runs of an athlete', () => {
  /** So many webhook runs, one each second, the earliest first, and what is to be among them. */
  const storedRuns = async (athleteId: string, count: number, changes: Record<number, object> = {}) => {
    const rows = Array.from({ length: count }, (_, index) => ({
      ...{ _id: `${athleteId}_${index}`, athleteId, linkId: 'link_1', lane: 'realtime', state: 'finished', outbox: [] },
      ...{ finishedAt: new Date(index * 1_000), outcome: 'succeeded', activities: [{ stravaActivityId: '1' }] },
      ...changes[index],
    }))
    await harness.store.connection.collection<{ _id: string }>('sync_runs').insertMany(rows)
  }
  const left = async (athleteId: string) => {
    const found = await harness.store.collections.syncRuns.find({ athleteId }, { _id: 1 }).lean()
    return found.map(({ _id }) => Number(_id.split('_').at(-1))).sort((one, other) => one - other)
  }
  const newest = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

  it('are 50 at most, among them the last that proves what is complete', async () => {
    const athleteId = newId('athlete')
    await storedRuns(athleteId, 60, {
      3: { activities: [] },
      5: { activities: [] },
      8: { activities: [], outcome: 'failed' },
    })
    await runStore('one', 10_000).trim(athleteId)
    expect(await left(athleteId)).toEqual([5, ...newest(11, 59)])
  })

  it('stay while they are open, or have something left to tell; what is of others stays', async () => {
    const [athleteId, other] = [newId('athlete'), newId('athlete')]
    const isOpen = { state: 'queued', finishedAt: null, outcome: null }
    const isUntold = { outbox: [{ id: newId('evt'), type: 'sync.finished', data: {}, occurredAt: new Date() }] }
    await storedRuns(athleteId, 60, { 0: isOpen, 1: isUntold, 59: { activities: [] } })
    await storedRuns(other, 49)
    await runStore('one', 10_000).trim(athleteId)
    await runStore('one', 10_000).trim(other)
    expect(await left(athleteId)).toEqual([0, 1, ...newest(11, 59)])
    expect(await left(other)).toHaveLength(49)
  })

  it('are trimmed as soon as one ends, and a hundred at a time where there are many', async () => {
    const { runs, lease } = await leasedRun()
    const { athleteId } = lease.run
    await storedRuns(athleteId, 200)
    const end = { outcome: 'cancelled', errorCode: null, counts: lease.run.counts, finishedAt: new Date() } as const
    await finishRun(pageDeps(runs, {}), lease, end)
    expect(await harness.store.collections.syncRuns.countDocuments({ athleteId })).toBe(101)
    await runs.trim(athleteId)
    expect(await harness.store.collections.syncRuns.countDocuments({ athleteId })).toBe(49)
  })
})

describe('a link that goes away', () => {
  const held = async (linkId: string) => {
    const { workouts, syncRuns, fetchTickets } = harness.store.collections
    return [
      await workouts.countDocuments({ linkId }),
      await syncRuns.countDocuments({ linkId }),
      await fetchTickets.countDocuments({ _id: linkId }),
    ]
  }

  it('between the look at it and the write leaves nothing behind', async () => {
    const { linkId, athleteId, runs, lease } = await leasedRun()
    await harness.openReceipt({ linkId, athleteId }, newId('receipt'))
    // There before the write, erased and gone after it.
    const answers: (Awaited<ReturnType<LinkReader['status']>> | 'erased')[] = ['active', 'erased']
    const links: RunDeps['links'] = {
      status: async () => {
        const answer = answers.shift()
        if (answer !== 'erased') return answer ?? null
        expect(await held(linkId)).toEqual([1, 1, 1])
        return null
      },
      wanted: async () => null,
    }
    expect(await syncStep(pageDeps(runs, { links }), lease, delivery)).toEqual({ kind: 'skipped', reason: 'link-gone' })
    expect(await held(linkId)).toEqual([0, 0, 0])
  })

  it('while Strava is asked leaves nothing behind', async () => {
    const { linkId, athleteId, runs, lease } = await leasedRun()
    await harness.openReceipt({ linkId, athleteId }, newId('receipt'))
    const links: RunDeps['links'] = { status: async () => null, wanted: async () => null }
    expect(await syncStep(pageDeps(runs, { links }), lease, delivery)).toEqual({ kind: 'skipped', reason: 'link-gone' })
    expect(await held(linkId)).toEqual([0, 0, 0])
  })
})

describe('a page', () => {
  it('counts as done although its progress cannot be announced', async () => {
    const { runs, lease } = await leasedRun()
    const announceProgress = () => {
      throw new Error('the connection is closed')
    }
    expect(await syncStep(pageDeps(runs, { announceProgress }), lease, delivery)).toEqual({ kind: 'done' })
    expect(await storedRun(lease)).toMatchObject({ state: 'queued', cursor: { page: 2 }, counts: { listed: 1 } })
  })

  it('that finds the grant lost speaks of the grant it was asked for with, however late the answer comes', async () => {
    const { runs, lease } = await leasedRun()
    const askedAt = new Date()
    let now = askedAt
    const listActivities = async () => {
      now = new Date(askedAt.getTime() + 60_000)
      return { kind: 'grant_lost', code: 'scope_missing' } as const
    }
    await syncStep(
      pageDeps(runs, { strava: { ...noActivity, listActivities }, clock: { now: () => now } }),
      lease,
      delivery,
    )
    const run = await storedRun(lease)
    expect(run).toMatchObject({ finishedAt: now, grantLostAt: askedAt })
    expect(run?.outbox).toContainEqual(
      expect.objectContaining({
        type: 'athlete.reauth_required',
        data: expect.objectContaining({ code: 'scope_missing', since: askedAt.toISOString() }),
      }),
    )
  })

  it('that ends the list leaves no ids in the run, and the run its end in 30 days', async () => {
    const { runs, lease } = await leasedRun()
    const cursor = { ...progress(lease.run.counts).cursor, listedIds: ['1', '2'], previousIds: ['2'] }
    await runs.continueWith(lease, { cursor, counts: lease.run.counts, unread: [] })
    const listActivities = async () => ({
      kind: 'answered' as const,
      answer: { data: [], unreadable: [], quota: null },
    })
    await syncStep(
      pageDeps(runs, { strava: { ...noActivity, listActivities } }),
      (await runs.lease(lease.run._id))!,
      delivery,
    )
    const run = await storedRun(lease)
    expect(run).toMatchObject({ state: 'finished', cursor: { page: 2, listedIds: [], previousIds: [] } })
    expect(run!.deleteAt!.getTime() - run!.finishedAt!.getTime()).toBe(30 * 24 * 60 * 60_000)
  })

  it('that a stop cuts short leaves its run to the next process, also at the last attempt', async () => {
    const { runs, lease } = await leasedRun()
    const signal = AbortSignal.abort()
    const listActivities = async () => Promise.reject(new TransientError('aborted'))
    const last = { ...delivery, attempt: 5, signal }
    await expect(syncStep(pageDeps(runs, { strava: { ...noActivity, listActivities } }), lease, last)).rejects.toThrow(
      'aborted',
    )
    expect(await storedRun(lease)).toMatchObject({ state: 'queued', startedAt: null, leaseOwner: null, outcome: null })
  })
})
