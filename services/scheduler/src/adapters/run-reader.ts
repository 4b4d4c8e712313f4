import type { Collections } from '@slipstream/persistence'
import type { RunReader } from '../domain/ports.ts'
import type { RunState } from '../domain/schedule.ts'

export const createRunReader = ({ syncRuns }: Pick<Collections<'scheduler'>, 'syncRuns'>): RunReader => ({
  findMany: async (runIds) => {
    const found = await syncRuns
      .find({ _id: { $in: runIds } }, { state: 1, resumeAt: 1, leaseUntil: 1 })
      .lean<(RunState & { _id: string })[]>()
    return new Map(found.map((run) => [run._id, run]))
  },
})
