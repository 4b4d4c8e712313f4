import type { RowFailure } from '../handlers/each-row.ts'
import { requestFirstImport, requestManualRun } from '../handlers/request-runs.ts'
import { type OpenRowsDeps, sweepOpenRows } from './open-rows.ts'

/** Links whose athlete.linked or sync.triggered was lost. */
const sweepLinks = async (deps: OpenRowsDeps, signal: AbortSignal) => {
  const failures: RowFailure[] = []
  for (const link of await deps.links.neglected()) {
    if (signal.aborted) break
    try {
      await requestFirstImport(deps, link)
      if (link.manualSync) await requestManualRun(deps, link, link.manualSync)
    } catch (err) {
      failures.push({ athleteId: link.athleteId, err })
    }
  }
  deps.facts.rowsFailed('sweep-links', failures)
}

/** Rows whose athlete.unlinked was lost. */
const sweepEndedLinks = async ({ schedules, facts }: OpenRowsDeps, signal: AbortSignal) => {
  for (const { _id, linkId } of await schedules.withoutLink()) {
    if (signal.aborted) return
    if (await schedules.remove(_id, linkId)) facts.scheduleRemoved(_id, linkId)
  }
}

/**
 * Repairs what lost messages leave behind, from MongoDB alone: NATS carries hints, the rows are the truth. Several
 * replicas may sweep at once.
 */
export const sweepLostMessages =
  (deps: OpenRowsDeps) =>
  async (signal: AbortSignal): Promise<void> => {
    await sweepEndedLinks(deps, signal)
    await sweepLinks(deps, signal)
    await sweepOpenRows(deps, signal)
    deps.nudge()
  }
