import { setTimeout as delay } from 'node:timers/promises'

/**
 * Repeats `attempt` until it does not throw.
 * @throws what the last attempt threw, when the time is over
 */
export const until = async <T>(timeoutMs: number, attempt: () => Promise<T>, intervalMs = 50): Promise<T> => {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
    await delay(intervalMs)
  }
}
