import type { EventData, OutboxEvent, RunCounts } from '@slipstream/contracts'
import { newEvent } from '@slipstream/messaging'
import { type Collections, fullLists, isDuplicateKey } from '@slipstream/persistence'
import {
  answersOf,
  type ListCursor,
  openRunStates,
  type RunWaitRow,
  type SyncRunRow,
  windowAt,
} from '@slipstream/records'
import type { Clock, NewId } from '@slipstream/runtime'
import type { SyncRun } from '../domain/decide-run.ts'
import { laterTry, rowFailureOf } from '../domain/later-try.ts'
import { nextPageFor01 } from '../domain/list-cursor.ts'
import type { FinishedRun, NewRun, RowFailure, RunLease, RunStore } from '../domain/ports.ts'

const noCounts: RunCounts = { listed: 0, created: 0, updated: 0, deleted: 0, unchanged: 0, calls: 0 }

const rowOf = ({ athleteId, linkId, lane, want, requestedVersion }: NewRun, now: Date): Omit<SyncRunRow, '_id'> => ({
  ...{ athleteId, linkId, lane, requestedVersion },
  cause: want.cause,
  // Set anew with the first call.
  window: windowAt(now, want.windowDays),
  laneVersion: want.asked,
  requestedAt: want.requestedAt,
  state: 'queued',
  nextPage: 1,
  counts: noCounts,
  answeredCalls: 0,
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

const keptWaits = 10

/** So long a finished run can be looked at. */
const keepMs = 30 * 24 * 60 * 60_000

/** So many finished runs of an athlete can be looked at, among them the last that proves what is complete. */
const keptRuns = 50
/** Rows of 0.1 may be many; the next runs remove the others. */
const mostTrimmed = 100

/** Ids are of use to a run that goes on; they may be many. */
const withoutIds = (cursor: ListCursor): ListCursor => ({ ...cursor, listedIds: [], previousIds: [] })

const windowOf = (run: SyncRun) => ({
  after: run.window.after.toISOString(),
  before: run.window.before.toISOString(),
})

const laneVersionOf = (run: SyncRun): number => run.laneVersion ?? run.requestedVersion

const requestOf = (run: SyncRun): EventData<'sync.requested'> => ({
  athleteId: run.athleteId,
  linkId: run.linkId,
  runId: run._id,
  lane: run.lane,
  cause: run.cause,
  window: windowOf(run),
  activityIds: run.activities?.map(({ stravaActivityId }) => stravaActivityId) ?? [],
  requestedVersion: run.requestedVersion,
  laneVersion: laneVersionOf(run),
  requestedAt: run.requestedAt.toISOString(),
})

const finishedData = (run: SyncRun, { outcome, counts, finishedAt }: FinishedRun): EventData<'sync.finished'> => {
  const startedAt = run.startedAt ?? finishedAt
  return {
    athleteId: run.athleteId,
    linkId: run.linkId,
    runId: run._id,
    requestedVersion: run.requestedVersion,
    lane: run.lane,
    laneVersion: laneVersionOf(run),
    cause: run.cause,
    answers: answersOf(run),
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
    waits: RunWaitRow[] = [],
  ): Promise<boolean> => {
    const { matchedCount } = await syncRuns.updateOne(
      { _id: run._id, fence, state: 'running' },
      {
        $set: set,
        $push: { outbox: { $each: events }, ...(waits.length > 0 && { waits: { $each: waits, $slice: -keptWaits } }) },
      },
    )
    return matchedCount === 1
  }

  const nextRequest = (run: SyncRun): OutboxEvent =>
    newEvent('sync.requested', requestOf(run), { id: newId('evt'), now: clock.now() })

  const insertOrRead = (run: NewRun) =>
    syncRuns
      .findOneAndUpdate(
        { _id: run.want.runId },
        { $setOnInsert: rowOf(run, clock.now()) },
        { upsert: true, returnDocument: 'after' },
      )
      .lean()

  /**
   * A run that was shown no page has not begun: its window, and what it answers, are of the call that brings the first one.
   * After an outage it would otherwise list up to the beginning of that only.
   */
  const unlessListed = ({ cursor, nextPage }: SyncRun) =>
    cursor === undefined && nextPage === 1 ? { startedAt: null } : {}

  /** Whoever leases looks for another holder afterwards: of two that come at the same time at least one sees the other. */
  const isLaneTaken = async ({ _id, linkId, lane }: SyncRun): Promise<boolean> => {
    const isLeased = { state: 'running' as const, $expr: { $gt: ['$leaseUntil', '$$NOW'] } }
    return (await syncRuns.exists({ linkId, lane, _id: { $ne: _id }, ...isLeased })) !== null
  }

  /** Whoever held it has died, most likely while Strava was asked: that call is counted by whoever goes on. */
  const unheardCalls = { $cond: [{ $eq: ['$state', 'running'] }, 1, 0] }

  return {
    openOf: (linkId) =>
      syncRuns
        .find({ linkId, state: { $in: [...openRunStates] } }, { outbox: 0 })
        .sort({ requestedAt: 1 })
        .lean()
        .exec(),

    open: async (run) => {
      try {
        return await insertOrRead(run)
      } catch (error) {
        if (isDuplicateKey(error)) return insertOrRead(run)
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
                waitingFor: null,
                'counts.calls': { $add: ['$counts.calls', unheardCalls] },
                answeredCalls: { $add: [{ $ifNull: ['$answeredCalls', '$counts.calls'] }, unheardCalls] },
              },
            },
          ],
          { updatePipeline: true, returnDocument: 'after' },
        )
        .lean()
      if (!run) return null
      const lease = { run, fence: run.fence }
      if (!(await isLaneTaken(run))) return lease
      await writeAsHolder(lease, { ...noLease, state: 'queued' })
      return null
    },

    begin: async (lease, beginning) => {
      const isHeld = await writeAsHolder(lease, beginning)
      return isHeld ? { ...lease, run: { ...lease.run, ...beginning } } : null
    },

    renew: async ({ run, fence }) => {
      const { matchedCount } = await syncRuns.updateOne(
        { _id: run._id, fence, state: 'running' },
        [{ $set: { leaseUntil: { $add: ['$$NOW', leaseMs] } } }],
        { updatePipeline: true },
      )
      return matchedCount === 1
    },

    release: (lease, counts) =>
      writeAsHolder(lease, { ...noLease, ...unlessListed(lease.run), state: 'queued', counts }),

    park: (lease, { until, reason }, counts) =>
      writeAsHolder(
        lease,
        {
          ...{ ...noLease, ...unlessListed(lease.run), state: 'waiting_for_quota', counts },
          ...{ resumeAt: until, waitingFor: reason },
        },
        [],
        [{ reason, since: clock.now(), until }],
      ),

    continueWith: (lease, progress) =>
      writeAsHolder(lease, { ...noLease, ...progress, state: 'queued', nextPage: nextPageFor01(progress.cursor) }, [
        nextRequest(lease.run),
      ]),

    passBefore: async ({ athleteId, linkId }) => {
      const last = await syncRuns
        .findOne(
          { athleteId, linkId, finishedAt: { $ne: null }, ...fullLists },
          { unread: 1, startedAt: 1, requestedAt: 1 },
        )
        .sort({ finishedAt: -1 })
        .lean<Pick<SyncRunRow, 'unread' | 'startedAt' | 'requestedAt'>>()
      return last && { unread: last.unread ?? [], startedAt: last.startedAt ?? last.requestedAt }
    },

    noticesDue: async (now, limit) => {
      const found = await syncRuns
        .find({ noticesDueAt: { $lte: now } }, { linkId: 1, athleteId: 1, changedIds: 1, passBefore: 1, failures: 1 })
        .sort({ noticesDueAt: 1 })
        .limit(limit)
        .lean()
      return found.map(({ _id: runId, linkId, athleteId, changedIds = [], passBefore = now, failures = 0 }) => ({
        ...{ runId, linkId, athleteId, changedIds, passBefore, failures },
      }))
    },

    settleNotices: async (runId, missed, now) => {
      const { matchedCount } = await syncRuns.updateOne(
        { _id: runId, noticesDueAt: { $ne: null } },
        { $set: { noticesDueAt: null, ...(missed > 0 && { missed, missedAt: now }) } },
      )
      return matchedCount === 1
    },

    missedBetween: async (since, before, limit) => {
      const found = await syncRuns
        .find({ missedAt: { $gte: since, $lt: before } }, { missed: 1 })
        .limit(limit)
        .lean<Pick<SyncRunRow, 'missed'>[]>()
      return found.reduce((sum, { missed = 0 }) => sum + missed, 0)
    },

    postponeNotices: async (runId, { failures, nextTryAt }) => {
      await syncRuns.updateOne(
        { _id: runId, noticesDueAt: { $ne: null } },
        { $set: { noticesDueAt: nextTryAt, failures } },
      )
    },

    finish: (lease, end) => {
      const { run } = lease
      const now = end.finishedAt
      const events: OutboxEvent[] = [newEvent('sync.finished', finishedData(run, end), { id: newId('evt'), now })]
      const since = end.grantLostAt ?? now
      // Without a code the link was known to have lost its grant before the run.
      if (end.outcome === 'reauth_required' && end.errorCode !== null) {
        const lost = { athleteId: run.athleteId, linkId: run.linkId, code: end.errorCode, since: since.toISOString() }
        events.push(newEvent('athlete.reauth_required', lost, { id: newId('evt'), now }))
      }
      const deleteAt = new Date(now.getTime() + keepMs)
      const cursor = run.cursor && { cursor: withoutIds(run.cursor) }
      return writeAsHolder(lease, { ...noLease, ...end, ...cursor, deleteAt, state: 'finished' }, events)
    },

    trim: async (athleteId) => {
      const finished = { athleteId, finishedAt: { $ne: null } }
      const newestFirst = { finishedAt: -1 } as const
      // Answered by the index alone: it is asked after each run.
      const edge = await syncRuns
        .findOne(finished, { _id: 0, finishedAt: 1 })
        .sort(newestFirst)
        .skip(keptRuns - 1)
        .lean<{ finishedAt: Date }>()
      if (!edge) return
      const proof = await syncRuns
        .findOne({ ...finished, ...fullLists }, { _id: 1 })
        .sort(newestFirst)
        .lean()
      const old = await syncRuns
        .find({ athleteId, finishedAt: { $lte: edge.finishedAt }, state: 'finished', outbox: { $size: 0 } }, { _id: 1 })
        .sort({ finishedAt: 1 })
        .limit(mostTrimmed)
        .lean()
      const ids = old.map(({ _id }) => _id).filter((id) => id !== proof?._id)
      if (ids.length > 0) await syncRuns.deleteMany({ _id: { $in: ids } })
    },

    resumeDue: async (now, limit) => {
      const due = await syncRuns
        .find({ state: 'waiting_for_quota', resumeAt: { $lte: now } })
        .sort({ resumeAt: 1 })
        .limit(limit)
        .lean()
      const settled = await Promise.allSettled(
        due.map(async (run) => {
          const { modifiedCount } = await syncRuns.updateOne(
            // Several replicas see the same runs; the first to write asks, the others find nothing to change.
            { _id: run._id, state: 'waiting_for_quota', fence: run.fence },
            {
              $set: { state: 'queued', resumeAt: null, waitingFor: null, failures: 0 },
              $push: { outbox: nextRequest(run) },
            },
          )
          return modifiedCount === 1 ? [run] : []
        }),
      )
      const resumed: SyncRun[] = []
      const failures: RowFailure[] = []
      for (const [index, row] of due.entries()) {
        const result = settled[index]
        if (result?.status === 'fulfilled') resumed.push(...result.value)
        if (result?.status !== 'rejected') continue
        const { failures: failed, nextTryAt: resumeAt } = laterTry(row.failures, now)
        const stillWaits = { _id: row._id, state: 'waiting_for_quota' as const, fence: row.fence }
        await syncRuns.updateOne(stillWaits, { $set: { resumeAt, failures: failed } })
        failures.push(rowFailureOf({ row, err: result.reason }))
      }
      return { resumed, failures }
    },

    wake: async (reason, now, spreadMs, limit) => {
      const latest = new Date(now.getTime() + spreadMs)
      const waiting = { waitingFor: reason, state: 'waiting_for_quota' as const, resumeAt: { $gt: latest } }
      const batch = await syncRuns.find(waiting, { _id: 1 }).sort({ resumeAt: 1 }).limit(limit).lean()
      await syncRuns.updateMany(
        { ...waiting, _id: { $in: batch.map(({ _id }) => _id) } },
        [{ $set: { resumeAt: { $add: [now, { $multiply: [{ $rand: {} }, spreadMs] }] } } }],
        { updatePipeline: true },
      )
      // One that was not changed here has gone on already.
      return batch.length
    },
  }
}
