import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@slipstream/telemetry'

const firstDelayMs = 100
const longestDelayMs = 2_000

/**
 * Repeats `work` until it succeeds or `signal` is aborted; that is for systems that come back by themselves. The first
 * failure and the recovery are logged, not each try.
 * @throws the signal's reason once it is aborted, and errors that `isFinal` accepts.
 */
export const untilItWorks = async <T>(
  work: () => Promise<T>,
  options: { what: string; log: Logger; signal: AbortSignal; isFinal?: (error: unknown) => boolean },
): Promise<T> => {
  const { what, log, signal, isFinal = () => false } = options
  for (let failures = 0; ; failures += 1) {
    signal.throwIfAborted()
    try {
      const result = await work()
      if (failures > 0) log.info({ failures }, `${what} works again`)
      return result
    } catch (error) {
      if (isFinal(error)) throw error
      if (failures === 0) log.warn({ err: error }, `${what} fails, trying on`)
      await delay(Math.min(longestDelayMs, firstDelayMs * 2 ** failures), undefined, { signal })
    }
  }
}
