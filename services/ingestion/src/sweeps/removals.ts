import type { Clock } from '@slipstream/runtime'
import type { WorkoutStore } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

/** Whoever decided them is at it still. */
const underWayMs = 10_000
const batchSize = 100

/** Ends removals of workouts that a process has begun and did not live to end. */
export const endRemovals =
  ({
    workouts,
    nudge,
    facts,
    clock,
  }: {
    workouts: Pick<WorkoutStore, 'endRemovals'>
    nudge: () => void
    facts: Facts
    clock: Clock
  }) =>
  async (): Promise<void> => {
    const { done, failures } = await workouts.endRemovals(new Date(clock.now().getTime() - underWayMs), batchSize)
    facts.rowsFailed('removals', failures)
    if (done === 0) return
    nudge()
    facts.removalsEnded(done)
  }
