import type { Workout } from '@slipstream/contracts'
import type { Collections, WorkoutDocument } from '@slipstream/persistence'
import type { Workouts } from '../domain/ports.ts'

const toWorkout = (found: WorkoutDocument): Workout => ({
  id: found._id,
  stravaActivityId: found.stravaActivityId,
  source: found.source,
  name: found.name,
  sportType: found.sportType,
  startedAt: found.startedAt.toISOString(),
  startedAtLocal: found.startedAtLocal,
  timezone: found.timezone,
  distanceMeters: found.distanceMeters,
  movingTimeSeconds: found.movingTimeSeconds,
  elapsedTimeSeconds: found.elapsedTimeSeconds,
  elevationGainMeters: found.elevationGainMeters,
  averageHeartRateBpm: found.averageHeartRateBpm,
  maxHeartRateBpm: found.maxHeartRateBpm,
  averageCadenceRpm: found.averageCadenceRpm,
  averageWatts: found.averageWatts,
  energyKilojoules: found.energyKilojoules,
  relativeEffort: found.relativeEffort,
  isManual: found.isManual,
  isTrainer: found.isTrainer,
  isCommute: found.isCommute,
  visibility: found.visibility,
  deviceName: found.deviceName,
  stravaUrl: found.stravaUrl,
  version: found.version,
  firstIngestedAt: found.firstIngestedAt.toISOString(),
  updatedAt: found.updatedAt.toISOString(),
})

export const createWorkouts = (workouts: Collections<'gateway'>['workouts']): Workouts => ({
  list: async ({ linkId, from, to, sportType, after, limit }) => {
    const startedAt = { ...(from && { $gte: from }), ...(to && { $lt: to }) }
    const found = await workouts
      .find({
        linkId,
        ...(Object.keys(startedAt).length > 0 && { startedAt }),
        ...(sportType !== null && { sportType }),
        ...(after && {
          $or: [{ startedAt: { $lt: after.startedAt } }, { startedAt: after.startedAt, _id: { $lt: after.id } }],
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
