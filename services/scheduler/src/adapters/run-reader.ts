import type { Collections } from '@slipstream/persistence'
import { openRunStates, type SyncRunRow, wantsOf } from '@slipstream/records'
import type { RunState } from '../domain/open-row.ts'
import type { RunReader } from '../domain/ports.ts'

const fields = {
  linkId: 1,
  lane: 1,
  requestedVersion: 1,
  answers: 1,
  state: 1,
  resumeAt: 1,
  leaseUntil: 1,
  outcome: 1,
  finishedAt: 1,
  unseen: 1,
  absent: 1,
  unchecked: 1,
  missing: 1,
  activities: 1,
  counts: 1,
  answeredCalls: 1,
  unread: 1,
  startedAt: 1,
  requestedAt: 1,
  window: 1,
} as const

/** Enough for an average that does not jump. */
const turnsLookedAt = 200

export const createRunReader = ({ syncRuns }: Pick<Collections<'scheduler'>, 'syncRuns'>): RunReader => ({
  find: (runId) => syncRuns.findById(runId, fields).lean<RunState>().exec(),

  ofSchedules: async (schedules) => {
    const linkIds = schedules.map(({ linkId }) => linkId)
    const runIds = schedules.flatMap((schedule) => Object.values(wantsOf(schedule)).map(({ runId }) => runId))
    const found = await syncRuns
      .find(
        {
          linkId: { $in: linkIds },
          $or: [{ linkId: { $in: linkIds }, state: { $in: [...openRunStates] } }, { _id: { $in: runIds } }],
        },
        fields,
      )
      .lean<RunState[]>()
    return Map.groupBy(found, ({ linkId }) => linkId)
  },

  callsPerTurn: async () => {
    const turns = await syncRuns
      .find({ lane: 'scheduled', outcome: 'succeeded' }, { 'counts.calls': 1 })
      .sort({ finishedAt: -1 })
      .limit(turnsLookedAt)
      .hint('turns_finished')
      .lean<Pick<SyncRunRow, 'counts'>[]>()
    const calls = turns.reduce((sum, { counts }) => sum + counts.calls, 0)
    return turns.length === 0 ? 1 : Math.max(1, calls / turns.length)
  },
})
