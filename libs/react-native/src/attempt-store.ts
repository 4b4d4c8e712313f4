import type { Storage } from './ports.ts'

/** What the app must still know of an attempt when it is opened anew. */
export interface StoredAttempt {
  codeVerifier: string
  /** Milliseconds since 1970. */
  startedAt: number
  /** What came back from the browser, and when; null until then. */
  returned: { result: string; at: number } | null
}

/** A name that every store takes: letters, digits, dots. */
const storageKey = 'slipstream.strava.attempt'

/** Longer than any return can take: two minutes to open the link, ten at Strava, two for the exchange, one for the result. */
const lifetimeMs = 20 * 60_000

export const hasExpired = ({ startedAt }: StoredAttempt, now: number): boolean =>
  // A clock that was set back meanwhile must not keep a verifier for ever.
  now >= startedAt + lifetimeMs || now < startedAt - lifetimeMs

const read = (text: string): StoredAttempt | null => {
  try {
    const { codeVerifier, startedAt, returned } = JSON.parse(text) as Partial<StoredAttempt>
    if (typeof codeVerifier !== 'string' || typeof startedAt !== 'number') return null
    return { codeVerifier, startedAt, returned: returned ?? null }
  } catch {
    return null
  }
}

/** The one attempt that this app has under way, in storage that outlives it. A new attempt takes the place of the one before. */
export const createAttemptStore = (storage: Storage) => ({
  load: async (): Promise<StoredAttempt | null> => {
    // What cannot be read any more, as after a change of the phone's lock, is as good as not there.
    const text = await storage.get(storageKey).catch(() => null)
    return text === null ? null : read(text)
  },
  save: (attempt: StoredAttempt): Promise<void> => storage.set(storageKey, JSON.stringify(attempt)),
  forget: (): Promise<void> => storage.remove(storageKey),
})
