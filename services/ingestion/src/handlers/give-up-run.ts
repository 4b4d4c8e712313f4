import { type GivenUp, TransientError } from '@slipstream/messaging'
import type { SyncRequested } from '../domain/ports.ts'
import { findRun, readWork } from './on-sync-requested.ts'
import { finishRun, type RunDeps } from './run-step.ts'

/**
 * Ends the run of a request that was given up as failed. Left open, or never opened, it would be asked for again without
 * end.
 */
export const giveUpRun =
  (deps: RunDeps) =>
  async (request: SyncRequested, { error }: Pick<GivenUp, 'error'>): Promise<void> => {
    if ((await deps.links.status(request.linkId)) === null) return
    const choice = await findRun(deps, request, await readWork(deps, request))
    if (choice.kind === 'skip' || choice.run.state === 'finished') return
    const lease = await deps.runs.lease(choice.run._id)
    // The last attempt may have left its lease behind; it ends within seconds.
    if (!lease) throw new TransientError('the run is still in other hands')
    const errorCode = error instanceof TransientError ? 'strava_unavailable' : 'internal_error'
    const { counts } = lease.run
    await finishRun(deps, lease, { outcome: 'failed', errorCode, counts, finishedAt: deps.clock.now() })
  }
