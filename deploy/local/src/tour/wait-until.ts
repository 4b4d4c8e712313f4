import { setTimeout as delay } from 'node:timers/promises'
import { TourError } from './tour-error.ts'

const usualLimitMs = 60_000
const pauseMs = 100

/**
 * Asks until the answer is not null.
 * @throws TourError after the limit; the signal's reason
 */
export const waitUntil = async <T>(
  what: string,
  ask: () => T | null | Promise<T | null>,
  { signal, limitMs = usualLimitMs }: { signal: AbortSignal; limitMs?: number },
): Promise<T> => {
  const deadline = performance.now() + limitMs
  for (;;) {
    signal.throwIfAborted()
    const answer = await ask()
    if (answer !== null) return answer
    if (performance.now() > deadline) throw new TourError(`Not within ${limitMs / 1000} s: ${what}.`)
    await delay(pauseMs, undefined, { signal })
  }
}
