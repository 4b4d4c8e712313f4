import type { EventData, OutboxEvent, RunCounts } from '@slipstream/contracts'
import { newEvent } from '@slipstream/messaging'
import { type Collections, isDuplicateKey } from '@slipstream/persistence'
import type { SyncRunRow } from '@slipstream/records'
import type { Clock, NewId } from '@slipstream/runtime'
import type { SyncRun } from '../domain/decide-run.ts'
import type { FinishedRun, RunLease, RunStore, SyncRequested } from '../domain/ports.ts'

const noCounts: RunCounts = { listed: 0, created: 0, updated: 0, deleted: 0, unchanged: 0, calls: 0 }

const newRun = (request: SyncRequested): Omit<SyncRunRow, '_id'> => ({
  athleteId: request.athleteId,
  linkId: request.linkId,
  lane: request.lane,
  cause: request.cause,
  window: { after: new Date(request.window.after), before: new Date(request.window.before) },
  requestedVersion: request.requestedVersion,
  requestedAt: new Date(request.requestedAt),
  state: 'queued',
  nextPage: 1,
  counts: noCounts,
  resumeAt: null,
  startedAt: null,
  finishedAt: null,
  outcome: null,
  errorCode: null,
  leaseOwner: null,
  leaseUntil: null,
  fence: 0,
  outbox: [],
})

const windowOf = (run: SyncRun) => ({
  after: run.window.after.toISOString(),
  before: run.window.before.toISOString(),
})

const requestOf = (run: SyncRun): EventData<'sync.requested'> => ({
  athleteId: run.athleteId,
  linkId: run.linkId,
  runId: run._id,
  lane: run.lane,
  cause: run.cause,
  window: windowOf(run),
  requestedVersion: run.requestedVersion,
  requestedAt: run.requestedAt.toISOString(),
})

const finishedData = (run: SyncRun, { outcome, counts, finishedAt }: FinishedRun): EventData<'sync.finished'> => {
  const startedAt = run.startedAt ?? finishedAt
  return {
    athleteId: run.athleteId,
    linkId: run.linkId,
    runId: run._id,
    requestedVersion: run.requestedVersion,
    outcome,
    window: windowOf(run),
    counts,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    durationMs: Math.max(0, finishedAt.getTime() - startedAt.getTime()),
  }
}

export interface RunStoreOptions {
  collections: Pick<Collections<'ingestion'>, 'syncRuns'>
  clock: Clock
  newId: NewId
  /** Names this process as the holder of leases, for people who look. */
  owner: string
  leaseMs: number
}

/**
 * Runs in MongoDB. A lease is taken and extended on the server's time, so clocks of replicas do not matter, and every
 * write of a holder repeats its fence: one that was paused past its lease changes nothing. Nor does one that has given its
 * lease up: only a held run is `running`.
 */
export const createRunStore = ({ collections, clock, newId, owner, leaseMs }: RunStoreOptions): RunStore => {
  const { syncRuns } = collections
  const noLease = { leaseOwner: null, leaseUntil: null }

  const writeAsHolder = async (
    { run, fence }: RunLease,
    set: Partial<SyncRunRow>,
    events: OutboxEvent[] = [],
  ): Promise<boolean> => {
    const { matchedCount } = await syncRuns.updateOne(
      { _id: run._id, fence, state: 'running' },
      { $set: set, $push: { outbox: { $each: events } } },
    )
    return matchedCount === 1
  }

  const nextRequest = (run: SyncRun): OutboxEvent =>
    newEvent('sync.requested', requestOf(run), { id: newId('evt'), now: clock.now() })

  const insertOrRead = (request: SyncRequested) =>
    syncRuns
      .findOneAndUpdate(
        { _id: request.runId },
        { $setOnInsert: newRun(request) },
        { upsert: true, returnDocument: 'after' },
      )
      .lean()

  return {
    open: async (request) => {
      try {
        return await insertOrRead(request)
      } catch (error) {
        if (isDuplicateKey(error)) return insertOrRead(request)
        throw error
      }
    },

    lease: async (runId) => {
      const run = await syncRuns
        .findOneAndUpdate(
          {
            _id: runId,
            state: { $ne: 'finished' },
            // A missing or null time sorts before every date.
            $expr: { $lt: ['$leaseUntil', '$$NOW'] },
          },
          [
            {
              $set: {
                leaseOwner: owner,
                leaseUntil: { $add: ['$$NOW', leaseMs] },
                fence: { $add: ['$fence', 1] },
                state: 'running',
                resumeAt: null,
                startedAt: { $ifNull: ['$startedAt', clock.now()] },
              },
            },
          ],
          { updatePipeline: true, returnDocument: 'after' },
        )
        .lean()
      return run && { run, fence: run.fence }
    },

    renew: async ({ run, fence }) => {
      const { matchedCount } = await syncRuns.updateOne(
        { _id: run._id, fence, state: 'running' },
        [{ $set: { leaseUntil: { $add: ['$$NOW', leaseMs] } } }],
        { updatePipeline: true },
      )
      return matchedCount === 1
    },

    release: (lease, counts) => writeAsHolder(lease, { ...noLease, state: 'queued', counts }),

    park: (lease, resumeAt, counts) =>
      writeAsHolder(lease, { ...noLease, state: 'waiting_for_quota', resumeAt, counts }),

    continueWith: (lease, nextPage, counts) =>
      writeAsHolder(lease, { ...noLease, state: 'queued', nextPage, counts }, [nextRequest(lease.run)]),

    finish: (lease, end) => {
      const { run } = lease
      const now = end.finishedAt
      const events: OutboxEvent[] = [newEvent('sync.finished', finishedData(run, end), { id: newId('evt'), now })]
      if (end.errorCode === 'reauth_required' || end.errorCode === 'scope_missing') {
        const lost = { athleteId: run.athleteId, linkId: run.linkId, code: end.errorCode, since: now.toISOString() }
        events.push(newEvent('athlete.reauth_required', lost, { id: newId('evt'), now }))
      }
      return writeAsHolder(lease, { ...noLease, ...end, state: 'finished' }, events)
    },

    resumeDue: async (now, limit) => {
      const due = await syncRuns
        .find({ state: 'waiting_for_quota', resumeAt: { $lte: now } })
        .sort({ resumeAt: 1 })
        .limit(limit)
        .lean()
      const resumed = await Promise.all(
        due.map(async (run) => {
          const { modifiedCount } = await syncRuns.updateOne(
            // Several replicas see the same runs; the first to write asks, the others find nothing to change.
            { _id: run._id, state: 'waiting_for_quota', fence: run.fence },
            { $set: { state: 'queued', resumeAt: null }, $push: { outbox: nextRequest(run) } },
          )
          return modifiedCount
        }),
      )
      return resumed.reduce((sum, count) => sum + count, 0)
    },
  }
}
