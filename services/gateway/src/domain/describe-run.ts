import { actionableError, knownCode, type Run } from '@slipstream/contracts'
import type { RunView } from './model.ts'
import { stateOf } from './status.ts'

const iso = (time: Date | null): string | null => time?.toISOString() ?? null

/** A run as its athlete sees it. */
export const describeRun = (run: RunView): Run => {
  const { runId, cause, lane, outcome, counts, window, startedAt, requestedAt, finishedAt } = run
  const hasFailed = outcome === 'failed' || outcome === 'reauth_required'
  return {
    ...{ runId, joinedTo: run.joinedTo ?? null, cause, lane, outcome, counts },
    state: run.state === 'finished' ? 'finished' : stateOf(run),
    error: hasFailed ? actionableError(knownCode(run.errorCode, 'strava_unavailable')) : null,
    activityIds: run.activities?.map(({ stravaActivityId }) => stravaActivityId) ?? [],
    window: startedAt && { after: window.after.toISOString(), before: window.before.toISOString() },
    waits: (run.waits ?? []).map(({ reason, since, until }) => ({
      ...{ reason, since: since.toISOString(), until: until.toISOString() },
    })),
    requestedAt: requestedAt.toISOString(),
    startedAt: iso(startedAt),
    finishedAt: iso(finishedAt),
  }
}
