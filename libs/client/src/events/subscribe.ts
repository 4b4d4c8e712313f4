import {
  type ConsumerMessages,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { delay } from '../http/abort.ts'
import { type NatsServers, openConnection } from './connection.ts'
import { ensureConsumer, removeConsumer, streamName, type Wanted } from './consumer.ts'
import type { Place } from './decide.ts'
import { type Callbacks, type DeliverContext, deliver } from './deliver.ts'
import { type EventType, rawMessage, readEvent, type SlipstreamEvent } from './read-event.ts'
import type { EventStore } from './store.ts'
import { SubscribeError, subscribeErrorOf } from './subscribe-error.ts'

/** Types that the stream keeps. `sync.progress` and `sync.requested` are not told to subscribers. */
export type SubscribableType = Exclude<EventType, 'sync.progress' | 'sync.requested'>

/** What a service that keeps copies has to hear. */
const usualTypes = [
  'activity.ingested',
  'activity.updated',
  'activity.refreshed',
  'activity.deleted',
  'athlete.linked',
  'athlete.unlinked',
  'athlete.erased',
  'athlete.reauth_required',
] as const satisfies readonly SubscribableType[]

export interface SubscribeOptions<Type extends SubscribableType = (typeof usualTypes)[number]>
  extends NatsServers,
    Callbacks<Type> {
  /** Name of the place in the stream that the server keeps for this service; all replicas share one. */
  durable: string
  /** Remembers what was handled: `memoryStore()`, or one that survives a restart. */
  store: EventStore
  /** `activity.*` and `athlete.*` of those that this client knows, unless given. */
  types?: readonly Type[]
  /** Events of one athlete alone. */
  athleteId?: string
  /** Where a durable that is new starts; without it at the oldest event that the stream keeps (7 days). */
  replayFrom?: Date
  /** After so many an event is given up; 100, which takes about a day. */
  maxAttempts?: number
  /** Told once, when all is handled that the stream kept when the subscription began: what comes now is new. */
  onCaughtUp?(): void
  /** Told when the connection to NATS is lost and when it is back. It comes back by itself. */
  onConnection?(state: 'lost' | 'back'): void
}

export interface Subscription {
  /** Takes nothing new, waits for the handler in hand for so long, then lets go of it and disconnects. */
  stop(options?: StopOptions): Promise<void>
  /** Stops, and gives up the place in the stream for good: the last of the replicas does it. @throws SubscribeError */
  remove(options?: StopOptions): Promise<void>
}

export interface StopOptions {
  /** How long to wait for the handler in hand; 10,000. */
  withinMs?: number
}

const watchConnection = async (
  connection: NatsConnection,
  onConnection: (state: 'lost' | 'back') => void,
): Promise<void> => {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect') onConnection('lost')
    if (type === 'reconnect') onConnection('back')
  }
}

/** Pulling, which can be ended or made to ask again. */
interface Puller {
  isStopping(): boolean
  /** Called whenever nothing is in hand. */
  onIdle(): Promise<void>
  /** What is asked for now, if anything is. */
  asked: ConsumerMessages | null
}

/** What the server takes for a name, and a subject for one of its parts. */
const checkName = (durable: string): void => {
  if (/^[\w-]{1,200}$/.test(durable)) return
  throw new SubscribeError('invalid_name', 'A `durable` is 1 to 200 letters, digits, - and _.')
}

const wantedOf = <Type extends SubscribableType>(options: SubscribeOptions<Type>): Wanted => ({
  durable: options.durable,
  filterSubjects: (options.types ?? usualTypes).map((type) => `${type}.${options.athleteId ?? '*'}`),
  replayFrom: options.replayFrom ?? null,
})

const findEvent = async (manager: JetStreamManager, place: Place): Promise<SlipstreamEvent | null> => {
  const query = 'sequence' in place ? { seq: place.sequence } : { last_by_subj: place.subject }
  const message = await manager.streams.getMessage(streamName, query)
  const reading = message && readEvent(rawMessage(message, message.header))
  return reading?.kind === 'event' ? reading.event : null
}

/** Calls `onCaughtUp` once nothing is to be handled, or to be handled again, that stood in the stream before. */
const createCatchUp = (manager: JetStreamManager, durable: string, onCaughtUp: () => void) => {
  let last: number | null = null
  let isDone = false
  return async (): Promise<void> => {
    if (isDone) return
    last ??= (await manager.streams.info(streamName)).state.last_seq
    const { delivered, num_pending, num_ack_pending } = await manager.consumers.info(streamName, durable)
    isDone = num_ack_pending === 0 && (num_pending === 0 || delivered.stream_seq >= last)
    if (isDone) onCaughtUp()
  }
}

/** Takes one message at a time: one that waits in a buffer would be given to another replica meanwhile. */
const pullUntilStopped = async (
  client: JetStreamClient,
  durable: string,
  puller: Puller,
  context: DeliverContext,
): Promise<void> => {
  const consumer = await client.consumers.get(streamName, durable)
  while (!puller.isStopping()) {
    await puller.onIdle()
    const messages = await consumer.fetch({ max_messages: 1, expires: 10_000 })
    puller.asked = messages
    if (puller.isStopping()) messages.stop()
    for await (const message of messages) {
      if (puller.isStopping()) message.nak()
      else await deliver(context, message)
    }
  }
}

/**
 * Subscribes a service to the events of Slipstream: each is checked, handed over in the order of the stream, at least once, and
 * as a rule exactly once. Resolves when the durable consumer stands.
 * @throws SubscribeError
 */
export const subscribe = async <Type extends SubscribableType = (typeof usualTypes)[number]>(
  options: SubscribeOptions<Type>,
): Promise<Subscription> => {
  checkName(options.durable)
  const connection = await openConnection(options, options.durable).catch((error) => {
    throw subscribeErrorOf(error)
  })
  const giveUp = async (error: unknown): Promise<never> => {
    await connection.close()
    throw subscribeErrorOf(error)
  }
  const manager = await jetstreamManager(connection).catch(giveUp)
  const ensure = () => ensureConsumer(manager, wantedOf(options))
  await ensure().catch(giveUp)

  const stopping = new AbortController()
  const abandon = new AbortController()
  const find = (place: Place) => findEvent(manager, place)
  const context = { maxAttempts: 100, ...options, find, abandon: abandon.signal } as DeliverContext
  const puller: Puller = {
    isStopping: () => stopping.signal.aborted,
    onIdle: options.onCaughtUp ? createCatchUp(manager, options.durable, options.onCaughtUp) : async () => {},
    asked: null,
  }

  const run = async () => {
    const client = jetstream(connection)
    while (!stopping.signal.aborted) {
      try {
        await pullUntilStopped(client, options.durable, puller, context)
      } catch {
        // NATS is away, or it has lost its store: the consumer is made again.
        await delay(1_000, stopping.signal).catch(() => {})
        if (!stopping.signal.aborted) await ensure().catch(() => {})
      }
    }
  }

  void watchConnection(connection, (state) => {
    // The server that is back knows nothing of what was asked of it before.
    if (state === 'back') puller.asked?.stop()
    options.onConnection?.(state)
  })
  const running = run()

  const finish = async ({ withinMs = 10_000 }: StopOptions = {}) => {
    stopping.abort()
    puller.asked?.stop()
    const letGo = new AbortController()
    const limit = delay(withinMs, letGo.signal).then(async () => {
      abandon.abort()
      await delay(1_000, letGo.signal)
    })
    await Promise.race([running, limit])
    letGo.abort()
    await limit.catch(() => {}) // ended by the line before
    // What was said last goes out first; where NATS is away that would wait for ever.
    await Promise.race([connection.flush().catch(() => {}), delay(1_000, undefined)])
  }

  return {
    stop: async (stopOptions) => {
      await finish(stopOptions)
      await connection.close()
    },
    remove: async (stopOptions) => {
      await finish(stopOptions)
      await removeConsumer(manager, options.durable).catch(giveUp)
      await connection.close()
    },
  }
}
