import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { type EventType, type Lane, lanes } from '@slipstream/contracts'

/** The services that talk over NATS. */
export type ServiceName = 'gateway' | 'scheduler' | 'ingestion'

/**
 * Where the answers to a user go, deliveries among them. Each has a place of its own, which no other may listen to: on the
 * usual `_INBOX.>` everybody would hear what is delivered to everybody.
 */
export const inboxPrefixOf = (user: string): string => `_INBOX_${user}`

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

export type StreamName = 'SYNC' | 'EVENTS' | 'ADVISORIES'
export type StreamDeclaration = Partial<StreamConfig> & { name: StreamName; subjects: string[] }

const subjectsOfLane = (lane: Lane) => `sync.requested.${lane}.>`

/**
 * Streams as data. `persist_mode` stays unset: `async` would silently undo the server's `sync_interval: always`.
 * `SYNC` keeps the newest request per subject and never lets one expire: a request that replaces one in flight is
 * delivered after it, so no wake-up is lost. It takes the lanes that somebody works on: a request of another lane is refused
 * to its publisher instead of lying there for ever. `EVENTS` ends after the 7 days that the data policy allows. `ADVISORIES`
 * keeps what the server says once, over core NATS, about messages it gave up.
 */
export const streams: Readonly<Record<StreamName, StreamDeclaration>> = {
  SYNC: {
    name: 'SYNC',
    subjects: lanes.map(subjectsOfLane),
    storage: StorageType.File,
    retention: RetentionPolicy.Workqueue,
    max_msgs_per_subject: 1,
    discard: DiscardPolicy.Old,
  },
  EVENTS: {
    name: 'EVENTS',
    subjects: ['athlete.*.>', 'activity.*.>', 'sync.triggered.>', 'sync.finished.>', 'strava.notified.>'],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    max_age: nanos(7 * dayMs),
    discard: DiscardPolicy.Old,
    duplicate_window: nanos(10 * minuteMs),
  },
  ADVISORIES: {
    name: 'ADVISORIES',
    subjects: ['$JS.EVENT.ADVISORY.CONSUMER.>'],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    max_age: nanos(30 * dayMs),
    max_msgs: 100_000,
    discard: DiscardPolicy.Old,
  },
}

/**
 * The streams each service makes where they are missing: those it publishes to or reads, and no other. The scheduler alone
 * changes one that is there: who may change a stream can copy any other into it.
 */
export const streamsOf: Readonly<Record<ServiceName, readonly StreamName[]>> = {
  gateway: ['EVENTS'],
  scheduler: ['SYNC', 'EVENTS', 'ADVISORIES'],
  ingestion: ['SYNC', 'EVENTS'],
}
export const streamsKeeper: ServiceName = 'scheduler'

/** Who publishes what. Ingestion asks for the next page of its own run with `sync.requested`. */
export const publishedBy: Readonly<Record<ServiceName, readonly EventType[]>> = {
  gateway: ['athlete.linked', 'athlete.unlinked', 'sync.triggered', 'strava.notified'],
  scheduler: ['sync.requested'],
  ingestion: [
    ...(['sync.requested', 'sync.progress', 'sync.finished', 'athlete.erased', 'athlete.reauth_required'] as const),
    ...(['activity.ingested', 'activity.updated', 'activity.refreshed', 'activity.deleted'] as const),
  ],
}

export interface ConsumerDefinition {
  /** Runs it, and is the only one that makes it. */
  service: ServiceName
  stream: StreamName
  /** Every type the filter lets through; each needs a handler. */
  types: readonly EventType[]
  filterSubjects: readonly string[]
  /** A message whose worker is silent for this long is delivered again; a busy worker reports three times as often. */
  ackWaitMs: number
  /** Messages worked on at once by one process. */
  concurrency: number
}

const ackWaitMs = 30_000

const eventsConsumer = <Type extends EventType>(service: ServiceName, concurrency: number, types: readonly Type[]) => ({
  service,
  stream: 'EVENTS' as const,
  types,
  filterSubjects: types.map((type) => `${type}.>`),
  ackWaitMs,
  concurrency,
})

const laneConsumer = (lane: Lane, concurrency: number) => ({
  service: 'ingestion' as const,
  stream: 'SYNC' as const,
  types: ['sync.requested'] as const,
  filterSubjects: [subjectsOfLane(lane)],
  ackWaitMs,
  concurrency,
})

/** Durable pull consumers as data, by durable name. */
export const consumers = {
  scheduler: eventsConsumer('scheduler', 4, ['athlete.linked', 'athlete.unlinked', 'sync.triggered', 'sync.finished']),
  'scheduler-webhooks': eventsConsumer('scheduler', 4, ['strava.notified']),
  gateway: eventsConsumer('gateway', 2, ['athlete.reauth_required', 'athlete.erased']),
  'ingestion-erasure': eventsConsumer('ingestion', 2, ['athlete.unlinked']),
  'ingestion-interactive': laneConsumer('interactive', 4),
  'ingestion-realtime': laneConsumer('realtime', 4),
  'ingestion-scheduled': laneConsumer('scheduled', 2),
  'ingestion-backfill': laneConsumer('backfill', 1),
} as const satisfies Record<string, ConsumerDefinition>

export type ConsumerName = keyof typeof consumers
/** The event types a consumer receives. */
export type ConsumedType<Name extends ConsumerName> = (typeof consumers)[Name]['types'][number]

/**
 * Deliveries of one message before the server gives it up. A request on `SYNC` may be put off for as long as it takes; on
 * `EVENTS` nothing waits, so this is a backstop. Attempts are counted in MongoDB, where the count survives every crash.
 */
const maxDeliveries: Readonly<Record<StreamName, number>> = { SYNC: -1, EVENTS: 50, ADVISORIES: -1 }

/** No `backoff`: the server would add it to every nak delay and let it replace `ack_wait`. */
export const consumerConfig = (name: string, definition: ConsumerDefinition): Partial<ConsumerConfig> => ({
  durable_name: name,
  ack_policy: AckPolicy.Explicit,
  deliver_policy: DeliverPolicy.All,
  ack_wait: nanos(definition.ackWaitMs),
  max_deliver: maxDeliveries[definition.stream],
  filter_subjects: [...definition.filterSubjects],
})

/** Durable name of the reader of what the server gave up; see `stuck-messages.ts`. */
export const stuckMessagesConsumer = 'stuck-messages'
export const stuckMessagesService: ServiceName = 'scheduler'

export const stuckMessagesConfig: Partial<ConsumerConfig> = {
  durable_name: stuckMessagesConsumer,
  ack_policy: AckPolicy.Explicit,
  deliver_policy: DeliverPolicy.All,
  ack_wait: nanos(ackWaitMs),
  max_deliver: maxDeliveries.ADVISORIES,
  filter_subjects: ['$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>'],
}
