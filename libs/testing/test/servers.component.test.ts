import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { mongo } from 'mongoose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestNats, type TestNats, testDatabase } from '../src/index.ts'

let nats: TestNats
beforeAll(async () => {
  nats = await startTestNats()
})
afterAll(() => nats.remove())

const messagesInStore = async () => {
  const connection = await connect({ servers: nats.url })
  try {
    const streams = await (await jetstreamManager(connection)).streams.list().next()
    return streams.map((stream) => stream.state.messages)
  } finally {
    await connection.close()
  }
}

const publishOne = async () => {
  const connection = await connect({ servers: nats.url })
  const manager = await jetstreamManager(connection)
  await manager.streams.add({ name: 'TEST', subjects: ['test.>'] })
  await jetstream(connection).publish('test.one', 'payload')
  await connection.close()
}

test('a NATS store survives a restart and a kill, and is empty after a wipe', async () => {
  const { url } = nats
  await publishOne()
  await nats.restart()
  expect(await messagesInStore()).toEqual([1])

  await nats.kill()
  await nats.restart()
  expect(await messagesInStore()).toEqual([1])

  await nats.wipe()
  expect(nats.url).toBe(url)
  expect(await messagesInStore()).toEqual([])
})

test('a stopped NATS server refuses connections until it is restarted', async () => {
  await nats.stop()
  await expect(connect({ servers: nats.url, reconnect: false, timeout: 500 })).rejects.toThrow()
  await nats.restart()
  expect(await messagesInStore()).toEqual([])
})

test('each database is empty, its own, in a replica set that does transactions', async () => {
  const [one, other] = [testDatabase(), testDatabase()]
  const client = await new mongo.MongoClient(one.uri).connect()
  await client.withSession((session) =>
    session.withTransaction(() => client.db().collection('things').insertOne({ a: 1 }, { session })),
  )
  expect(await client.db().collection('things').countDocuments()).toBe(1)

  const otherClient = await new mongo.MongoClient(other.uri).connect()
  expect(await otherClient.db().collection('things').countDocuments()).toBe(0)

  await one.drop()
  expect(await client.db().collection('things').countDocuments()).toBe(0)
  await Promise.all([client.close(), otherClient.close(), other.drop()])
})
