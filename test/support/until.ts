import { setTimeout as delay } from 'node:timers/promises'

/** How soon a condition comes says something of the machine, not of the code: only one that never comes is a failure. */
const patienceMs = 30_000

/**
 * Repeats `attempt` until it does not throw, for at least half a minute; what has to be fast is measured, not waited for briefly.
 * @throws what the last attempt threw, when the time is over
 */
export const until = async <T>(timeoutMs: number, attempt: () => Promise<T>, intervalMs = 50): Promise<T> => {
  const deadline = Date.now() + Math.max(timeoutMs, patienceMs)
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
    await delay(intervalMs)
  }
}
