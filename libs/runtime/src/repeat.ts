import { setTimeout as delay } from 'node:timers/promises'

export interface Repetition {
  /** Resolves when the turn under way has ended. */
  stop(): Promise<void>
}

/**
 * Runs a task again and again, `everyMs` after its last end. A turn that fails is reported and does not end the rest. The
 * signal is aborted at the stop: a long turn looks at it between two items.
 */
export const repeat = (
  task: (signal: AbortSignal) => Promise<void>,
  { everyMs, onError }: { everyMs: number; onError: (error: unknown) => void },
): Repetition => {
  const stopping = new AbortController()
  const { signal } = stopping
  const run = async () => {
    while (!signal.aborted) {
      await task(signal).catch(onError)
      await delay(everyMs, undefined, { signal }).catch(() => {}) // woken by stop
    }
  }
  const running = run()
  return {
    stop: () => {
      stopping.abort()
      return running
    },
  }
}
