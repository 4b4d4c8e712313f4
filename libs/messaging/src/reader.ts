import { JetStreamApiCodes, JetStreamApiError, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { type NatsServers, openConnection, usualHeartbeat } from './connection.ts'
import { type FollowStreamOptions, followStream, type Log, lastSequenceIn } from './follow.ts'

/** Reads events as any service of the host may, and changes nothing: it makes no stream and keeps no place in one. */
export interface EventReader {
  connection: NatsConnection
  /** Place of the newest event; 0 where no service has made the stream yet. */
  lastSequence(): Promise<number>
  /** Resolves when the signal is aborted. */
  follow(options: FollowStreamOptions): Promise<void>
}

/** The inboxes that clients have as they come: what a subscriber's permissions allow. */
const usualInboxPrefix = '_INBOX'

/**
 * Connects once; what stands is kept for ever.
 * @throws what kept it from connecting
 */
export const openEventReader = async (
  servers: NatsServers,
  { name, log }: { name: string; log: Log },
): Promise<EventReader> => {
  const connection = await openConnection(servers, { name, inboxPrefix: usualInboxPrefix, heartbeat: usualHeartbeat })
  const transport = {
    client: jetstream(connection),
    manager: await jetstreamManager(connection, { checkAPI: false }),
  }
  return {
    connection,
    lastSequence: () =>
      lastSequenceIn(transport).catch((error: unknown) => {
        if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return 0
        throw error
      }),
    follow: (options) => followStream(transport, log, options),
  }
}
