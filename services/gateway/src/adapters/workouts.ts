import type { Collections } from '@slipstream/persistence'
import { type StoredWorkout, shownInContract, toContract } from '@slipstream/records'
import type { Workouts } from '../domain/ports.ts'

const shown = Object.fromEntries(shownInContract.map((field) => [field, 1]))

export const createWorkouts = (workouts: Collections<'gateway'>['workouts']): Workouts => ({
  list: async ({ linkId, from, to, sportType, after, limit }) => {
    const startedAt = { ...(from && { $gte: from }), ...(to && { $lt: to }) }
    const found = await workouts
      .find(
        {
          linkId,
          ...(Object.keys(startedAt).length > 0 && { startedAt }),
          ...(sportType !== null && { sportType }),
          ...(after && {
            $or: [{ startedAt: { $lt: after.at } }, { startedAt: after.at, _id: { $lt: after.id } }],
          }),
        },
        shown,
      )
      .sort({ startedAt: -1, _id: -1 })
      .limit(limit)
      .lean<StoredWorkout[]>()
    return found.map(toContract)
  },

  find: async (linkId, workoutId) => {
    const found = await workouts.findOne({ _id: workoutId, linkId }, shown).lean<StoredWorkout>()
    return found && toContract(found)
  },

  sportTypes: (linkId) => workouts.distinct('sportType', { linkId }),
})
