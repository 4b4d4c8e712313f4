import type { RunCounts } from '@slipstream/contracts'
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
import type { LinkReader, RunLease, RunStore } from '../src/domain/ports.ts'
import { createFacts } from '../src/facts.ts'
import { finishRun, type RunDeps } from '../src/handlers/run-step.ts'
import { syncStep } from '../src/handlers/sync-step.ts'
import { morningRun } from './fixtures/activities.ts'
import { newRunFor } from './fixtures/runs.ts'
import { type Harness, startHarness } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
  // The indexes are part of what is tested here; a service makes them at its start.
  await (await harness.startIngestion()).stop()
})
afterAll(() => harness?.stop())

const runStore = (owner: string, leaseMs: number): RunStore =>
  createRunStore({ collections: harness.store.collections, clock: systemClock, newId, owner, leaseMs })

const progress = (counts: RunCounts, page = 2) => ({
  counts,
  answeredCalls: counts.calls,
  unread: [],
  cursor: { before: new Date(), page, pages: page - 1, listedIds: [], previousIds: [], earliestStart: null },
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
      events: { end: async () => 0, count: async () => 0, purge: async () => 0 },
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

describe('a page of workouts', () => {
  it('is no race with another fetch where its collision is not all that went wrong', async () => {
    const { connection, collections } = harness.store
    const context = {
      athleteId: newId('athlete'),
      linkId: newId('link'),
      cause: 'hourly',
      requestedAt: new Date(),
    } as const
    const activity = (stravaActivityId: string) => ({ ...morningRun, stravaActivityId })
    const nothingKnown = { stored: [], tombstones: [] }
    const apply = (ticket: number, activities: ReturnType<typeof activity>[]) =>
      createWorkoutStore(collections, systemClock).apply({
        linkId: context.linkId,
        activities,
        // Decided on what was read before the others were stored.
        decide: (open) =>
          decidePage({
            ...{ context, activities: open, ...nothingKnown, ticket, now: new Date(), keepForMs: null },
            newWorkoutId: () => newId('workout'),
          }),
      })
    await apply(1, [activity('1')])
    await connection.db?.command({ collMod: 'workouts', validator: { stravaActivityId: { $ne: '2' } } })
    try {
      await expect(apply(2, [activity('1'), activity('2')])).rejects.toMatchObject({ name: 'MongoBulkWriteError' })
      await expect(apply(3, [activity('1')])).rejects.toThrow(TransientError)
    } finally {
      await connection.db?.command({ collMod: 'workouts', validator: {} })
    }
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
    await runs.continueWith(lease, { ...progress(lease.run.counts), cursor })
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
