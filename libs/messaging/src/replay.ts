import { jetstream } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import type { EventType, OutboxEvent } from '@slipstream/contracts'
import type { DeadLetterRow } from '@slipstream/records'
import { newId } from '@slipstream/runtime'
import { type NatsServers, openForOnce } from './connection.ts'
import { encodeEvent } from './envelope.ts'

type Letter = Pick<
  DeadLetterRow,
  'consumer' | 'subject' | 'eventId' | 'eventType' | 'headers' | 'payload' | 'createdAt'
>

/** An event that never reached NATS has no message yet; its letter holds what one is made of. */
const neverPublished = ({ headers }: Letter): boolean => Object.keys(headers).length === 0

const messageOf = (letter: Letter) => {
  if (neverPublished(letter)) {
    const { eventId: id, eventType, payload, createdAt: occurredAt } = letter
    const event = { id, type: eventType as EventType, data: JSON.parse(payload), occurredAt } as OutboxEvent
    return encodeEvent(event, 'slipstream/operator')
  }
  const head = headers()
  // Headers with this prefix are orders to the server, such as the id under which the message was known already.
  for (const [name, value] of Object.entries(letter.headers)) if (!name.startsWith('Nats-')) head.set(name, value)
  return { subject: letter.subject, headers: head, body: letter.payload }
}

/**
 * Publishes the message of a dead letter again, as it was, and waits until it is stored. All readers of its subject get it,
 * not the one alone that gave it up; they know it by its `ce-id`.
 * @throws what kept the message from being stored; whether it was is not known after a timeout
 */
export const replayDeadLetter = async (
  servers: NatsServers,
  letter: Letter,
  { limitMs }: { limitMs: number },
): Promise<{ stream: string; sequence: number }> => {
  const connection = await openForOnce(servers, { name: 'slipstream-operator', limitMs })
  try {
    const { subject, headers, body } = messageOf(letter)
    const options = { headers, msgID: newId('replay'), timeout: limitMs }
    const { stream, seq } = await jetstream(connection).publish(subject, body, options)
    return { stream, sequence: seq }
  } finally {
    await connection.close()
  }
}
