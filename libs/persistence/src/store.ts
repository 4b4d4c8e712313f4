import mongoose, { type Connection, type Model } from 'mongoose'
import { type CollectionKey, collections, type Owner, type RowOf, type writes } from './collections/index.ts'

/** A collection as its writer sees it. */
export type WritableCollection<Key extends CollectionKey> = Model<RowOf<Key>>
type ReadOnly<Key extends CollectionKey> = Pick<
  Model<RowOf<Key>>,
  'find' | 'findOne' | 'findById' | 'countDocuments' | 'estimatedDocumentCount' | 'exists' | 'aggregate' | 'distinct'
>

/** The collections as one service sees them: its own to write, all others to read only (checked by the compiler). */
export type Collections<Who extends Owner> = {
  readonly [Key in CollectionKey]: Key extends (typeof writes)[Who][number] ? WritableCollection<Key> : ReadOnly<Key>
}

export interface Store<Who extends Owner> {
  readonly collections: Collections<Who>
  readonly connection: Connection
  /** Asks the primary for a sign of life; rejects after `timeoutMs` (1 s) when none answers. */
  ping(timeoutMs?: number): Promise<void>
  /** For `/readyz`: whether the primary answers now. */
  readiness(): Promise<{ ok: boolean; detail?: string }>
  close(): Promise<void>
}

/** MongoDB's own default would be `test`. */
const defaultDatabase = 'slipstream'

const namesDatabase = (uri: string): boolean => /^mongodb(\+srv)?:\/\/[^/]+\/[^?]/.test(uri)

/**
 * Connects to MongoDB with majority and journal write concern, majority reads from the primary, and no buffering: a
 * call fails instead of hanging while disconnected. The database is the one the URI names, else `slipstream`.
 *
 * Every wait is bounded by the older timeouts: in driver 7.8 `timeoutMS` is accepted, and does nothing. A write that
 * ends with a timeout may still have happened.
 * @throws MongooseServerSelectionError when no primary answers within `limitMs`
 */
export const connectStore = async <Who extends Owner>(options: {
  uri: string
  owner: Who
  /** The longest wait of each kind, for who would rather be told that MongoDB is away. Default 10 s, and 20 s for an answer. */
  limitMs?: number
}): Promise<Store<Who>> => {
  const { limitMs = 10_000, limitMs: answerLimitMs = 20_000 } = options
  const connection = await mongoose
    .createConnection(options.uri, {
      appName: `slipstream-${options.owner}`,
      ...(!namesDatabase(options.uri) && { dbName: defaultDatabase }),
      autoIndex: false,
      autoCreate: false,
      bufferCommands: false,
      serverSelectionTimeoutMS: limitMs,
      socketTimeoutMS: answerLimitMs,
      waitQueueTimeoutMS: limitMs,
      readPreference: 'primary',
      readConcern: { level: 'majority' },
      writeConcern: { w: 'majority', j: true, wtimeoutMS: limitMs },
    })
    .asPromise()

  const models = Object.fromEntries(
    Object.entries(collections).map(([key, { name, schema }]) => [key, connection.model(name, schema, name)]),
  )
  const ping = async (timeoutMs = 1_000): Promise<void> => {
    await connection
      .getClient()
      .db()
      .command({ ping: 1 }, { signal: AbortSignal.timeout(timeoutMs) })
  }
  return {
    collections: models as unknown as Collections<Who>,
    connection,
    ping,
    readiness: () =>
      ping().then(
        () => ({ ok: true }),
        (error: unknown) => ({ ok: false, detail: error instanceof Error ? error.name : 'unknown' }),
      ),
    close: () => connection.close(),
  }
}
