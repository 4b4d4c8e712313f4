import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Admin, MongoClient, MongoServerError } from 'mongodb'
import { mongodBinary } from '../binaries/mongod.ts'
import { makeFolder } from '../make-folder.ts'
import { isListening } from './ports.ts'
import { type RunningServer, type ServerKind, type ServerOptions, startServer } from './start-server.ts'

const replicaSet = 'slipstream'
const notYetInitialized = 94

const dbPath = (dataDir: string) => join(dataDir, 'db')

/** Loaded when mongod is on its way up already: this takes as long as half its start. */
const loadDriver = () => import('mongodb')

/** Does the work if the server on this port is the one on this data. */
const onServer = async (port: number, dataDir: string, work: (client: MongoClient) => Promise<boolean>) => {
  const { MongoClient } = await loadDriver()
  if (!(await isListening(port))) return false // the driver would look again only half a second later
  const uri = `mongodb://127.0.0.1:${port}/?directConnection=true`
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 1_000 })
  try {
    const { parsed } = await client.db('admin').command({ getCmdLineOpts: 1 })
    return parsed.storage.dbPath === dbPath(dataDir) && (await work(client))
  } finally {
    await client.close()
  }
}

/** Makes a new server the only member of a replica set. */
const initiate = async (admin: Admin, host: string): Promise<void> => {
  try {
    await admin.command({ replSetGetConfig: 1 })
  } catch (error) {
    if ((error as MongoServerError).code !== notYetInitialized) throw error
    await admin.command({ replSetInitiate: { _id: replicaSet, members: [{ _id: 0, host }] } })
  }
}

const becomePrimary: ServerKind['probe'] = (port, dataDir) =>
  onServer(port, dataDir, async (client) => {
    const admin = client.db().admin()
    const isPrimary = async () => (await admin.command({ hello: 1 })).isWritablePrimary === true
    if (await isPrimary()) return true
    await initiate(admin, `127.0.0.1:${port}`)
    return isPrimary()
  })

/**
 * The replica set's configuration names the member's port, and at its start mongod asks whoever listens there now,
 * for up to 30 s, whether it is itself. So the configuration is changed first, by MongoDB's own manual procedure:
 * a start without replication, and an update of `local.system.replset`.
 */
const changeMemberAddress: ServerKind['probe'] = (port, dataDir) =>
  onServer(port, dataDir, async (client) => {
    const change = { $set: { 'members.0.host': `127.0.0.1:${port}` } }
    await client.db('local').collection('system.replset').updateOne({}, change)
    return true
  })

const basicArgs = async (port: number, { dataDir, logFile }: { dataDir: string; logFile: string }) => {
  await makeFolder(dbPath(dataDir))
  return [
    ...['--dbpath', dbPath(dataDir), '--logpath', logFile, '--quiet'],
    ...['--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket'],
    ...['--wiredTigerCacheSizeGB', '0.25', '--setParameter', 'diagnosticDataCollectionEnabled=false'],
    // Writes with `j: true` reach the journal at once all the same; an idle server wakes five times less often.
    ...['--journalCommitInterval', '500'],
  ]
}

const memberArgs: ServerKind['args'] = async (port, paths) => [
  ...(await basicArgs(port, paths)),
  ...['--replSet', replicaSet, '--oplogSize', '256'],
  // With no other member to hand over to there is nothing to wait for at the end.
  ...['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=0'],
]

const mongod: ServerKind = {
  binary: mongodBinary,
  probe: becomePrimary,
  args: memberArgs,
  relocation: {
    binary: mongodBinary,
    args: basicArgs,
    probe: changeMemberAddress,
    isNeeded: (dataDir) => existsSync(join(dbPath(dataDir), 'WiredTiger')),
  },
}

/** One of several: it is up when it answers, and is told by `initiateMongoSet` who the others are. */
const member: ServerKind = {
  binary: mongodBinary,
  args: memberArgs,
  probe: (port, dataDir) => onServer(port, dataDir, async () => true),
}

/** `uri` ends in the database name and the replica set: `mongodb://127.0.0.1:<port>/slipstream?replicaSet=slipstream`. */
export type RunningMongo = RunningServer & { uri: string }

export const mongoUri = (...ports: number[]): string =>
  `mongodb://${ports.map((port) => `127.0.0.1:${port}`).join(',')}/slipstream?replicaSet=${replicaSet}`

export interface MongoOptions extends ServerOptions {
  /** More arguments of mongod. It has to answer without TLS as well. */
  args?: readonly string[]
}

/** Starts a journaled one-node replica set on 127.0.0.1, ready for writes, transactions and change streams. */
export const startMongo = async (options: MongoOptions): Promise<RunningMongo> => {
  const kind: ServerKind = {
    ...mongod,
    args: async (port, paths) => [...(await memberArgs(port, paths)), ...(options.args ?? [])],
  }
  const server = await startServer(kind, options)
  return { ...server, uri: mongoUri(server.port) }
}

/** Starts a mongod on 127.0.0.1 that is to be one of the members of a replica set, at a port that stays. */
export const startMongoMember = (options: ServerOptions & { port: number }): Promise<RunningServer> =>
  startServer(member, options)

/**
 * Makes members that have just been started for the first time one replica set. A member that has not heard of the primary for
 * `electionTimeoutMs` stands for election.
 */
export const initiateMongoSet = async (ports: readonly number[], electionTimeoutMs: number): Promise<void> => {
  const { MongoClient } = await loadDriver()
  const client = new MongoClient(`mongodb://127.0.0.1:${ports[0]}/?directConnection=true`)
  try {
    await client.db('admin').command({
      replSetInitiate: {
        _id: replicaSet,
        members: ports.map((port, index) => ({ _id: index, host: `127.0.0.1:${port}` })),
        settings: { electionTimeoutMillis: electionTimeoutMs },
      },
    })
  } finally {
    await client.close()
  }
}

/** Deletes the database the URI names; for tests, which each have their own on one server. */
export const dropDatabase = async (uri: string): Promise<void> => {
  const { MongoClient } = await loadDriver()
  const client = new MongoClient(uri)
  try {
    await client.db().dropDatabase()
  } finally {
    await client.close()
  }
}
