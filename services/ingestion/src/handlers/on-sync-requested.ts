import { type Handler, skipped } from '@slipstream/messaging'
import { decideRun } from '../domain/decide-run.ts'
import { finishRun, type SyncPageDeps, syncPage } from './sync-page.ts'

/** One delivery is one page of a run: guard, lease, then fetch and store. */
export const onSyncRequested =
  (deps: SyncPageDeps): Handler<'sync.requested'> =>
  async (request, delivery) => {
    const linkStatus = await deps.links.status(request.linkId)
    if (linkStatus === null) {
      // A worker that died between its write and its second look at the link may have left something behind.
      await deps.erasure.eraseLink(request.linkId)
      return skipped('link-gone')
    }
    const run = await deps.runs.open(request)
    const newestVersion = await deps.links.newestVersion(request.athleteId, request.linkId)
    const decision = decideRun({ run, linkStatus, newestVersion, now: deps.clock.now() })
    if (decision.kind === 'skip') return skipped(decision.reason)

    const lease = await deps.runs.lease(request.runId)
    // Whoever holds the run asks for its next page; should they be dead, the scheduler asks again.
    if (!lease) return skipped('run-taken')
    if (decision.kind === 'end') {
      const { outcome } = decision
      const { counts } = lease.run
      await finishRun(deps, lease, { outcome, errorCode: null, counts, finishedAt: deps.clock.now() })
      return skipped(decision.reason)
    }
    return syncPage(deps, lease, delivery)
  }
