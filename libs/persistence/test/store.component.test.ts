import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMongo } from '@slipstream/embedded'
import { temporaryFolder, testDatabase } from '@slipstream/testing'
import type { mongo } from 'mongoose'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { connectStore, duplicatesIn, type Store } from '../src/index.ts'

const database = testDatabase()
let store: Store<'gateway'>

beforeAll(async () => {
  store = await connectStore({ uri: database.uri, owner: 'gateway' })
})
afterAll(async () => {
  await store.close()
  await database.drop()
})

const athlete = { _id: 'athlete_1', issuer: 'https://issuer.test', subject: 'anna', createdAt: new Date() }

const attempt = {
  athleteId: 'athlete_1',
  platform: 'web',
  step: 'pending',
  linkTokenHash: 'hash',
  browserHash: null,
  transactionCookieHash: null,
  codeChallenge: null,
  returnTo: null,
  createdAt: new Date(0),
  expiresAt: new Date(0),
  deleteAt: new Date('9999-01-01'),
}

/** As a caller without types could write it. */
const untyped = (value: object) => value as never

describe('a page of which some is there already', () => {
  const failureOf = async (ids: readonly string[], options: mongo.BulkWriteOptions = {}) => {
    const { collection } = store.collections.webhookInbox
    const inserts = ids.map((_id) => ({ insertOne: { document: { _id } as never } }))
    return collection.bulkWrite(inserts, { ordered: false, ...options }).catch((error: unknown) => error)
  }

  test('its places are told, and all others are stored', async () => {
    await failureOf(['b'])
    expect(duplicatesIn(await failureOf(['a', 'b', 'c', 'a']))).toEqual(new Set([1, 3]))
    expect(await store.collections.webhookInbox.countDocuments()).toBe(3)
  })

  test('they are not told where the rest is not known to be safe', async () => {
    const members = { w: 7, wtimeoutMS: 1 }
    expect(duplicatesIn(await failureOf(['b', 'd'], { writeConcern: members }))).toBeNull()
    expect(duplicatesIn(new Error('another'))).toBeNull()
  })
})

describe('rows and filters', () => {
  test('a row of a later release keeps its fields when it is read and written back', async () => {
    const rows = store.connection.collection<{ _id: string }>('link_transactions')
    const pendingLink = { linkId: 'l', stravaAthleteId: '1', displayName: '', scopes: [], later: { note: 1 } }
    await rows.insertOne({ _id: 'attempt_1', ...attempt, pendingLink, later: ['kept'] } as never)
    const { linkTransactions } = store.collections
    const { _id, ...read } = (await linkTransactions.findById('attempt_1').lean()) ?? { _id: '' }
    await linkTransactions.updateOne({ _id }, { $set: { ...read, step: 'failed' } })
    await linkTransactions.bulkWrite([
      { updateOne: { filter: { _id }, update: { $set: { ...read, step: 'completed' } } } },
    ])
    expect(await rows.findOne({ _id })).toEqual({ _id, ...attempt, pendingLink, later: ['kept'], step: 'completed' })
  })

  test('an unknown filter key is refused, instead of matching every document', async () => {
    const { athletes } = store.collections
    await athletes.create(athlete)
    await expect(athletes.deleteMany(untyped({ isuer: 'typo' }))).rejects.toThrow(/isuer/)
    await expect(athletes.find(untyped({ isuer: 'typo' })).exec()).rejects.toThrow(/isuer/)
    expect(await athletes.countDocuments()).toBe(1)
  })

  test('a missing required field is refused', async () => {
    await expect(store.collections.athletes.create(untyped({ _id: 'athlete_2' }))).rejects.toThrow(/issuer/)
  })
})

test('every write waits for a majority and its journal, every read is a majority read', async () => {
  const uri = new URL(database.uri)
  uri.searchParams.set('monitorCommands', 'true')
  const { collections, connection, close } = await connectStore({ uri: uri.href, owner: 'gateway' })
  const sent: { name: string; writeConcern: unknown; readConcern: unknown }[] = []
  connection.getClient().on('commandStarted', ({ commandName, command }) => {
    sent.push({ name: commandName, writeConcern: command.writeConcern, readConcern: command.readConcern })
  })
  const profile = { displayName: 'Anna', primarySport: 'Run', weeklyGoalHours: 4 }
  await collections.profiles.create({ _id: 'anna', ...profile, submittedAt: new Date(), updatedAt: new Date() })
  await collections.profiles.updateOne({ _id: 'anna' }, { $set: { weeklyGoalHours: 5 } })
  await collections.profiles.findOneAndUpdate({ _id: 'anna' }, { $set: { weeklyGoalHours: 6 } })
  await collections.profiles.bulkWrite([
    { updateOne: { filter: { _id: 'anna' }, update: { $set: { weeklyGoalHours: 7 } } } },
  ])
  await collections.profiles.find({ _id: 'anna' }).lean()
  await collections.profiles.aggregate([{ $match: { _id: 'anna' } }])
  await collections.profiles.deleteOne({ _id: 'anna' })
  await close()

  const write = { writeConcern: expect.objectContaining({ w: 'majority', j: true }) }
  const read = { readConcern: { level: 'majority' } }
  expect(sent.filter(({ name }) => name !== 'endSessions')).toEqual([
    expect.objectContaining({ name: 'insert', ...write }),
    expect.objectContaining({ name: 'update', ...write }),
    expect.objectContaining({ name: 'findAndModify', ...write }),
    expect.objectContaining({ name: 'update', ...write }),
    expect.objectContaining({ name: 'find', ...read }),
    expect.objectContaining({ name: 'aggregate', ...read }),
    expect.objectContaining({ name: 'delete', ...write }),
  ])
})

test('ping resolves while the primary answers and rejects in time when it does not', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'slipstream-ping-'))
  const mongod = await startMongo({ dataDir, log: () => {} })
  const own = await connectStore({ uri: mongod.uri, owner: 'scheduler' })
  try {
    await own.ping()
    await mongod.stop()
    // The driver itself would look for a primary for 10 s.
    const askedAt = performance.now()
    await expect(own.ping(300)).rejects.toThrow()
    expect(performance.now() - askedAt).toBeLessThan(5_000)
  } finally {
    await mongod.stop()
    await own.close()
    await rm(dataDir, { recursive: true, force: true })
  }
})

test('a call fails while there is no server, instead of waiting for one', async () => {
  const own = await connectStore({ uri: database.uri, owner: 'scheduler' })
  await own.close()
  await expect(own.collections.schedules.findOne({ _id: 'x' })).rejects.toThrow()
})

test('the compiler refuses a write to a collection of another service', () => {
  const refused = async (scheduler: Store<'scheduler'>) => {
    await scheduler.collections.schedules.deleteOne({ _id: 'x' })
    await scheduler.collections.links.findOne({ _id: 'x' })
    // @ts-expect-error links belong to the gateway
    await scheduler.collections.links.deleteOne({ _id: 'x' })
    // @ts-expect-error workouts belong to ingestion
    await scheduler.collections.workouts.updateOne({ _id: 'x' }, { $set: { name: '' } })
  }
  expect(refused).toBeTypeOf('function')
})

test('uses the database slipstream when the URI names none', async () => {
  const uri = new URL(inject('mongoUri'))
  uri.pathname = '/'
  const unnamed = await connectStore({ uri: uri.href, owner: 'gateway' })
  expect(unnamed.connection.name).toBe('slipstream')
  await unnamed.close()
})

test('TLS is asked for in the address, and the CA named there is the one that is trusted', async () => {
  const folder = await temporaryFolder()
  const fixtures = join(import.meta.dirname, '../../messaging/test/fixtures')
  const [ca, key] = ['server-cert.pem', 'server-key.pem'].map((file) => join(fixtures, file)) as [string, string]
  const pem = join(folder, 'mongod.pem')
  writeFileSync(pem, `${readFileSync(ca, 'utf8')}${readFileSync(key, 'utf8')}`)
  const mongod = await startMongo({
    dataDir: join(folder, 'data'),
    log: () => {},
    args: ['--tlsMode', 'preferTLS', '--tlsCertificateKeyFile', pem],
  })
  onTestFinished(() => mongod.stop())
  const own = await connectStore({ uri: `${mongod.uri}&tls=true&tlsCAFile=${ca}`, owner: 'scheduler' })
  await own.ping()
  await own.close()
  const stranger = `${mongod.uri}&tls=true`
  await expect(connectStore({ uri: stranger, owner: 'scheduler' })).rejects.toThrow(/self-signed certificate/)
})
