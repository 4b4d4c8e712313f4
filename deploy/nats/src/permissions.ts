import type { EventType } from '@slipstream/contracts'
import { subjectsOf } from '@slipstream/messaging/subjects'
import {
  consumers,
  inboxPrefixOf,
  publishedBy,
  type ServiceName,
  type StreamName,
  streams,
  streamsKeeper,
  streamsOf,
  stuckMessagesConsumer,
  stuckMessagesService,
} from '@slipstream/messaging/topology'

export const natsUsers = ['gateway', 'scheduler', 'ingestion', 'subscriber', 'operator'] as const
export type NatsUser = (typeof natsUsers)[number]

interface Subjects {
  allow: string[]
  /** Counts more than `allow`. */
  deny?: string[]
}

/** A user's permissions as the server's configuration spells them. */
export interface Permissions {
  publish: Subjects
  subscribe: Subjects
}

const api = (request: string): string => `$JS.API.${request}`

/** An acknowledgement's subject has had two forms; servers from 2.15 on put domain and account before the stream. */
const acknowledgements = (stream: StreamName, consumer: string): string[] => [
  `$JS.ACK.${stream}.${consumer}.>`,
  `$JS.ACK.*.*.${stream}.${consumer}.>`,
]

interface Durable {
  service: ServiceName
  stream: StreamName
  name: string
}

const durables: readonly Durable[] = [
  ...Object.entries(consumers).map(([name, { service, stream }]) => ({ service, stream, name })),
  { service: stuckMessagesService, stream: 'ADVISORIES', name: stuckMessagesConsumer },
]

const makingOf = ({ stream, name }: Pick<Durable, 'stream' | 'name'>): string[] => [
  api(`CONSUMER.CREATE.${stream}.${name}`),
  api(`CONSUMER.CREATE.${stream}.${name}.>`),
  api(`CONSUMER.DURABLE.CREATE.${stream}.${name}`),
]

const readingOf = ({ stream, name }: Pick<Durable, 'stream' | 'name'>): string[] => [
  api(`CONSUMER.INFO.${stream}.${name}`),
  api(`CONSUMER.MSG.NEXT.${stream}.${name}`),
  ...acknowledgements(stream, name),
]

/** What would disturb a service at its durable consumer: to make it otherwise, take from it, settle in its place, delete it. */
const meddlingWith = ({ stream, name }: Durable): string[] => [
  ...makingOf({ stream, name }),
  api(`CONSUMER.MSG.NEXT.${stream}.${name}`),
  api(`CONSUMER.DELETE.${stream}.${name}`),
  ...acknowledgements(stream, name),
]

const onEvents = (consumer: Durable): boolean => consumer.stream === 'EVENTS'

/** Consumers that a reader of EVENTS makes for itself and takes away again, such as those of a replay. */
const ownReaders: readonly string[] = [
  api('CONSUMER.INFO.EVENTS.*'),
  api('CONSUMER.MSG.NEXT.EVENTS.*'),
  api('CONSUMER.DELETE.EVENTS.*'),
]

/**
 * The form of the request that names the consumer in its body alone, and so may change any: for a client of JavaScript that filters by
 * several subjects. Only services may use it.
 */
const namelessMaking = 'CONSUMER.CREATE.EVENTS'

/** What a service asks for beside its streams and consumers. */
const requestsOf: Readonly<Record<ServiceName, readonly string[]>> = {
  // Server-sent events: each reads the athlete's events by a consumer of its own.
  gateway: [api(namelessMaking), ...ownReaders],
  // The sweep for stuck messages.
  scheduler: [api('STREAM.MSG.GET.SYNC'), api('STREAM.MSG.DELETE.SYNC'), api('STREAM.MSG.GET.EVENTS')],
  // Erasure.
  ingestion: [api('STREAM.MSG.GET.EVENTS'), api('STREAM.PURGE.EVENTS')],
}

/** What a service must not do though a pattern of `requestsOf` would let it. */
const refusedTo = (service: ServiceName): string[] =>
  service === 'gateway'
    ? durables
        .filter(onEvents)
        .flatMap((durable) =>
          durable.service === service
            ? [api(`CONSUMER.DELETE.EVENTS.${durable.name}`)]
            : [api(`CONSUMER.MSG.NEXT.EVENTS.${durable.name}`), api(`CONSUMER.DELETE.EVENTS.${durable.name}`)],
        )
    : []

/** What a service hears over core NATS. */
const heardBy: Readonly<Record<ServiceName, readonly EventType[]>> = {
  gateway: ['sync.progress'],
  scheduler: [],
  ingestion: [],
}

const inboxOf = (user: NatsUser): string => `${inboxPrefixOf(user)}.>`

const permissionsOfService = (service: ServiceName): Permissions => {
  const deny = refusedTo(service)
  return {
    publish: {
      allow: [
        ...subjectsOf(publishedBy[service], '*'),
        ...streamsOf[service].flatMap((stream) => [
          api(`STREAM.CREATE.${stream}`),
          api(`STREAM.INFO.${stream}`),
          ...(service === streamsKeeper ? [api(`STREAM.UPDATE.${stream}`)] : []),
        ]),
        ...durables
          .filter((durable) => durable.service === service)
          .flatMap((durable) => [...makingOf(durable), ...readingOf(durable)]),
        ...requestsOf[service],
      ],
      ...(deny.length > 0 && { deny }),
    },
    subscribe: { allow: [inboxOf(service), ...subjectsOf(heardBy[service], '*')] },
  }
}

/** As wide as a subscription may be that hears nothing but what the stream keeps. */
const eventSubjects = streams.EVENTS.subjects.map((subject) => subject.replace('.*.>', '.>'))

/** Another service of the host: any client, in any language, as it comes, on EVENTS and nothing else. */
const subscriber: Permissions = {
  publish: {
    allow: [
      api('INFO'),
      api('STREAM.NAMES'),
      api('STREAM.INFO.EVENTS'),
      api('STREAM.MSG.GET.EVENTS'),
      ...ownReaders,
      api('CONSUMER.CREATE.EVENTS.>'),
      api('CONSUMER.DURABLE.CREATE.EVENTS.*'),
      ...acknowledgements('EVENTS', '*'),
      '$JS.FC.EVENTS.>',
    ],
    deny: durables.filter(onEvents).flatMap(meddlingWith),
  },
  // The usual inboxes: no service uses them, so what is heard there belongs to those who may read EVENTS anyway.
  subscribe: { allow: ['_INBOX.>', ...eventSubjects] },
}

/** The operator's command: sees all, takes nothing away, and tells again what a consumer gave up. */
const operator: Permissions = {
  publish: {
    allow: [
      ...new Set(Object.values(consumers).flatMap(({ types }) => subjectsOf(types, '*'))),
      api('INFO'),
      api('STREAM.NAMES'),
      api('STREAM.LIST'),
      api('STREAM.INFO.*'),
      api('STREAM.MSG.GET.*'),
      api('CONSUMER.NAMES.*'),
      api('CONSUMER.LIST.*'),
      api('CONSUMER.INFO.*.*'),
      ...ownReaders,
      api('CONSUMER.CREATE.EVENTS.>'),
    ],
    deny: durables.filter(onEvents).flatMap(meddlingWith),
  },
  subscribe: { allow: [inboxOf('operator'), ...eventSubjects, 'sync.>', '$JS.EVENT.ADVISORY.>'] },
}

export const permissionsOf: Readonly<Record<NatsUser, Permissions>> = {
  gateway: permissionsOfService('gateway'),
  scheduler: permissionsOfService('scheduler'),
  ingestion: permissionsOfService('ingestion'),
  subscriber,
  operator,
}
