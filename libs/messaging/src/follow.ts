import { DeliverPolicy, type JsMsg } from '@nats-io/jetstream'
import type { EventType } from '@slipstream/contracts'
import { untilItWorks } from '@slipstream/runtime'
import type { Logger } from '@slipstream/telemetry'
import { decodeEvent } from './envelope.ts'

import { subjectsOf } from './subjects.ts'
import { streams } from './topology.ts'
import type { Transport } from './transport.ts'

export interface FollowedEvent {
  /** Place in the EVENTS stream; pass it as `after` to go on behind this event. */
  sequence: number
  id: string
  type: EventType
  /** Matches the type's schema. */
  data: unknown
  /** When it happened, ISO 8601. */
  time: string
}

export interface FollowOptions {
  /** Types that the EVENTS stream keeps. */
  types: readonly EventType[]
  athleteId: string
  /** Sequence of the last event seen. */
  after: number
  onEvent(event: FollowedEvent): void
  /** Ends following. */
  signal: AbortSignal
}

interface Position {
  /** Another value: the stream was made anew and its sequence numbers start over. */
  streamCreated: string
  sequence: number
}

const streamName = streams.EVENTS.name

/** A place behind the end was taken in a stream that is gone; all of the new one is unseen. */
const findPosition = async (transport: Transport, last: Position | null, after: number): Promise<Position> => {
  const { created, state } = await transport.manager.streams.info(streamName)
  const sequence = last === null ? after : last.streamCreated === created ? last.sequence : 0
  return { streamCreated: created, sequence: sequence > state.last_seq ? 0 : sequence }
}

export const lastSequenceIn = async (transport: Transport): Promise<number> =>
  (await transport.manager.streams.info(streamName)).state.last_seq

/** Calls `onEvent` for each of an athlete's stored events, in order, through outages, until the signal is aborted. */
export const followEvents = async (transport: Transport, log: Logger, options: FollowOptions): Promise<void> => {
  const { signal } = options
  let position: Position | null = null

  const deliver = (message: JsMsg) => {
    try {
      const { id, type, data, time } = decodeEvent(message)
      options.onEvent({ sequence: message.seq, id, type, data, time: time.toISOString() })
    } catch (error) {
      log.warn({ err: error, subject: message.subject, sequence: message.seq }, 'a followed event was left out')
    }
  }

  const followOnce = async () => {
    position = await findPosition(transport, position, options.after)
    const consumer = await transport.client.consumers.get(streamName, {
      filter_subjects: subjectsOf(options.types, options.athleteId),
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: position.sequence + 1,
    })
    const messages = await consumer.consume({ max_messages: 50, abort_on_missing_resource: true })
    const stop = () => messages.stop()
    signal.addEventListener('abort', stop)
    // Aborted while the server made the consumer: that event is past, and nothing would end the loop below.
    if (signal.aborted) stop()
    try {
      for await (const message of messages) {
        if (signal.aborted) break
        deliver(message)
        position.sequence = message.seq
      }
    } finally {
      signal.removeEventListener('abort', stop)
      messages.stop()
      // Left alone, the server would keep it for minutes; when it is unreachable that is what happens.
      await consumer.delete().catch((error: unknown) => log.debug({ err: error }, 'an ordered consumer is left over'))
    }
  }

  while (!signal.aborted) {
    try {
      await untilItWorks(followOnce, { what: 'following events', log, signal })
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}
