import { setTimeout as delay } from 'node:timers/promises'
import { describe, type Exit, type Log } from '@slipstream/embedded'
import { backoffMs } from '@slipstream/runtime'

/** A process that is up. */
export interface Running {
  exited: Promise<Exit>
  stop(): Promise<unknown>
}

export interface Part<R extends Running> {
  name: string
  /** Starts it and waits until it can be used; called again after each unexpected end. Leaves nothing behind when it rejects. */
  start(signal: AbortSignal): Promise<R>
}

export interface KeptRunning<R extends Running> {
  /** What the first start gave. */
  first: R
  stop(): Promise<void>
}

const backoff = { firstMs: 200, longestMs: 10_000 }
/** After this time up, an end counts as the first one again. */
const steadyMs = 30_000

const formatExit = ({ code, signal }: Exit) => (signal ? `killed by ${signal}` : `code ${code}`)

/**
 * Starts a part and starts it again, with growing delays, whenever it ends without being asked to.
 * @throws what the first start throws; later failures are logged and tried again
 */
export const keepRunning = async <R extends Running>(
  part: Part<R>,
  signal: AbortSignal,
  log: Log,
): Promise<KeptRunning<R>> => {
  const ending = new AbortController()
  const first = await part.start(AbortSignal.any([signal, ending.signal]))
  let current: R | null = first

  const startAgain = async (failures: number): Promise<void> => {
    await delay(backoffMs(backoff, failures), undefined, { signal: ending.signal })
    try {
      current = await part.start(ending.signal)
      log(`${part.name} is back`)
    } catch (error) {
      ending.signal.throwIfAborted()
      log(`${part.name} did not start: ${describe(error)}`)
      await startAgain(failures + 1)
    }
  }

  const watch = async () => {
    for (let failures = 1; current; failures += 1) {
      const startedAt = Date.now()
      const exit = await current.exited
      if (ending.signal.aborted) return
      if (Date.now() - startedAt > steadyMs) failures = 1
      current = null
      log(`${part.name} ended unexpectedly (${formatExit(exit)}), starting it again`)
      await startAgain(failures)
    }
  }
  const watched = watch().catch((error: unknown) => {
    if (!ending.signal.aborted) throw error
  })

  return {
    first,
    stop: async () => {
      ending.abort()
      await current?.stop()
      await watched
    },
  }
}
