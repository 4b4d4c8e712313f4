import type { Link } from '../domain/schedule.ts'
import { requestFirstImport, requestManualRun, type SchedulerDeps } from '../requests/request-runs.ts'
import type { RowFailure } from './each-row.ts'

/**
 * Asks for what links want and no row asks for: their `athlete.linked` or `sync.triggered` was lost. Most links that it sees
 * are taken in already, and cost one read.
 */
export const lookAtLinks =
  (deps: SchedulerDeps) =>
  async (links: readonly Link[], signal: AbortSignal): Promise<void> => {
    const failures: RowFailure[] = []
    for (const link of links) {
      if (signal.aborted) break
      if (link.status !== 'active') continue
      try {
        await requestFirstImport(deps, link)
        if (link.manualSync) await requestManualRun(deps, link, link.manualSync)
      } catch (err) {
        failures.push({ athleteId: link.athleteId, err })
      }
    }
    deps.facts.rowsFailed('links', failures)
  }
