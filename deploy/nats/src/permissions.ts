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
const meddlingWith = ({ stream, name }: Pick<Durable, 'stream' | 'name'>): string[] => [
  ...makingOf({ stream, name }),
  api(`CONSUMER.MSG.NEXT.${stream}.${name}`),
  api(`CONSUMER.DELETE.${stream}.${name}`),
  ...acknowledgements(stream, name),
]

const onEvents = ({ stream }: Pick<Durable, 'stream'>): boolean => stream === 'EVENTS'

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

/**
 * Consumers of a subscriber with a user of its own: its place in the stream, and one for replays. NATS compares a name whole, so
 * a user cannot be given all names that begin with its own.
 */
export const durablesOfSubscriber = (name: string): Pick<Durable, 'stream' | 'name'>[] => [
  { stream: 'EVENTS', name },
  { stream: 'EVENTS', name: `${name}-replay` },
]

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
const refusedTo = (service: ServiceName, subscribers: readonly string[]): string[] =>
  service === 'gateway'
    ? [...durables.filter(onEvents), ...subscribers.flatMap(durablesOfSubscriber)].flatMap((durable) =>
        'service' in durable && durable.service === service
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

const inboxOf = (user: string): string => `${inboxPrefixOf(user)}.>`

const permissionsOfService = (service: ServiceName, subscribers: readonly string[]): Permissions => {
  const deny = refusedTo(service, subscribers)
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

const eventsReading: readonly string[] = [
  api('INFO'),
  api('STREAM.NAMES'),
  api('STREAM.INFO.EVENTS'),
  api('STREAM.MSG.GET.EVENTS'),
]

/** Other services of the host: any client, in any language, as it comes, on EVENTS and nothing else. */
const sharedSubscriber = (subscribers: readonly string[]): Permissions => ({
  publish: {
    allow: [
      ...eventsReading,
      ...ownReaders,
      api('CONSUMER.CREATE.EVENTS.>'),
      api('CONSUMER.DURABLE.CREATE.EVENTS.*'),
      ...acknowledgements('EVENTS', '*'),
      '$JS.FC.EVENTS.>',
    ],
    deny: [
      ...durables.filter(onEvents).flatMap(meddlingWith),
      ...subscribers
        .flatMap(durablesOfSubscriber)
        .flatMap((durable) => [...meddlingWith(durable), api(`CONSUMER.INFO.EVENTS.${durable.name}`)]),
    ],
  },
  // The usual inboxes: no service uses them, so what is heard there belongs to those who may read EVENTS anyway.
  subscribe: { allow: ['_INBOX.>', ...eventSubjects] },
})

/** One service of the host, whose consumers no other subscriber may touch. */
const ownSubscriber = (name: string): Permissions => ({
  publish: {
    allow: [
      ...eventsReading,
      ...durablesOfSubscriber(name).flatMap((durable) => [
        ...makingOf(durable),
        ...readingOf(durable),
        api(`CONSUMER.DELETE.EVENTS.${durable.name}`),
      ]),
    ],
  },
  subscribe: { allow: [inboxOf(name), ...eventSubjects] },
})

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

/** @param subscribers names of those with a user of their own */
export const permissionsOf = (subscribers: readonly string[]): Readonly<Record<string, Permissions>> => ({
  gateway: permissionsOfService('gateway', subscribers),
  scheduler: permissionsOfService('scheduler', subscribers),
  ingestion: permissionsOfService('ingestion', subscribers),
  subscriber: sharedSubscriber(subscribers),
  operator,
  ...Object.fromEntries(subscribers.map((name) => [name, ownSubscriber(name)])),
})

/** What is wrong with names for subscribers, in a sentence; undefined: nothing. */
export const faultOfSubscribers = (subscribers: readonly string[]): string | undefined => {
  const odd = subscribers.find((name) => !/^[A-Za-z0-9][\w-]{0,63}$/.test(name))
  if (odd !== undefined) return `'${odd}' cannot name a subscriber: up to 64 letters, digits, - and _`
  const asked = subscribers.flatMap(durablesOfSubscriber).map(({ name }) => name)
  const given = [...natsUsers, ...durables.map(({ name }) => name)]
  const taken = asked.find((name, index) => given.includes(name) || asked.indexOf(name) !== index)
  return taken && `'${taken}' cannot name a subscriber or its replay: another user or consumer has that name`
}
