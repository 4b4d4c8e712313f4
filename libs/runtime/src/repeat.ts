import { setTimeout as delay } from 'node:timers/promises'

export interface Repetition {
  /** Resolves when the turn under way has ended. */
  stop(): Promise<void>
}

/** Runs a task again and again, `everyMs` after its last end. A turn that fails is reported and does not end the rest. */
export const repeat = (
  task: () => Promise<void>,
  { everyMs, onError }: { everyMs: number; onError: (error: unknown) => void },
): Repetition => {
  const stopping = new AbortController()
  const { signal } = stopping
  const run = async () => {
    while (!signal.aborted) {
      await task().catch(onError)
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
