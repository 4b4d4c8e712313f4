import { jetstream } from '@nats-io/jetstream'
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node'
import type { Receipt, WorkoutPage } from '@slipstream/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ComposedSystem, startComposedSystem } from './support/composed-system.ts'
import { buildImages, hasContainers } from './support/containers.ts'
import { linkAthlete, statusOf, synced } from './support/linked-athlete.ts'
import { until } from './support/until.ts'

interface HeardEvent {
  type: string
  athleteId: string
  stravaActivityId?: string
}

/** All that EVENTS keeps and gets, as another service of the host reads it: with the credentials that such a one is given. */
const hearAsSubscriber = async (
  system: ComposedSystem,
): Promise<{ events: HeardEvent[]; connection: NatsConnection }> => {
  const connection = await connect({
    servers: system.endpoints.natsUrl,
    authenticator: nkeyAuthenticator(new TextEncoder().encode(system.secret('nats-subscriber-seed'))),
  })
  const events: HeardEvent[] = []
  const consumer = await jetstream(connection).consumers.get('EVENTS', {})
  await consumer.consume({
    callback: (message) => {
      events.push({ type: message.headers?.get('ce-type') ?? '', ...message.json<Omit<HeardEvent, 'type'>>() })
    },
  })
  return { events, connection }
}

describe.skipIf(!(await hasContainers()))('the whole system as containers', () => {
  let system: ComposedSystem
  let subscriber: Awaited<ReturnType<typeof hearAsSubscriber>>

  beforeAll(async () => {
    await buildImages()
    system = await startComposedSystem()
    subscriber = await hearAsSubscriber(system)
  }, 600_000)

  afterAll(async () => {
    await subscriber?.connection.close()
    await system?.down()
  }, 120_000)

  const heard = (wanted: Partial<HeardEvent>) =>
    until(30_000, async () => expect(subscriber.events).toContainEqual(expect.objectContaining(wanted)))

  it('links an athlete, syncs, hears of a new activity by webhook, tells subscribers, and forgets all at unlink', {
    timeout: 180_000,
  }, async () => {
    const app = await linkAthlete(system, 'anna')
    await synced(app, 60_000)
    const { items } = (await app.api<WorkoutPage>('GET', '/workouts?limit=200')).body
    expect(items.length).toBeGreaterThan(10)
    for (const { stravaActivityId } of items) await heard({ type: 'activity.ingested', stravaActivityId })

    const { id } = await system.control.addActivity('anna', { name: 'Evening loop', sportType: 'Run' })
    await until(30_000, async () => {
      const { body } = await app.api<WorkoutPage>('GET', '/workouts?limit=1')
      expect(body.items[0]).toMatchObject({ name: 'Evening loop', stravaActivityId: String(id) })
    })
    await heard({ type: 'activity.ingested', stravaActivityId: String(id) })

    const { receiptId } = (await app.api<{ receiptId: string }>('DELETE', '/strava/link')).body
    await until(30_000, async () => {
      const { body } = await app.api<Receipt>('GET', `/strava/receipts/${receiptId}`)
      expect(body).toMatchObject({ revokedAtStrava: true, deleted: { workouts: items.length + 1 } })
      expect(body.completedAt).not.toBeNull()
    })
    await heard({ type: 'athlete.erased' })
    expect((await statusOf(app)).status).toBe('not_linked')
    expect((await app.api<WorkoutPage>('GET', '/workouts')).body.items).toEqual([])
  })
})
