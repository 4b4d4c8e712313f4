import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import { deadline, type NatsConnection } from '@nats-io/transport-node'
import type { Logger } from '@slipstream/telemetry'

/** What the parts of this library share behind a bus; not for use outside of it. */
export interface Transport {
  connection: NatsConnection
  client: JetStreamClient
  manager: JetStreamManager
  /** Puts streams and consumers in place; callers at the same time share one pass. */
  ensureTopology(): Promise<void>
}

/** So long a flush may take from a server that has stopped answering. */
const flushLimitMs = 5_000

/** Waits until the server has what was sent; that it stays away is logged, because the server will then ask again. */
export const flush = async (connection: NatsConnection, log: Logger): Promise<void> => {
  try {
    await deadline(connection.flush(), flushLimitMs)
  } catch (error) {
    log.warn({ err: error }, 'NATS did not confirm what was sent, events may come again')
  }
}
