import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import type { OutboxEvent } from '@slipstream/contracts'
import { type Envelope, encodeEvent } from './envelope.ts'
import { TransientError, UnpublishableError } from './errors.ts'
import type { Transport } from './transport.ts'

const ackTimeoutMs = 1_500

/** The server's code for "message size exceeds maximum allowed". */
const messageTooLarge = 10054

/** The client refuses what is larger than the server's `max_payload`, and subjects that are none. */
const isRefusedForGood = (error: unknown): boolean =>
  error instanceof errors.InvalidArgumentError ||
  error instanceof errors.InvalidSubjectError ||
  (error instanceof JetStreamApiError && error.code === messageTooLarge)

const encode = (event: OutboxEvent, source: string): Envelope => {
  try {
    return encodeEvent(event, source)
  } catch (cause) {
    throw new UnpublishableError(`no message can be made of ${event.type}`, { cause })
  }
}

/**
 * Publishes to JetStream and waits until the message is stored. After a failure the streams are put in place, because a
 * subject whose stream is gone has no responder, or only subscribers that never answer, and it is tried once more. A timeout
 * says nothing about what happened to the message; `msgID` makes sending it again safe.
 * @throws UnpublishableError when trying again can never help; TransientError for all else, within 6 s.
 */
export const publishEvent = async (transport: Transport, event: OutboxEvent, source: string): Promise<void> => {
  const { subject, headers, body } = encode(event, source)
  const publish = () => transport.client.publish(subject, body, { headers, msgID: event.id, timeout: ackTimeoutMs })
  try {
    await publish().catch(async (error: unknown) => {
      if (isRefusedForGood(error)) throw error
      await transport.ensureTopology()
      await publish()
    })
  } catch (cause) {
    if (isRefusedForGood(cause)) throw new UnpublishableError(`NATS does not take ${event.type}`, { cause })
    throw new TransientError(`cannot publish ${event.type}`, { cause })
  }
}
