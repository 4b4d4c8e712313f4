import { isDeepStrictEqual } from 'node:util'
import type { Environment } from '@slipstream/runtime'
import type { KeptRunning, Running } from './keep-running.ts'

/**
 * Starts a service while the servers are on their way up, where their addresses can be foretold: it loads meanwhile, and
 * waits for them itself. A server that had to take another port costs another start.
 */
export const startBeside = async (options: {
  /** Leaves nothing behind when it rejects. */
  start: (addresses: Environment, signal: AbortSignal) => Promise<KeptRunning<Running>>
  /** Null where nothing can be foretold. */
  expected: Environment | null
  /** Settles when the servers are up, or did not start. */
  actual: Promise<Environment>
  signal: AbortSignal
}): Promise<KeptRunning<Running>> => {
  const { start, expected, actual, signal } = options
  const givenUp = new AbortController()
  const early = expected && start(expected, AbortSignal.any([signal, givenUp.signal]))
  early?.catch(() => {}) // told when it is waited for
  const giveUp = async () => {
    givenUp.abort()
    await (await early?.catch(() => null))?.stop()
  }
  const addresses = await actual.catch(async (error: unknown) => {
    await giveUp()
    throw error
  })
  if (early && isDeepStrictEqual(addresses, expected)) return early
  await giveUp()
  return start(addresses, signal)
}
