import { TransientError } from '@slipstream/messaging'
import type { RunLease, RunStore } from '../domain/ports.ts'

export interface KeptLease {
  /** Fires when the lease is lost or about to end: the work has to end, its writes would be refused. */
  signal: AbortSignal
  stop(): void
}

/**
 * Extends a lease every `renewEveryMs` until stopped, so that a crash frees the run soon and a long page keeps it. A
 * renewal that fails costs nothing while the lease lasts: the next one may work.
 */
export const keepLease = (
  runs: Pick<RunStore, 'renew'>,
  lease: RunLease,
  { leaseMs, renewEveryMs }: { leaseMs: number; renewEveryMs: number },
): KeptLease => {
  const lost = new AbortController()
  let lastFailure: unknown
  let stopped = false
  const expire = () =>
    lost.abort(new TransientError('the lease on the run could not be extended', { cause: lastFailure }))
  let expiring = setTimeout(expire, leaseMs)
  const renew = async () => {
    const askedAt = performance.now()
    try {
      const renewed = await runs.renew(lease)
      if (stopped) return
      if (!renewed) lost.abort(new TransientError('the lease on the run was lost'))
      clearTimeout(expiring)
      // Counted from the question: the server may have answered it at once and been heard late.
      expiring = setTimeout(expire, leaseMs - (performance.now() - askedAt))
    } catch (error) {
      lastFailure = error
    }
  }
  const renewing = setInterval(renew, renewEveryMs)
  return {
    signal: lost.signal,
    stop: () => {
      stopped = true
      clearInterval(renewing)
      clearTimeout(expiring)
    },
  }
}
