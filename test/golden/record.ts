import { connect } from '@nats-io/transport-node'
import { BSON, type ChangeStreamDocument, MongoClient } from 'mongodb'
import { until } from '../support/until.ts'

/** A message as it went over NATS. */
export interface RecordedEvent {
  subject: string
  headers: Record<string, string>
  data: Record<string, unknown>
}

type Row = Record<string, unknown>

export interface Recording {
  /** One event of each type and shape, by type. */
  events(): Map<string, RecordedEvent[]>
  /** One row of each shape that a document ever had, by collection. */
  rows(): Map<string, Row[]>
  /** Waits until every write made so far was seen. */
  settle(): Promise<void>
  stop(): Promise<void>
}

/** Fields whose values decide what else a row or an event holds: rows that differ in them are different shapes. */
const telling = new Set(['status', 'state', 'step', 'outcome', 'lane', 'cause', 'reason', 'platform', 'code', 'type'])

/** Which fields there are and of which kind; the same for two values that a reader has to treat alike. */
const shapeOf = (value: unknown, name = ''): string => {
  if (telling.has(name) && typeof value === 'string') return JSON.stringify(value)
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return `[${[...new Set(value.map((item) => shapeOf(item)))].sort().join()}]`
  if (value instanceof Date) return 'date'
  if (typeof value !== 'object') return typeof value
  return `{${Object.entries(value)
    .map(([key, inner]) => `${key}:${shapeOf(inner, key)}`)
    .sort()
    .join()}}`
}

const shapeCollector = <T extends object>() => {
  const byName = new Map<string, Map<string, T>>()
  return {
    add: (name: string, value: T) => {
      const shapes = byName.get(name) ?? new Map<string, T>()
      byName.set(name, shapes)
      const shape = shapeOf(value)
      if (!shapes.has(shape)) shapes.set(shape, value)
    },
    all: () => new Map([...byName].map(([name, shapes]) => [name, [...shapes.values()]])),
  }
}

/** Listens to a running system: every event it publishes, every row it writes. */
export const record = async ({ natsUrl, mongoUri }: { natsUrl: string; mongoUri: string }): Promise<Recording> => {
  const events = shapeCollector<RecordedEvent>()
  const rows = shapeCollector<Row>()

  const nats = await connect({ servers: natsUrl })
  nats.subscribe('>', {
    callback: (_error, message) => {
      const type = message.headers?.get('ce-type')
      if (!type) return
      const headers = Object.fromEntries([...(message.headers ?? [])].map(([name, [value = '']]) => [name, value]))
      events.add(type, { subject: message.subject, headers, data: message.json() })
    },
  })
  await nats.flush()

  const mongo = await MongoClient.connect(mongoUri)
  const database = mongo.db('slipstream')
  const changes = database.watch([], { fullDocument: 'updateLookup' })
  const marks = new Set<string>()
  changes.on('change', (change: ChangeStreamDocument<Row>) => {
    if (!('fullDocument' in change) || !change.fullDocument) return
    if (change.ns.coll === 'recording_marks') marks.add(String(change.fullDocument._id))
    else rows.add(change.ns.coll, change.fullDocument)
  })
  const settle = async () => {
    const mark = new BSON.ObjectId()
    await until(20_000, async () => {
      await database.collection('recording_marks').updateOne({ _id: mark }, { $inc: { tries: 1 } }, { upsert: true })
      if (!marks.has(String(mark))) throw new Error('the change stream has not caught up')
    })
  }
  await settle()

  return {
    events: events.all,
    rows: rows.all,
    settle,
    stop: async () => {
      await changes.close()
      await database.collection('recording_marks').drop()
      await mongo.close()
      await nats.close()
    },
  }
}
