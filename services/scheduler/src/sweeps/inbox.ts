import { type TakeInDeps, takeIn } from '../requests/take-in.ts'
import type { RowFailure } from './each-row.ts'

const batchSize = 200

/** Takes in what webhooks said and no event told, oldest first. */
export const sweepInbox =
  (deps: TakeInDeps) =>
  async (signal: AbortSignal): Promise<void> => {
    const rows = await deps.inbox.notTaken(deps.clock.now(), batchSize)
    const failures: RowFailure[] = []
    for (const row of rows) {
      if (signal.aborted) break
      try {
        await takeIn(deps, row)
      } catch (err) {
        failures.push({ athleteId: row.athleteId, err })
      }
    }
    deps.facts.rowsFailed('inbox', failures)
  }
