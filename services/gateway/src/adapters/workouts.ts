import type { Workout } from '@slipstream/contracts'
import type { Collections } from '@slipstream/persistence'
import { toContract, type WorkoutRow } from '@slipstream/records'
import type { Workouts } from '../domain/ports.ts'

const toWorkout = ({ outbox: _outbox, ...stored }: WorkoutRow): Workout => toContract(stored)

export const createWorkouts = (workouts: Collections<'gateway'>['workouts']): Workouts => ({
  list: async ({ linkId, from, to, sportType, after, limit }) => {
    const startedAt = { ...(from && { $gte: from }), ...(to && { $lt: to }) }
    const found = await workouts
      .find({
        linkId,
        ...(Object.keys(startedAt).length > 0 && { startedAt }),
        ...(sportType !== null && { sportType }),
        ...(after && {
          $or: [{ startedAt: { $lt: after.at } }, { startedAt: after.at, _id: { $lt: after.id } }],
        }),
      })
      .sort({ startedAt: -1, _id: -1 })
      .limit(limit)
      .lean()
    return found.map(toWorkout)
  },

  find: async (linkId, workoutId) => {
    const found = await workouts.findOne({ _id: workoutId, linkId }).lean()
    return found && toWorkout(found)
  },
})
