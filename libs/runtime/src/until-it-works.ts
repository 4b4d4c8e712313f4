import { setTimeout as delay } from 'node:timers/promises'
import { backoffMs } from './backoff.ts'

/** As much of a logger as is needed here. */
interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

const backoff = { firstMs: 100, longestMs: 2_000 }

/**
 * Repeats `work` until it succeeds or `signal` is aborted; that is for systems that come back by themselves. The first
 * failure and the recovery are logged, not each try.
 * @throws the signal's reason once it is aborted, errors that `isFinal` accepts, and the last failure after `limitMs`
 */
export const untilItWorks = async <T>(
  work: () => Promise<T>,
  options: {
    what: string
    log: Log
    signal: AbortSignal
    isFinal?: (error: unknown) => boolean
    /** Absent: without end. A try that has begun is not cut short. */
    limitMs?: number | undefined
  },
): Promise<T> => {
  const { what, log, signal, isFinal = () => false, limitMs = Number.POSITIVE_INFINITY } = options
  const startedAt = performance.now()
  for (let failures = 0; ; failures += 1) {
    signal.throwIfAborted()
    if (failures > 0) await delay(backoffMs(backoff, failures), undefined, { signal })
    try {
      const result = await work()
      if (failures > 0) log.info({ failures }, `${what} works again`)
      return result
    } catch (error) {
      if (isFinal(error) || performance.now() - startedAt > limitMs) throw error
      if (failures === 0) log.warn({ err: error }, `${what} fails, trying on`)
    }
  }
}
