import type { Clock } from '@slipstream/runtime'
import type { Erasure, RunStore } from '../domain/ports.ts'
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

/** The net under the erasure: what a crashed worker wrote for a link that went away at that very moment. */
export const eraseOrphans =
  ({ erasure, facts }: { erasure: Erasure; facts: Facts }) =>
  async (signal: AbortSignal): Promise<void> => {
    const erased: string[] = []
    for (const linkId of await erasure.orphans()) {
      if (signal.aborted) break
      await erasure.eraseLink(linkId)
      erased.push(linkId)
    }
    if (erased.length > 0) facts.orphansErased(erased)
  }
