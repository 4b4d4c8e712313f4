import { type Collections, fullLists } from '@slipstream/persistence'
import { holdingRuns, named, openRunStates, type SyncRunRow, wantsOf } from '@slipstream/records'
import type { Link, RunView } from '../domain/model.ts'
import type { SyncView } from '../domain/ports.ts'

/** More than can run side by side. */
const overlappingRuns = 10

/** Whoever still waits is among the last who asked; of those so many are looked at, however many wait. */
const lookedAtBefore = 1_000

/** They may be many, and are of use to the run alone. */
const withoutIds = { 'cursor.listedIds': 0, 'cursor.previousIds': 0 }

const toRun = (found: SyncRunRow): RunView => named(found, 'runId')

/** Schedules and runs may be of an earlier link until they are erased, so the link is part of every question. */
export const createSyncView = ({
  schedules,
  syncRuns,
}: Pick<Collections<'gateway'>, 'schedules' | 'syncRuns'>): SyncView => {
  const newestFinished = async ({ athleteId, linkId }: Link, which: object): Promise<RunView | null> => {
    const found = await syncRuns
      .findOne({ athleteId, linkId, finishedAt: { $ne: null }, ...which }, withoutIds)
      .sort({ finishedAt: -1 })
      .lean<SyncRunRow>()
    return found && toRun(found)
  }
  return {
    schedule: async ({ athleteId, linkId }) => {
      return await schedules.findOne({ _id: athleteId, linkId }).lean()
    },

    runs: async ({ linkId }, schedule) => {
      const runIds = schedule ? Object.values(wantsOf(schedule)).map(({ runId }) => runId) : []
      const found = await syncRuns
        .find({ linkId, $or: [{ linkId, state: { $in: [...openRunStates] } }, { _id: { $in: runIds } }] }, withoutIds)
        .lean<SyncRunRow[]>()
      return found.map(toRun)
    },

    newest: async ({ athleteId, linkId }, after, limit) => {
      const behind = after && {
        $or: [{ requestedAt: { $lt: after.at } }, { requestedAt: after.at, _id: { $lt: after.id } }],
      }
      const found = await syncRuns
        .find({ athleteId, linkId, ...behind }, withoutIds)
        .sort({ requestedAt: -1, _id: -1 })
        .limit(limit)
        .lean<SyncRunRow[]>()
      return found.map(toRun)
    },

    lastFinished: (link, outcome) => newestFinished(link, { outcome: outcome ?? { $nin: ['cancelled', null] } }),

    lastComplete: async ({ athleteId, linkId }) => {
      const isComplete = {
        ...fullLists,
        unread: { $not: { $elemMatch: { runs: { $lt: holdingRuns } } } },
      }
      const found = await syncRuns
        .find({ athleteId, linkId, finishedAt: { $ne: null }, ...isComplete }, withoutIds)
        .sort({ finishedAt: -1 })
        .limit(overlappingRuns)
        .lean<SyncRunRow[]>()
      // Runs of other lanes may begin later and end sooner; what counts is the moment up to which one proves all.
      const beganAt = ({ startedAt, requestedAt }: SyncRunRow) => (startedAt ?? requestedAt).getTime()
      const [latest] = found.toSorted((one, other) => beganAt(other) - beganAt(one))
      return latest ? toRun(latest) : null
    },

    interactiveBefore: async (requestedAt) => {
      const [counted] = await schedules.aggregate<{ before: number }>([
        { $match: { 'wants.interactive.requestedAt': { $lt: requestedAt } } },
        { $sort: { 'wants.interactive.requestedAt': -1 } },
        { $limit: lookedAtBefore },
        { $match: { $expr: { $gt: ['$wants.interactive.asked', '$wants.interactive.answered'] } } },
        { $count: 'before' },
      ])
      return counted?.before ?? 0
    },
  }
}
