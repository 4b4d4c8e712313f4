import type { Collections } from '@slipstream/persistence'
import { named, type SyncRunRow } from '@slipstream/records'
import type { RunView } from '../domain/model.ts'
import type { SyncView } from '../domain/ports.ts'

const toRun = (found: SyncRunRow): RunView => named(found, 'runId')

/** Schedules and runs may be of an earlier link until they are erased, so the link is part of every question. */
export const createSyncView = ({
  schedules,
  syncRuns,
}: Pick<Collections<'gateway'>, 'schedules' | 'syncRuns'>): SyncView => ({
  schedule: async ({ athleteId, linkId }) => {
    return await schedules.findOne({ _id: athleteId, linkId }).lean()
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
