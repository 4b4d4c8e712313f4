import { z } from 'zod'
import { dataSchemaOf, type EventType, eventData, eventTypes, transientEventTypes } from './events.ts'
import { eventExamples } from './examples.ts'
import { lanes } from './lanes.ts'
import { withoutTimePattern } from './time-pattern.ts'
import { workoutSchema } from './workout.ts'

type JsonObject = Record<string, unknown>

const aboutTypes: Record<EventType, string> = {
  'athlete.linked': 'An athlete linked Strava, or linked it again.',
  'athlete.unlinked': 'A link ended; what came from it is being erased.',
  'athlete.erased': 'What ingestion held of an unlinked athlete is gone.',
  'athlete.reauth_required': 'Strava no longer accepts the grant; the athlete has to consent again.',
  'sync.triggered': 'A person asked for a sync.',
  'strava.notified': 'A webhook of Strava arrived. A hint: nothing is changed on its word alone.',
  'sync.requested': 'Work for ingestion: one message per athlete and lane.',
  'sync.progress': 'How far a run is. Not stored: heard live or not at all.',
  'sync.finished': 'A sync run ended.',
  'activity.ingested': 'A workout was stored for the first time.',
  'activity.updated': 'A stored workout changed.',
  'activity.refreshed':
    'A stored workout was fetched again and is unchanged; sent when the expiry told last comes near.',
  'activity.deleted': 'A stored workout was removed.',
}

const parameters = {
  athleteId: { description: 'Opaque id of the athlete.' },
  lane: { description: 'Priority class.', enum: [...lanes] },
}

/** Subjects as templates; `sync.requested` carries its lane before the athlete. */
const addressOf = (type: EventType) =>
  type === 'sync.requested'
    ? { address: `${type}.{lane}.{athleteId}`, parameters }
    : {
        address: `${type}.{athleteId}`,
        parameters: { athleteId: parameters.athleteId },
      }

/** JSON Schemas of all events; a workout is described once. */
const createSchemas = (): JsonObject => {
  const registry = z.registry<{ id: string }>()
  registry.add(workoutSchema, { id: 'Workout' })
  for (const type of eventTypes) registry.add(eventData[type], { id: type })
  const { schemas } = z.toJSONSchema(registry, {
    target: 'draft-7',
    io: 'output',
    override: ({ jsonSchema }) => {
      withoutTimePattern(jsonSchema)
      // Fields may be added within a version, so a receiver must not refuse unknown ones.
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
    },
    uri: (id) => `#/components/schemas/${id}`,
  })
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $id: _id, $schema: _schema, ...schema }]) => [name, schema]),
  )
}

const header = (description: string, fixed?: string) => ({
  type: 'string',
  description,
  ...(fixed !== undefined && { const: fixed }),
})

/** CloudEvents 1.0, NATS binding, binary mode: attributes are message headers, the body is the data. */
const headersOf = (type: EventType) => ({
  type: 'object',
  required: ['ce-id', 'ce-type', 'ce-source', 'ce-specversion', 'ce-time', 'ce-subject', 'ce-dataschema'],
  properties: {
    'ce-id': header('Unique; receivers drop what they have seen. In JetStream it is the Nats-Msg-Id, too.'),
    'ce-type': header('The event type.', type),
    'ce-source': header('slipstream/<service>.'),
    'ce-specversion': header('CloudEvents version.', '1.0'),
    'ce-time': { ...header('When it happened.'), format: 'date-time' },
    'ce-subject': header('The athleteId.'),
    'ce-dataschema': header('Schema and version.', dataSchemaOf(type)),
    traceparent: header('W3C trace context of the work that made the event.'),
  },
})

/** Who tells of it; a further `sync.requested` of the same run comes from ingestion. */
const publisherOf = (type: EventType): string => {
  if (type === 'sync.requested') return 'scheduler'
  return /^(activity|sync\.(progress|finished)|athlete\.erased)/.test(type) ? 'ingestion' : 'gateway'
}

/** Of the example of this type; the id differs for each event. */
const headerExampleOf = (type: EventType) => ({
  'ce-id': `${type}.example.1`,
  'ce-type': type,
  'ce-source': `slipstream/${publisherOf(type)}`,
  'ce-specversion': '1.0',
  'ce-time': '2026-11-21T17:56:02.418Z',
  'ce-subject': eventExamples[type].athleteId,
  'ce-dataschema': dataSchemaOf(type),
  traceparent: '00-da44d308cd407f3ad0c8c58f17f62414-f5ceb8cdde8ab189-01',
})

const perType = <T>(make: (type: EventType) => T): Record<string, T> =>
  Object.fromEntries(eventTypes.map((type) => [type, make(type)]))

/** The events on NATS as an AsyncAPI 3.0 document, made from the schemas that check them. */
export const createAsyncApiDocument = (): JsonObject => ({
  asyncapi: '3.0.0',
  info: {
    title: 'Slipstream events',
    version: '1.0.0',
    description:
      'Facts about athletes, syncs and activities. Dedupe on `ce-id`, order by `version`. Fields are only added within a version, so ignore unknown ones.',
    license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    tags: [{ name: 'athlete' }, { name: 'sync' }, { name: 'activity' }],
  },
  servers: {
    nats: { host: 'localhost:4222', protocol: 'nats', description: 'NATS with JetStream; the address is a setting.' },
  },
  defaultContentType: 'application/json',
  channels: perType((type) => ({
    ...addressOf(type),
    title: type,
    description: transientEventTypes.includes(type)
      ? 'Core NATS.'
      : type === 'sync.requested'
        ? 'JetStream stream SYNC (work queue).'
        : 'JetStream stream EVENTS (7 days).',
    messages: { [type]: { $ref: `#/components/messages/${type}` } },
  })),
  operations: perType((type) => ({
    action: 'send',
    channel: { $ref: `#/channels/${type}` },
    title: `Publish ${type}`,
    summary: aboutTypes[type],
    messages: [{ $ref: `#/channels/${type}/messages/${type}` }],
  })),
  components: {
    messages: perType((type) => ({
      name: type,
      title: type,
      summary: aboutTypes[type],
      contentType: 'application/json',
      tags: [{ name: type.split('.')[0] }],
      headers: headersOf(type),
      payload: { $ref: `#/components/schemas/${type}` },
      examples: [{ headers: headerExampleOf(type), payload: eventExamples[type] }],
    })),
    schemas: createSchemas(),
  },
})
