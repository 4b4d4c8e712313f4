import { type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, headers, type NatsConnection } from '@nats-io/transport-node'
import type { EventData, SyncAccepted } from '@slipstream/contracts'
import { newId } from '@slipstream/runtime'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../../services/simulator/src/domain/random.ts'
import type { WebhookEvent } from '../../services/simulator/src/domain/webhook-events.ts'
import { synced } from '../support/linked-athlete.ts'
import type { MobileApp } from '../support/mobile-app.ts'
import { until } from '../support/until.ts'
import {
  accounts,
  isLong,
  linkAll,
  setUpLimitMs,
  startServices,
  startWebhookBench,
  type WebhookBench,
} from '../support/webhook-bench.ts'

// Promise 4: one effect per fact.
const facts = isLong ? 100_000 : 1_000
const deliveries = 10
const batch = 200
const seed = process.env.SLIPSTREAM_SEED ?? String(Date.now())
/** Of all deliveries; a condition that comes late says something of the machine. */
const patienceMs = isLong ? 36_000_000 : 1_800_000

const eventIdOf = ({ headers: head }: JsMsg) => head?.get('ce-id')

let bench: WebhookBench
let apps: MobileApp[]
let connection: NatsConnection
beforeAll(async () => {
  bench = await startWebhookBench()
  await startServices(bench)
  apps = await linkAll(bench)
  connection = await connect({ servers: bench.fleet.nats.url, maxReconnectAttempts: -1 })
}, setUpLimitMs)
afterAll(async () => {
  await connection?.close()
  await bench?.stop()
})

/** All messages of a subject that `EVENTS` keeps. */
const messagesOf = async (filter: string): Promise<JsMsg[]> => {
  const consumer = await jetstream(connection).consumers.get('EVENTS', { filter_subjects: filter })
  const { num_pending: count } = await consumer.info()
  const found: JsMsg[] = []
  while (found.length < count)
    for await (const message of await consumer.fetch({ max_messages: Math.min(batch, count - found.length) }))
      found.push(message)
  return found
}

/** The same event, which the server takes for another message. */
const publishAgain = async ({ subject, headers: head, data }: JsMsg): Promise<void> => {
  const copy = headers()
  for (const [name, values] of head ?? []) if (name.startsWith('ce-')) copy.set(name, values[0] ?? '')
  await jetstream(connection).publish(subject, data, { headers: copy, msgID: newId('again') })
}

const postAll = async (webhooks: WebhookEvent[]): Promise<void> => {
  const left = webhooks.values()
  const lane = async () => {
    for (const webhook of left) await bench.postUntilAnswered(webhook)
  }
  await Promise.all(Array.from({ length: 16 }, lane))
}

test('events that come ten times, in any order, have one effect each', { timeout: 2 * patienceMs }, async () => {
  console.info(`SLIPSTREAM_SEED=${seed}`)
  const random = seededRandom(seed)
  const { fleet, store } = bench
  await bench.process('scheduler').end('SIGKILL')
  const uploads = Array.from({ length: facts }, (_, index) =>
    bench.add(accounts[index % accounts.length] ?? 'anna', random.between(6, 600)),
  )
  await postAll(uploads)
  await until(
    patienceMs,
    async () => {
      const waiting = { 'outbox.0': { $exists: true } }
      if (await store.collections.webhookInbox.exists(waiting)) throw new Error('not published')
    },
    500,
  )
  await fleet.nats.restart()
  await until(30_000, () => connection.flush())

  const notices = await messagesOf('strava.notified.>')
  expect(notices).toHaveLength(facts)
  const copies = Array.from({ length: deliveries - 1 }, () => notices)
    .flat()
    .map((notice) => ({ notice, place: random.next() }))
    .toSorted((one, other) => one.place - other.place)
  for (let from = 0; from < copies.length; from += batch)
    await Promise.all(copies.slice(from, from + batch).map(({ notice }) => publishAgain(notice)))
  bench.slowLists()
  await bench.start('scheduler')
  const manager = await jetstreamManager(connection)
  await until(
    patienceMs,
    async () => {
      const { num_pending: pending, num_ack_pending: inWork } = await manager.consumers.info(
        'EVENTS',
        'scheduler-webhooks',
      )
      if (pending + inWork > 0) throw new Error(`${pending + inWork} deliveries are left`)
    },
    500,
  )
  await bench.untilTakenIn()
  await bench.untilEqual()

  // What is fetched once more is no news.
  for (const app of apps) {
    const { body } = await app.api<SyncAccepted>('POST', '/strava/sync')
    await synced(app, patienceMs, body.runId)
  }
  await bench.untilEqual()
  await until(patienceMs, async () => {
    const eventIds = Map.groupBy(
      await messagesOf('activity.*.>'),
      (message) => message.json<EventData<'activity.ingested'>>().stravaActivityId,
    )
    const counts = uploads.map(({ object_id }) => new Set(eventIds.get(String(object_id))?.map(eventIdOf)).size)
    expect(counts.filter((count) => count !== 1)).toEqual([])
  })
})
