import { isRequestStored } from '@slipstream/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { sweepStuckMessages } from '../src/index.ts'
import { consumerConfig, consumers } from '../src/topology.ts'
import { type Harness, messagesIn, reauthRequired, startHarness, syncRequested } from './support/harness.ts'
import { memoryDeliveryLog } from './support/memory-delivery-log.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
  for (const service of ['gateway', 'ingestion'] as const) await (await harness.connect(service)).close()
})
afterAll(() => harness.stop())

const limit = 3

/** A consumer with a limit, as release 0.1 made it, low enough for a test. */
const withLimit = async (name: keyof typeof consumers) => {
  const { stream } = consumers[name]
  await harness.manager.consumers.delete(stream, name)
  await harness.manager.consumers.add(stream, { ...consumerConfig(name, consumers[name]), max_deliver: limit })
  return await harness.bus.transport.client.consumers.get(stream, name)
}

/** Puts the one message of a consumer off until the server delivers it no more and has said so. */
const exhaust = async (name: keyof typeof consumers) => {
  const consumer = await withLimit(name)
  const said = await messagesIn(harness.manager, 'ADVISORIES')
  for (let delivery = 1; delivery <= limit; delivery += 1) (await consumer.next())?.nak()
  const nothing = consumer.next({ expires: 1_000 })
  await vi.waitFor(async () => expect(await messagesIn(harness.manager, 'ADVISORIES')).toBeGreaterThan(said))
  expect(await nothing).toBeNull()
  return consumer
}

const sweep = async () => {
  const deliveries = memoryDeliveryLog()
  await sweepStuckMessages({ bus: () => harness.bus, deliveries, log: harness.log })()
  return deliveries.letters
}

test('a request put off too often is taken out of the stream, so that its row is asked for again', async () => {
  await harness.bus.publish(syncRequested('ath_stuck', 1))
  const consumer = await exhaust('ingestion-interactive')
  expect(await isRequestStored(harness.bus, 'sync.requested.interactive.ath_stuck')).toBe(true)
  expect(await sweep()).toEqual([])
  expect(await isRequestStored(harness.bus, 'sync.requested.interactive.ath_stuck')).toBe(false)
  await harness.bus.publish(syncRequested('ath_stuck', 1))
  expect((await consumer.next())?.info.deliveryCount).toBe(1)
})

test('a newer request that took the place of the stuck one stays', async () => {
  await harness.manager.streams.purge('SYNC')
  await harness.bus.publish(syncRequested('ath_replaced', 1))
  await exhaust('ingestion-interactive')
  await harness.bus.publish(syncRequested('ath_replaced', 2))
  await sweep()
  expect(await isRequestStored(harness.bus, 'sync.requested.interactive.ath_replaced')).toBe(true)
})

test('an event that is delivered no more becomes a dead letter of its athlete, once', async () => {
  const event = reauthRequired('ath_unheard')
  await harness.bus.publish(event)
  await exhaust('gateway')
  expect(await sweep()).toMatchObject([
    {
      consumer: 'gateway',
      subject: 'athlete.reauth_required.ath_unheard',
      eventId: event.id,
      reason: 'deliveries_exhausted',
      attempts: limit,
      athleteId: 'ath_unheard',
      linkId: 'lnk_ath_unheard',
    },
  ])
  expect(await sweep()).toEqual([])
})

test('what is no advisory, and one that cannot be looked after, keep no other from its turn', async () => {
  const said = await messagesIn(harness.manager, 'ADVISORIES')
  const advise = (advisory: string) =>
    harness.bus.transport.connection.publish('$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.EVENTS.gateway', advisory)
  advise('no JSON')
  for (const athleteId of ['ath_bad', 'ath_good']) {
    await harness.bus.publish(reauthRequired(athleteId))
    const { state } = await harness.manager.streams.info('EVENTS')
    advise(JSON.stringify({ stream: 'EVENTS', consumer: 'gateway', stream_seq: state.last_seq, deliveries: limit }))
  }
  await vi.waitFor(async () => expect(await messagesIn(harness.manager, 'ADVISORIES')).toBe(said + 3))
  const log = memoryDeliveryLog()
  const keepDeadLetter: typeof log.keepDeadLetter = async (letter) => {
    if (letter.athleteId === 'ath_bad') throw new Error('cannot be kept')
    await log.keepDeadLetter(letter)
  }
  await sweepStuckMessages({ bus: () => harness.bus, deliveries: { keepDeadLetter }, log: harness.log })()
  expect(log.letters).toMatchObject([{ athleteId: 'ath_good' }])
  const { num_pending, num_ack_pending } = await harness.manager.consumers.info('ADVISORIES', 'stuck-messages')
  expect({ num_pending, num_ack_pending }).toEqual({ num_pending: 0, num_ack_pending: 1 })
})
