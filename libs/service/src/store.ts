import { setTimeout as delay } from 'node:timers/promises'
import { connectStore, type Owner, prepareDatabase, type Store } from '@slipstream/persistence'
import { ConfigError, isStoreAway, untilItWorks } from '@slipstream/runtime'
import type { Logger } from '@slipstream/telemetry'

/** Longer than a server needs that is there. */
const patienceMs = 2_000

/** Says that MongoDB is waited for before the driver's own 10 s are over, and says no more when it is there. */
const sayWhenWaiting = async (log: Logger, signal: AbortSignal): Promise<void> => {
  try {
    await delay(patienceMs, undefined, { signal })
    log.warn('MongoDB does not answer yet, waiting for it')
  } catch {
    // It was there in time.
  }
}

/** The driver names hosts and what is wrong, never a user or a password. */
const unusable = (error: unknown) =>
  new ConfigError([`MONGODB_URI: no MongoDB can be used there (${(error as Error).message})`])

const givenUp = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

/**
 * Connects to MongoDB, waiting for a server that is not there yet, and prepares the database.
 * @throws ConfigError for an address that is of no use, such as one with a wrong password, or with no server behind it
 * for `limitMs`; what else waiting cannot help with, such as a migration that is needed; the signal's reason once it is aborted
 */
export const openStore = async <Who extends Owner>(options: {
  uri: string
  owner: Who
  log: Logger
  signal: AbortSignal
  limitMs: number
}): Promise<Store<Who>> => {
  const { uri, owner, log, signal, limitMs } = options
  const connected = new AbortController()
  void sayWhenWaiting(log, AbortSignal.any([connected.signal, signal]))
  const open = async () => {
    const store = await connectStore({ uri, owner }).catch((error: unknown) => {
      throw isStoreAway(error) ? error : unusable(error)
    })
    try {
      await prepareDatabase(store.connection)
      return store
    } catch (error) {
      await store.close()
      throw error
    }
  }
  const opening = untilItWorks(open, {
    what: 'opening MongoDB',
    log,
    signal,
    isFinal: (error) => !isStoreAway(error),
    limitMs,
  }).catch((error: unknown) => {
    throw isStoreAway(error) ? unusable(error) : error
  })
  try {
    // The driver's try cannot be cut short, so a stop does not wait for it.
    return await Promise.race([opening, givenUp(signal)])
  } finally {
    connected.abort()
    if (signal.aborted) {
      void opening.then(
        (store) => store.close(),
        () => {},
      )
    }
  }
}
