import { withFirstHost } from '@slipstream/runtime'
import mongoose, { type Connection } from 'mongoose'
import { type DatabaseState, databaseState } from './migrations/migrate.ts'
import { connectStore } from './store.ts'

/** What one server says of itself. */
export interface MongoServer {
  /** Null: it belongs to no replica set. */
  setName: string | null
  isWritable: boolean
}

/** What a look from outside shows of MongoDB. */
export interface MongoView extends MongoServer {
  version: string
  /** The server's clock, and when it was asked and had answered on the clock of this process. */
  time: { server: Date; askedAt: Date; answeredAt: Date }
  /** Members that can acknowledge a write, and how many of them a majority takes; null where this user may not ask. */
  majority: { healthy: number; needed: number } | null
  /** Whether a majority write waits for the journal where nobody says so; null where this user may not ask. */
  journalsMajority: boolean | null
  database: DatabaseState
}

const admin = (connection: Connection) => connection.getClient().db('admin')

const readServer = async (connection: Connection) => {
  const askedAt = new Date()
  const hello = await admin(connection).command({ hello: 1 })
  return {
    setName: (hello.setName as string | undefined) ?? null,
    isWritable: hello.isWritablePrimary === true,
    time: { server: hello.localTime as Date, askedAt, answeredAt: new Date() },
  }
}

/** MongoDB's codes for "unauthorized", "no replication enabled" and "no replica set name given". */
const unanswerable = [13, 76, 94]

const unlessRefused = async <T>(work: () => Promise<T>): Promise<T | null> => {
  try {
    return await work()
  } catch (error) {
    if (unanswerable.includes(Number((error as { code?: unknown }).code))) return null
    throw error
  }
}

interface SetStatus {
  writeMajorityCount?: number
  members: { stateStr: string; health: number }[]
}

const readMajority = (connection: Connection) =>
  unlessRefused(async () => {
    const { writeMajorityCount, members } = (await admin(connection).command({ replSetGetStatus: 1 })) as SetStatus
    const canAcknowledge = members.filter(
      ({ stateStr, health }) => health === 1 && ['PRIMARY', 'SECONDARY'].includes(stateStr),
    )
    return { healthy: canAcknowledge.length, needed: writeMajorityCount ?? 1 }
  })

const readJournaling = (connection: Connection) =>
  unlessRefused(async () => {
    const { config } = await admin(connection).command({ replSetGetConfig: 1 })
    return config.writeConcernMajorityJournalDefault !== false
  })

/**
 * Looks at the database as the services see it, and changes nothing.
 * @throws MongooseServerSelectionError and others of the driver when no primary answers within `limitMs`
 */
export const inspectMongo = async (uri: string, limitMs: number): Promise<MongoView> => {
  const { connection, close } = await connectStore({ uri, owner: 'operator', limitMs })
  try {
    const [server, build, majority, journalsMajority, database] = await Promise.all([
      readServer(connection),
      admin(connection).command({ buildInfo: 1 }),
      readMajority(connection),
      readJournaling(connection),
      databaseState(connection),
    ])
    return { ...server, version: String(build.version), majority, journalsMajority, database }
  } finally {
    await close()
  }
}

/** The first server of the address alone, whatever its replica set is; null when it does not answer, or its name stands for others. */
export const inspectMongoDirectly = async (uri: string, limitMs: number): Promise<MongoServer | null> => {
  if (uri.startsWith('mongodb+srv:')) return null
  const url = new URL(withFirstHost(uri))
  url.searchParams.delete('replicaSet')
  url.searchParams.set('directConnection', 'true')
  const connection = mongoose.createConnection(url.href, {
    serverSelectionTimeoutMS: limitMs,
    socketTimeoutMS: limitMs,
    bufferCommands: false,
  })
  try {
    const { setName, isWritable } = await readServer(await connection.asPromise())
    return { setName, isWritable }
  } catch {
    return null
  } finally {
    await connection.close()
  }
}
