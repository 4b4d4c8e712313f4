import { type Handler, skipped, ThrottledError } from '@slipstream/messaging'
import { decideRun } from '../domain/decide-run.ts'
import { eraseGone, finishRun, type SyncPageDeps, syncPage } from './sync-page.ts'

/** A request for a run in other hands looks again after this time; a dead worker's lease lasts for a few rounds of it. */
const takenRetryMs = 3_000

/** One delivery is one page of a run: guard, lease, then fetch and store. */
export const onSyncRequested =
  (deps: SyncPageDeps): Handler<'sync.requested'> =>
  async (request, delivery) => {
    const linkStatus = await deps.links.status(request.linkId)
    if (linkStatus === null) return eraseGone(deps, request.linkId)
    const run = await deps.runs.open(request)
    const newestVersion = await deps.links.newestVersion(request.athleteId, request.linkId)
    const decision = decideRun({ run, linkStatus, newestVersion, now: deps.clock.now() })
    if (decision.kind === 'skip') return skipped(decision.reason)

    const lease = await deps.runs.lease(request.runId)
    // Whoever holds the run asks for its next page, in place of this message; should they be dead, this one goes on.
    if (!lease) throw new ThrottledError(new Date(deps.clock.now().getTime() + takenRetryMs))
    if (decision.kind === 'end') {
      const { outcome } = decision
      const { counts } = lease.run
      await finishRun(deps, lease, { outcome, errorCode: null, counts, finishedAt: deps.clock.now() })
      return skipped(decision.reason)
    }
    return syncPage(deps, lease, delivery)
  }
