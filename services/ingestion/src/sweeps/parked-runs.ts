import type { Clock } from '@slipstream/runtime'
import type { RunStore } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

/** So many runs are asked for again in one turn; the rest follows in the next. */
const resumeBatch = 200

/** Asks again for parked runs whose quota window has opened. */
export const resumeParkedRuns =
  ({ runs, nudge, facts, clock }: { runs: RunStore; nudge: () => void; facts: Facts; clock: Clock }) =>
  async (): Promise<void> => {
    const resumed = await runs.resumeDue(clock.now(), resumeBatch)
    if (resumed === 0) return
    nudge()
    facts.runsResumed(resumed)
  }
