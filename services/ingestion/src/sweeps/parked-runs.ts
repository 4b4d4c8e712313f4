import { announce, type RunDeps } from '../handlers/run-step.ts'

/** So many runs are asked for again in one turn; the rest follows in the next. */
const resumeBatch = 200

/** Asks again for parked runs whose quota window has opened. */
export const resumeParkedRuns =
  (deps: Pick<RunDeps, 'runs' | 'nudge' | 'facts' | 'clock' | 'announceProgress'>) => async (): Promise<void> => {
    const { runs, nudge, facts, clock } = deps
    const { resumed, failures } = await runs.resumeDue(clock.now(), resumeBatch)
    facts.rowsFailed('parked-runs', failures)
    if (resumed.length === 0) return
    nudge()
    facts.runsResumed(resumed.length)
    for (const run of resumed) announce(deps, run, { state: 'running' })
  }
