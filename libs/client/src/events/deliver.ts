import type { JsMsg } from '@nats-io/jetstream'
import { ackWaitMs } from './consumer.ts'
import {
  allOf,
  decide,
  endingOf,
  type Keys,
  keysOf,
  numbersAfter,
  numbersBefore,
  type Place,
  type SkipReason,
} from './decide.ts'
import { type EventType, type RawMessage, rawMessage, readEvent, type SlipstreamEvent } from './read-event.ts'
import type { EventStore } from './store.ts'

export interface Delivery {
  /** How often the event has been delivered, from 1. */
  attempt: number
  /** Aborted when the process stops and cannot wait any longer: throw soon, the event comes again. */
  signal: AbortSignal
}

/** An event whose handler failed. */
export interface Failure {
  event: SlipstreamEvent
  error: unknown
  attempt: number
  /** When it comes again; null: it was given up and never comes again by itself. */
  retryInMs: number | null
}

/** A message that is no event of Slipstream as this client knows them. It stays in the stream and does not come again. */
export interface InvalidMessage extends RawMessage {
  reason: string
}

/** An event of a type that a later release has. */
export interface UnknownEvent extends RawMessage {
  type: string
}

export interface Callbacks<Type extends EventType = EventType> {
  /** Handles an event; the event is done when the promise resolves and comes again when it rejects. One at a time. */
  onEvent(event: SlipstreamEvent<Type>, delivery: Delivery): void | Promise<void>
  /** In place of a line on stderr. If it rejects, the message comes again. */
  onInvalid?(message: InvalidMessage): void | Promise<void>
  /** Otherwise events of types that this client does not know are passed over. If it rejects, the message comes again. */
  onUnknown?(event: UnknownEvent): void | Promise<void>
  /** In place of a line on stderr. */
  onFailure?(failure: Failure): void
  /** An event that is not handed over, and why. */
  onSkipped?(event: SlipstreamEvent, reason: SkipReason): void
}

export interface DeliverContext extends Callbacks {
  durable: string
  store: EventStore
  /** Reads an event once more; null: the stream has it no longer. */
  find(place: Place): Promise<SlipstreamEvent | null>
  maxAttempts: number
  /** Aborted when the handler in hand has to end. */
  abandon: AbortSignal
}

const longestDelayMs = 15 * 60_000

/** 1, 2, 4 … seconds, 15 minutes at the most: a hundred attempts take a day. */
export const retryDelayMs = (attempt: number): number => Math.min(longestDelayMs, 1_000 * 2 ** (attempt - 1))

const warn = (text: string, ...more: unknown[]): void => console.warn(`slipstream: ${text}`, ...more)

/** Waits for the server's word: a plain acknowledgement sent while disconnected is lost. Then the event comes again and is known. */
const acknowledge = async (message: JsMsg): Promise<void> => {
  await message.ackAck().catch(() => {})
}

/** Hands out again what took the event's data away meanwhile: the data may have been written behind it. */
const repeatEnding = async (
  context: DeliverContext,
  { event, keys, delivery }: { event: SlipstreamEvent; keys: Keys; delivery: Delivery },
): Promise<void> => {
  const place = endingOf(event, keys, await context.store.read(allOf(keys)))
  if (place === null) return
  const ending = await context.find(place)
  if (ending === null)
    throw new Error('its data are to be deleted, and the event that says so is no longer in the stream')
  await context.onEvent(ending, delivery)
}

const handle = async (context: DeliverContext, message: JsMsg, event: SlipstreamEvent): Promise<void> => {
  const keys = keysOf(context.durable, event)
  const delivery = { attempt: message.info.deliveryCount, signal: context.abandon }
  const decision = decide(event, keys, await context.store.read(allOf(keys)))
  if (decision.kind === 'skip') {
    // An attempt that failed, or whose process ended, may have written before.
    if (delivery.attempt > 1 && decision.reason !== 'handled_before')
      await repeatEnding(context, { event, keys, delivery })
    context.onSkipped?.(event, decision.reason)
    return
  }
  const before = numbersBefore(event, keys)
  if (before.size > 0) await context.store.raise(before)
  try {
    await context.onEvent(event, delivery)
  } finally {
    // Behind a failure as well: what an unlink purged from the stream does not come again.
    await repeatEnding(context, { event, keys, delivery })
  }
  await context.store.raise(numbersAfter(event, keys))
}

const printFailure = ({ event, attempt, retryInMs, error }: Failure): void => {
  const next = retryInMs === null ? 'given up' : `again in ${retryInMs / 1_000} s`
  warn(`${event.type} ${event.id}: attempt ${attempt} failed, ${next}:`, error)
}

const work = async (context: DeliverContext, message: JsMsg, event: SlipstreamEvent): Promise<void> => {
  try {
    await handle(context, message, event)
  } catch (error) {
    // A stop is no failure of the handler.
    if (context.abandon.aborted) return message.nak()
    const attempt = message.info.deliveryCount
    const retryInMs = attempt < context.maxAttempts ? retryDelayMs(attempt) : null
    if (retryInMs === null) message.term('the handler failed too often')
    else message.nak(retryInMs)
    const report = context.onFailure ?? printFailure
    report({ event, error, attempt, retryInMs })
    return
  }
  await acknowledge(message)
}

/** Hands over what is no event that this client can read, once that has worked. */
const setAside = async (message: JsMsg, handOver: () => void | Promise<void>): Promise<void> => {
  try {
    await handOver()
  } catch (error) {
    message.nak(retryDelayMs(message.info.deliveryCount))
    return warn(`${message.subject} at ${message.seq} was not taken:`, error)
  }
  await acknowledge(message)
}

/** Takes one message from its arrival to its acknowledgement. */
export const deliver = async (context: DeliverContext, message: JsMsg): Promise<void> => {
  const heartbeat = setInterval(() => message.working(), ackWaitMs / 3)
  const raw = rawMessage(message, message.headers)
  const reading = readEvent(raw)
  try {
    if (reading.kind === 'event') await work(context, message, reading.event)
    else if (reading.kind === 'unknown') {
      await setAside(message, () => context.onUnknown?.({ ...raw, type: reading.type }))
    } else {
      await setAside(message, () =>
        context.onInvalid
          ? context.onInvalid({ ...raw, reason: reading.reason })
          : warn(`${raw.subject} at ${raw.sequence} was left out: ${reading.reason}`),
      )
    }
  } finally {
    clearInterval(heartbeat)
  }
}
