import type { Clock } from '@slipstream/runtime'
import type { WorkoutStore } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

const batchSize = 200

/**
 * Removes what was last fetched longer ago than it may be kept: nobody lists it any more, because it left the window or its grant died.
 * Bound of a turn: 200 along `fetched`, again at once while there are more.
 */
export const expireWorkouts =
  ({
    workouts,
    keepForMs,
    nudge,
    facts,
    clock,
  }: {
    workouts: Pick<WorkoutStore, 'expire'>
    keepForMs: number
    nudge: () => void
    facts: Facts
    clock: Clock
  }) =>
  async (signal: AbortSignal): Promise<void> => {
    let looked = batchSize
    while (looked === batchSize && !signal.aborted) {
      const swept = await workouts.expire(new Date(clock.now().getTime() - keepForMs), batchSize)
      looked = swept.done
      if (looked === 0) return
      nudge()
      facts.rowsFailed('expiry', swept.failures)
      facts.workoutsExpired(looked)
    }
  }
