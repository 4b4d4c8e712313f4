import { TransientError } from '@slipstream/messaging'
import type { RunLease, RunStore } from '../domain/ports.ts'

export interface KeptLease {
  /** Fires when the lease could not be extended: the work has to end, its writes would be refused. */
  signal: AbortSignal
  stop(): void
}

/** Extends a lease every `everyMs` until stopped, so that a crash frees the run soon and a long page keeps it. */
export const keepLease = (runs: Pick<RunStore, 'renew'>, lease: RunLease, everyMs: number): KeptLease => {
  const lost = new AbortController()
  const renew = async () => {
    try {
      if (!(await runs.renew(lease))) lost.abort(new TransientError('the lease on the run was lost'))
    } catch (error) {
      lost.abort(new TransientError('the lease on the run could not be extended', { cause: error }))
    }
  }
  const timer = setInterval(renew, everyMs)
  return { signal: lost.signal, stop: () => clearInterval(timer) }
}
