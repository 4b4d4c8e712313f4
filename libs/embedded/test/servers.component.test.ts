import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { temporaryFolder } from '@slipstream/testing'
import { MongoClient } from 'mongodb'
import { expect, onTestFinished, test } from 'vitest'
import { EmbeddedServerError, type RunningServer, startMongo, startNats } from '../src/index.ts'
import { startTimeOf } from '../src/processes/identity.ts'

const log = () => {}

const untilTestEnds = <S extends RunningServer>(server: S): S => {
  onTestFinished(() => server.stop())
  return server
}

const occupy = async (port: number) => {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
}

/** Writes in a transaction, which only the primary of a replica set can do, and counts what is there. */
const addOne = async (uri: string): Promise<number> => {
  const client = await new MongoClient(uri).connect()
  try {
    const things = client.db().collection('things')
    await client.withSession((session) => session.withTransaction(() => things.insertOne({}, { session })))
    return await things.countDocuments()
  } finally {
    await client.close()
  }
}

test('mongod keeps its data and its port over a restart, and gives way when the port is taken', async () => {
  const dataDir = await temporaryFolder()
  const cold = await startMongo({ dataDir, log })
  expect(await addOne(cold.uri)).toBe(1)
  await cold.stop()
  expect(startTimeOf(cold.pid)).toBeNull()

  const warm = await startMongo({ dataDir, log })
  expect(warm.uri).toBe(cold.uri)
  expect(await addOne(warm.uri)).toBe(2)
  await warm.stop()

  await occupy(warm.port)
  const elsewhere = untilTestEnds(await startMongo({ dataDir, log }))
  expect(elsewhere.port).not.toBe(warm.port)
  expect(await addOne(elsewhere.uri)).toBe(3)
})

test('a mongod whose owner was killed with -9 is replaced by the next start on its data', async () => {
  const dataDir = await temporaryFolder()
  const parentFile = join(import.meta.dirname, 'fixtures', 'mongo-parent.ts')
  const parent = spawn(process.execPath, [parentFile, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: parent.stdout }), 'line')
  const orphan = JSON.parse(line) as { uri: string; pid: number }
  expect(await addOne(orphan.uri)).toBe(1)
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  expect(startTimeOf(orphan.pid)).not.toBeNull()

  const next = untilTestEnds(await startMongo({ dataDir, log }))
  expect(startTimeOf(orphan.pid)).toBeNull()
  expect(next.uri).toBe(orphan.uri)
  expect(await addOne(next.uri)).toBe(2)
})

const messagesIn = async (url: string, publish: boolean): Promise<number> => {
  const connection = await connect({ servers: url })
  try {
    const { streams } = await jetstreamManager(connection)
    await streams.add({ name: 'TEST', subjects: ['test.>'] })
    if (publish) await jetstream(connection).publish('test.one', 'payload')
    return (await streams.info('TEST')).state.messages
  } finally {
    await connection.close()
  }
}

test('nats-server keeps its messages over a restart, on another port too', async () => {
  const dataDir = await temporaryFolder()
  const cold = await startNats({ dataDir, log })
  expect(await messagesIn(cold.url, true)).toBe(1)
  await cold.stop()
  await occupy(cold.port)
  const elsewhere = untilTestEnds(await startNats({ dataDir, log }))
  expect(elsewhere.url).not.toBe(cold.url)
  expect(await messagesIn(elsewhere.url, false)).toBe(1)
})

test('an acknowledged publish is on disk: sync_interval is always, persist_mode is not set', async () => {
  const nats = untilTestEnds(await startNats({ dataDir: await temporaryFolder(), log, config: 'max_payload: 2MB' }))
  const answer = await fetch(`${nats.monitorUrl}/varz`)
  const settings = (await answer.json()) as { max_payload: number; jetstream: { config: { sync_always?: boolean } } }
  expect(settings.max_payload).toBe(2 * 1024 * 1024)
  expect(settings.jetstream.config).toMatchObject({ sync_always: true })
  expect(JSON.stringify(settings)).not.toContain('persist_mode')
})

test('a port that must be used and is taken is an error, even if the same kind of server answers there', async () => {
  const other = untilTestEnds(await startNats({ dataDir: await temporaryFolder(), log }))
  const dataDir = await temporaryFolder()
  const start = startNats({ dataDir, log, port: other.port })
  await expect(start).rejects.toThrow(EmbeddedServerError)
  await expect(start).rejects.toThrow(/address already in use/)
  expect(await readdir(dataDir)).not.toContain('nats-server.pid.json')
})
