import { readFileSync } from 'node:fs'
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node'
import { type Bus, connectBus, countOfAthlete, newEvent, purgeAthlete, sweepStuckMessages } from '@slipstream/messaging'
import { inboxPrefixOf } from '@slipstream/messaging/topology'
import { newId, Secret } from '@slipstream/runtime'
import { createLogger } from '@slipstream/telemetry'
import { startTestNats, type TestNats } from '@slipstream/testing'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { makeNatsAuth } from '../src/index.ts'

// What clients do with these permissions: the services' own library, and any client of a subscriber.

const auth = makeNatsAuth({}, ['training-plans', 'newsletter'])
const log = createLogger('test', 'silent')
let nats: TestNats
let services: Record<'gateway' | 'scheduler' | 'ingestion', Bus>
let subscriber: NatsConnection
const connectAs = (user: 'subscriber' | 'training-plans' | 'newsletter'): Promise<NatsConnection> => {
  const authenticator = nkeyAuthenticator(new TextEncoder().encode(auth.credentials[user]))
  return connect({
    servers: nats.url,
    authenticator,
    ...(user !== 'subscriber' && { inboxPrefix: inboxPrefixOf(user) }),
  })
}

beforeAll(async () => {
  nats = await startTestNats({ config: auth.serverConfig })
  const open = (source: keyof typeof services) =>
    connectBus({ url: nats.url, creds: new Secret(auth.credentials[source]), source, limitMs: 0, log })
  const [gateway, scheduler, ingestion] = await Promise.all([open('gateway'), open('scheduler'), open('ingestion')])
  services = { gateway, scheduler, ingestion }
  subscriber = await connectAs('subscriber')
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

test("a subscriber with a user of its own works with its durable, and leaves another one's as it is", async () => {
  const [plans, newsletter] = await Promise.all([connectAs('training-plans'), connectAs('newsletter')])
  onTestFinished(async () => {
    await Promise.all([plans.close(), newsletter.close()])
  })
  const manager = await jetstreamManager(plans)
  const others = await jetstreamManager(newsletter)
  const filters = { filter_subjects: ['activity.deleted.ath_own', 'athlete.unlinked.ath_own'] }
  await others.consumers.add('EVENTS', { durable_name: 'newsletter', ack_policy: AckPolicy.Explicit, ...filters })
  await manager.consumers.add('EVENTS', { durable_name: 'training-plans', ack_policy: AckPolicy.Explicit })
  await manager.consumers.update('EVENTS', 'training-plans', filters)
  await services.ingestion.publish(deleted('ath_own'))
  const own = await jetstream(plans).consumers.get('EVENTS', 'training-plans')
  expect(await (await own.next())?.ackAck()).toBe(true)
  expect(await manager.consumers.delete('EVENTS', 'training-plans')).toBe(true)

  const config = { durable_name: 'newsletter', ack_policy: AckPolicy.Explicit, filter_subject: 'athlete.>' }
  const seen = await others.consumers.info('EVENTS', 'newsletter')
  for (const meddler of [plans, subscriber]) {
    const meddling = await jetstreamManager(meddler)
    await expect(meddling.consumers.info('EVENTS', 'newsletter')).rejects.toThrow(/permissions violation/i)
    await expect(meddling.consumers.delete('EVENTS', 'newsletter')).rejects.toThrow(/permissions violation/i)
    await expect(meddling.consumers.add('EVENTS', config)).rejects.toThrow(/permissions violation/i)
    const pull = meddler.request('$JS.API.CONSUMER.MSG.NEXT.EVENTS.newsletter', JSON.stringify({ batch: 1 }))
    await expect(pull).rejects.toThrow(/permissions violation/i)
  }
  // Named in the subject as its own, in the body as the other's: the server compares the two.
  for (const form of ['CREATE', 'DURABLE.CREATE']) {
    const answer = await plans.request(
      `$JS.API.CONSUMER.${form}.EVENTS.training-plans`,
      JSON.stringify({ stream_name: 'EVENTS', config: { ...config, name: 'newsletter' } }),
    )
    expect(answer.json()).toMatchObject({ error: { code: 400 } })
  }
  const { config: now, num_pending, delivered } = await others.consumers.info('EVENTS', 'newsletter')
  expect({ now, num_pending, delivered }).toEqual({ now: seen.config, num_pending: 1, delivered: seen.delivered })
})
