import type { Collections, ScheduleDocument, SyncRunDocument } from '@slipstream/persistence'
import type { RunView, ScheduleView } from '../domain/model.ts'
import type { SyncView } from '../domain/ports.ts'

const toSchedule = (found: ScheduleDocument): ScheduleView => ({
  requestedVersion: found.requestedVersion,
  completedVersion: found.completedVersion,
  request: found.request,
  manualRunId: found.manualRunId,
  nextDueAt: found.nextDueAt,
})

const toRun = (found: SyncRunDocument): RunView => ({
  runId: found._id,
  lane: found.lane,
  state: found.state,
  counts: found.counts,
  window: found.window,
  requestedAt: found.requestedAt,
  startedAt: found.startedAt,
  resumeAt: found.resumeAt,
  finishedAt: found.finishedAt,
  outcome: found.outcome,
  errorCode: found.errorCode,
})

/** Schedules and runs may be of an earlier link until they are erased, so the link is part of every question. */
export const createSyncView = ({
  schedules,
  syncRuns,
}: Pick<Collections<'gateway'>, 'schedules' | 'syncRuns'>): SyncView => ({
  schedule: async ({ athleteId, linkId }) => {
    const found = await schedules.findOne({ _id: athleteId, linkId }).lean()
    return found && toSchedule(found)
  },

  run: async ({ linkId }, runId) => {
    const found = await syncRuns.findOne({ _id: runId, linkId }).lean()
    return found && toRun(found)
  },

  lastFinished: async ({ athleteId, linkId }, outcome) => {
    const found = await syncRuns
      .findOne({ athleteId, linkId, finishedAt: { $ne: null }, outcome: outcome ?? { $nin: ['cancelled', null] } })
      .sort({ finishedAt: -1 })
      .lean()
    return found && toRun(found)
  },

  interactiveBefore: (requestedAt) =>
    schedules.countDocuments({
      'request.lane': 'interactive',
      'request.requestedAt': { $lt: requestedAt },
      // Set exactly while work is open, and indexed; a comparison with a date passes over null.
      publishedAt: { $gt: new Date(0) },
    }),
})
