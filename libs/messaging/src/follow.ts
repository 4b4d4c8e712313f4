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

/** Behind the message with this sequence, or with what was stored since then. */
export type FollowStart = { after: number } | { since: Date }

export interface FollowStreamOptions {
  /**
   * Absent: all that the stream keeps. Several subjects ask for the consumer in a form that permissions cannot narrow, so
   * only services may.
   */
  filter?: string | string[]
  from: FollowStart
  onMessage(message: JsMsg): void
  /** What no further try can help with; absent: everything passes by itself. */
  isFinal?: (error: unknown) => boolean
  /** Ends following. */
  signal: AbortSignal
}

interface Position {
  /** Another value: the stream was made anew and its sequence numbers start over. */
  streamCreated: string
  from: FollowStart
}

/** As much of a logger as is needed here. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn'>

const streamName = streams.EVENTS.name

/** A place behind the end was taken in a stream that is gone; all of the new one is unseen. */
const findPosition = async (
  { manager }: Pick<Transport, 'manager'>,
  last: Position | null,
  start: FollowStart,
): Promise<Position> => {
  const { created, state } = await manager.streams.info(streamName)
  const from = last === null ? start : last.streamCreated === created ? last.from : { after: 0 }
  return { streamCreated: created, from: 'after' in from && from.after > state.last_seq ? { after: 0 } : from }
}

export const lastSequenceIn = async ({ manager }: Pick<Transport, 'manager'>): Promise<number> =>
  (await manager.streams.info(streamName)).state.last_seq

const deliveryFrom = (from: FollowStart) =>
  'after' in from
    ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from.after + 1 }
    : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: from.since.toISOString() }

/**
 * Calls `onMessage` for each stored message, in order, through outages and a store that was emptied, until the signal is aborted.
 * @throws what is final
 */
export const followStream = async (
  transport: Pick<Transport, 'client' | 'manager'>,
  log: Log,
  { filter, from, onMessage, signal, isFinal = () => false }: FollowStreamOptions,
): Promise<void> => {
  let position: Position | null = null

  const followOnce = async () => {
    position = await findPosition(transport, position, from)
    const consumer = await transport.client.consumers.get(streamName, {
      ...(filter !== undefined && { filter_subjects: filter }),
      ...deliveryFrom(position.from),
    })
    const messages = await consumer.consume({ max_messages: 50, abort_on_missing_resource: true })
    const stop = () => messages.stop()
    signal.addEventListener('abort', stop)
    // Aborted while the server made the consumer: that event is past, and nothing would end the loop below.
    if (signal.aborted) stop()
    try {
      for await (const message of messages) {
        if (signal.aborted) break
        onMessage(message)
        position.from = { after: message.seq }
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
      await untilItWorks(followOnce, { what: 'following events', log, signal, isFinal })
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}

/** Calls `onEvent` for each of an athlete's stored events, in order, through outages, until the signal is aborted. */
export const followEvents = async (
  transport: Transport,
  log: Logger,
  { types, athleteId, after, onEvent, signal }: FollowOptions,
): Promise<void> => {
  const onMessage = (message: JsMsg) => {
    try {
      const { id, type, data, time } = decodeEvent(message)
      onEvent({ sequence: message.seq, id, type, data, time: time.toISOString() })
    } catch (error) {
      log.warn({ err: error, subject: message.subject, sequence: message.seq }, 'a followed event was left out')
    }
  }
  await followStream(transport, log, { filter: subjectsOf(types, athleteId), from: { after }, onMessage, signal })
}
