import { readFileSync } from 'node:fs'
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node'
import { type Bus, connectBus, countOfAthlete, newEvent, purgeAthlete, sweepStuckMessages } from '@slipstream/messaging'
import { newId, Secret } from '@slipstream/runtime'
import { createLogger } from '@slipstream/telemetry'
import { startTestNats, type TestNats } from '@slipstream/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeNatsAuth } from '../src/index.ts'

// What clients do with these permissions: the services' own library, and any client of a subscriber.

const auth = makeNatsAuth()
const log = createLogger('test', 'silent')
let nats: TestNats
let services: Record<'gateway' | 'scheduler' | 'ingestion', Bus>
let subscriber: NatsConnection

beforeAll(async () => {
  nats = await startTestNats({ config: auth.serverConfig })
  const open = (source: keyof typeof services) =>
    connectBus({ url: nats.url, creds: new Secret(auth.credentials[source]), source, limitMs: 0, log })
  const [gateway, scheduler, ingestion] = await Promise.all([open('gateway'), open('scheduler'), open('ingestion')])
  services = { gateway, scheduler, ingestion }
  const authenticator = nkeyAuthenticator(new TextEncoder().encode(auth.credentials.subscriber.trim()))
  subscriber = await connect({ servers: nats.url, authenticator })
})
afterAll(async () => {
  await subscriber.close()
  await Promise.all(Object.values(services).map((bus) => bus.close()))
  await nats.remove()
})

const refused = (): string[] =>
  readFileSync(nats.logFile, 'utf8')
    .split('\n')
    .filter((line) => /violation/i.test(line))

const deleted = (athleteId: string) =>
  newEvent(
    'activity.deleted',
    { athleteId, workoutId: 'wko_1', stravaActivityId: '1', version: 1, reason: 'deleted_at_strava' },
    { id: newId('evt'), now: new Date() },
  )

const instant = '2026-11-21T10:00:00.000Z'
const syncRequested = newEvent(
  'sync.requested',
  {
    ...{ athleteId: 'ath_1', linkId: 'lnk_1', runId: 'run_1', lane: 'interactive', cause: 'manual', activityIds: [] },
    ...{ requestedVersion: 1, laneVersion: 1, requestedAt: instant, window: { after: instant, before: instant } },
  },
  { id: newId('evt'), now: new Date() },
)

test('a subscriber reads EVENTS with a durable consumer and with one in order, as its client comes', async () => {
  await services.ingestion.publish(deleted('ath_read'))
  const manager = await jetstreamManager(subscriber)
  await manager.consumers.add('EVENTS', { durable_name: 'reports', ack_policy: AckPolicy.Explicit })
  const durable = await (await jetstream(subscriber).consumers.get('EVENTS', 'reports')).next()
  expect(durable?.subject).toBe('activity.deleted.ath_read')
  expect(await durable?.ackAck()).toBe(true)
  const ordered = await jetstream(subscriber).consumers.get('EVENTS', { filter_subjects: 'activity.>' })
  expect((await ordered.next())?.subject).toBe('activity.deleted.ath_read')
  expect(refused()).toEqual([])
})

test('erasure and the sweep for stuck messages ask for nothing that they may not', async () => {
  await services.ingestion.publish(deleted('ath_erased'))
  const { transport } = services.ingestion
  const end = (await transport.manager.streams.info('EVENTS')).state.last_seq
  expect(await countOfAthlete({ manager: transport.manager }, 'ath_erased', end)).toBe(1)
  expect(await purgeAthlete({ manager: transport.manager }, 'ath_erased', end)).toBe(1)

  await services.scheduler.publish(syncRequested)
  const { manager } = services.scheduler.transport
  await sweepStuckMessages({ bus: () => services.scheduler, deliveries: { keepDeadLetter: async () => {} }, log })()
  for (const stream of ['SYNC', 'EVENTS']) await manager.streams.getMessage(stream, { seq: 1 })
  expect(await manager.streams.deleteMessage('SYNC', 1)).toBe(true)
  expect(refused()).toEqual([])
})

test("a subscriber cannot change a service's consumer by naming it where the subject of the request does not", async () => {
  const { manager } = services.gateway.transport
  const { durable_name: _, ...before } = (await manager.consumers.info('EVENTS', 'gateway')).config
  const config = { ...before, filter_subjects: ['athlete.erased.>'] }
  const request = subscriber.request(
    '$JS.API.CONSUMER.CREATE.EVENTS',
    JSON.stringify({ stream_name: 'EVENTS', config }),
  )
  await expect(request).rejects.toThrow(/permissions violation/i)
  expect((await manager.consumers.info('EVENTS', 'gateway')).config).toMatchObject(before)
})
