import { decodeEvent, isRefusal, openEventReader, type ReceivedEvent } from '@slipstream/messaging'
import { TourError } from './tour-error.ts'
import { waitUntil } from './wait-until.ts'

export interface HeardEvent {
  event: ReceivedEvent
  /** On the clock of `performance`. */
  at: number
}

/** One athlete's events as a subscriber gets them, from the moment it was opened. */
export interface TourEvents {
  heardSince(since: number): HeardEvent[]
  /** The first since then that is as wanted; `what` names it where it does not come. */
  next(what: string, isWanted: (event: ReceivedEvent) => boolean, since: number): Promise<HeardEvent>
  close(): Promise<void>
}

/** @throws TourError */
export const openTourEvents = async (
  servers: Parameters<typeof openEventReader>[0],
  { athleteId, signal }: { athleteId: string; signal: AbortSignal },
): Promise<TourEvents> => {
  const quiet = () => {}
  const log = { debug: quiet, info: quiet, warn: quiet }
  const reader = await openEventReader(servers, { name: 'slipstream tour', log }).catch((cause: Error) => {
    throw new TourError(`NATS does not let the tour listen: ${cause.message}`, { cause })
  })
  const all: HeardEvent[] = []
  const closing = new AbortController()
  const failed = Promise.withResolvers<never>()
  // Heard where something is waited for.
  failed.promise.catch(quiet)
  reader
    .follow({
      filter: `*.*.${athleteId}`,
      from: { after: await reader.lastSequence() },
      onMessage: (message) => all.push({ event: decodeEvent(message), at: performance.now() }),
      isFinal: isRefusal,
      signal: closing.signal,
    })
    .catch(failed.reject)
  const heardSince = (since: number) => all.filter(({ at }) => at >= since)
  return {
    heardSince,
    next: (what, isWanted, since) =>
      Promise.race([
        failed.promise,
        waitUntil(what, () => heardSince(since).find(({ event }) => isWanted(event)) ?? null, { signal }),
      ]),
    close: async () => {
      closing.abort()
      await reader.connection.close()
    },
  }
}
