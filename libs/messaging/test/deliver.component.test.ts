import { AckPolicy } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { newId, systemClock } from '@slipstream/runtime'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { consumerMetrics } from '../src/consumer-metrics.ts'
import { type DeliveryContext, deliver } from '../src/deliver.ts'
import { done } from '../src/index.ts'
import { type PullWorker, startPullWorker } from '../src/pull-worker.ts'
import { flush } from '../src/transport.ts'
import { allSettled, type Harness, reauthRequired, startHarness, verdictsOf } from './support/harness.ts'
import { memoryDeliveryLog } from './support/memory-delivery-log.ts'

/** A worker reports three times in it: it can be late by two thirds of it without losing its message. */
const ackWaitMs = 3_000
const definition = {
  service: 'gateway',
  stream: 'EVENTS',
  types: ['athlete.reauth_required'],
  filterSubjects: ['athlete.reauth_required.>'],
  ackWaitMs,
  concurrency: 1,
} as const

let harness: Harness
let workers: PullWorker[] = []
let consumer = ''
let deliveries: ReturnType<typeof memoryDeliveryLog>

beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness.stop())
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  workers = []
  await harness.manager.consumers.delete('EVENTS', consumer)
  await harness.manager.streams.purge('EVENTS')
})

const createConsumer = async (waitMs = ackWaitMs) => {
  consumer = newId('test')
  deliveries = memoryDeliveryLog()
  await harness.manager.consumers.add('EVENTS', {
    durable_name: consumer,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(waitMs),
    filter_subjects: [...definition.filterSubjects],
  })
}

const stopControls = () => {
  const [intake, deadline, abandon] = [new AbortController(), new AbortController(), new AbortController()]
  return {
    controls: { intake, deadline, abandon },
    signals: { intake: intake.signal, deadline: deadline.signal, abandon: abandon.signal },
  }
}

const startWorker = (handle: DeliveryContext['handle'], stop = stopControls().signals) => {
  const { bus, log, metrics } = harness
  const context: DeliveryContext = {
    consumer,
    ackWaitMs,
    deliveries,
    handle,
    onGivenUp: async () => {},
    flush: () => flush(bus.transport.connection, log),
    log,
    metrics: consumerMetrics(metrics),
    clock: systemClock,
    random: () => 0,
    stop,
  }
  const worker = startPullWorker({
    transport: bus.transport,
    name: consumer,
    definition,
    log,
    onMessage: (message) => deliver(context, message),
  })
  workers.push(worker)
  return worker
}

test('a handler slower than the ack wait is not delivered twice', async () => {
  await createConsumer()
  const handle = vi.fn<DeliveryContext['handle']>(async () => {
    const startedAt = performance.now()
    await vi.waitFor(() => expect(performance.now() - startedAt).toBeGreaterThan(1.5 * ackWaitMs))
    return done()
  })
  startWorker(handle)
  startWorker(handle)
  await harness.bus.publish(reauthRequired('ath_slow'))
  await vi.waitFor(() => expect(handle).toHaveBeenCalledOnce())
  await allSettled(harness.manager, 'EVENTS', consumer)
  expect(handle).toHaveBeenCalledOnce()
  expect(await verdictsOf(harness, consumer)).toEqual({ 'athlete.reauth_required ack': 1 })
})

test('messages wait on the server, not in a busy worker, where they would age into redeliveries', async () => {
  await createConsumer()
  const handled: string[] = []
  const release = Promise.withResolvers<void>()
  startWorker(async ({ id }) => {
    handled.push(id)
    await release.promise
    return done()
  })
  const events = Array.from({ length: 6 }, (_, index) => reauthRequired(`ath_queue_${index}`))
  for (const event of events) await harness.bus.publish(event)
  await vi.waitFor(() => expect(handled).toHaveLength(1))
  const { num_ack_pending, num_pending } = await harness.manager.consumers.info('EVENTS', consumer)
  expect({ num_ack_pending, num_pending }).toEqual({ num_ack_pending: 1, num_pending: 5 })
  release.resolve()
  await allSettled(harness.manager, 'EVENTS', consumer)
  expect(handled).toEqual(events.map(({ id }) => id))
})

test('a worker that dies silently: its message comes to another after the ack wait', async () => {
  await createConsumer()
  await harness.bus.publish(reauthRequired('ath_orphan'))
  const dead = await (await harness.bus.transport.client.consumers.get('EVENTS', consumer)).next()
  expect(dead?.subject).toBe('athlete.reauth_required.ath_orphan')
  const handle = vi.fn<DeliveryContext['handle']>(async () => done())
  startWorker(handle)
  await vi.waitFor(() => expect(handle).toHaveBeenCalledOnce())
})

test('told to end at the deadline, a handler that obeys has its message handed back at once; that is no attempt', async () => {
  // So long that only what is handed back can come again.
  await createConsumer(600_000)
  const { controls, signals } = stopControls()
  const started = Promise.withResolvers<void>()
  const worker = startWorker(async (_, { signal }) => {
    started.resolve()
    return await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }, signals)
  await harness.bus.publish(reauthRequired('ath_obedient'))
  await started.promise
  const stopped = worker.stop()
  controls.deadline.abort()
  await stopped
  expect(await verdictsOf(harness, consumer)).toEqual({ 'athlete.reauth_required handed_back': 1 })

  const next = vi.fn<DeliveryContext['handle']>(async () => done())
  startWorker(next)
  await vi.waitFor(() => expect(next).toHaveBeenCalledOnce())
  expect(next.mock.calls[0]?.[1]).toMatchObject({ attempt: 1 })
})

test('a handler that never ends cannot hold up a stop', async () => {
  await createConsumer()
  const { controls, signals } = stopControls()
  const started = Promise.withResolvers<void>()
  const worker = startWorker(() => {
    started.resolve()
    return new Promise(() => {})
  }, signals)
  await harness.bus.publish(reauthRequired('ath_stuck'))
  await started.promise
  const stopped = worker.stop()
  controls.deadline.abort()
  controls.abandon.abort()
  await stopped
  expect(await verdictsOf(harness, consumer)).toEqual({ 'athlete.reauth_required handed_back': 1 })
})
