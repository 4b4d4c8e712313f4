import { type Delivery, maxAttempts, type Outcome } from '@slipstream/messaging'
import type { RunLease } from '../domain/ports.ts'
import { checkStep } from './check-step.ts'
import { keepLease } from './keep-lease.ts'
import { listStep } from './list-step.ts'
import type { RunDeps, Step } from './run-step.ts'

const makeStep = (deps: RunDeps, step: Step): Promise<Outcome> => {
  const [stravaActivityId, ...others] = step.lease.run.missing?.toCheck ?? []
  return stravaActivityId === undefined ? listStep(deps, step) : checkStep(deps, step, { stravaActivityId, others })
}

/** Makes the next step of a leased run, and commits what comes after it, or that it waits. */
export const syncStep = async (deps: RunDeps, lease: RunLease, delivery: Delivery): Promise<Outcome> => {
  const kept = keepLease(deps.runs, lease, deps.leaseTimings)
  let calls = 0
  try {
    return await makeStep(deps, {
      lease,
      begunAt: deps.clock.now(),
      signal: AbortSignal.any([delivery.signal, kept.signal]),
      isLastAttempt: delivery.attempt >= maxAttempts,
      onCall: () => {
        calls += 1
      },
      callsMade: () => calls,
    })
  } catch (error) {
    const counts = { ...lease.run.counts, calls: lease.run.counts.calls + calls }
    try {
      await deps.runs.release(lease, counts)
    } catch (second) {
      // The lease ends by itself; the first error is the one that decides what happens to the message.
      deps.facts.giveBackFailed(lease.run, second)
    }
    throw error
  } finally {
    kept.stop()
  }
}
