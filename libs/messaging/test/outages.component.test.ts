import { systemClock } from '@slipstream/runtime'
import { createMetrics } from '@slipstream/telemetry'
import { startTestNats } from '@slipstream/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  connectBus,
  createOutboxRelay,
  done,
  type FollowedEvent,
  type RunningConsumer,
  runConsumer,
} from '../src/index.ts'
import { streamsOf } from '../src/topology.ts'
import { deleted, type Harness, reauthRequired, recordingLog, startHarness } from './support/harness.ts'
import { memoryDeliveryLog } from './support/memory-delivery-log.ts'
import { memoryOutbox } from './support/memory-outbox.ts'

let harness: Harness
let consumer: RunningConsumer
let handled: string[]

beforeEach(async () => {
  harness = await startHarness('gateway')
  handled = []
  const { bus, log, metrics } = harness
  consumer = await runConsumer(bus, {
    name: 'gateway',
    handlers: {
      'athlete.reauth_required': async ({ athleteId }) => {
        handled.push(athleteId)
        return done()
      },
      'athlete.erased': async () => done(),
    },
    deliveries: memoryDeliveryLog(),
    log,
    metrics,
  })
  await vi.waitFor(() => expect(consumer.readiness()).toEqual({ ok: true }))
})
afterEach(async () => {
  await consumer.stop()
  await harness.stop()
})

const ready = () =>
  vi.waitFor(() => {
    expect(harness.bus.readiness()).toEqual({ ok: true })
    expect(consumer.readiness()).toEqual({ ok: true })
  })

const startRelay = () => {
  const { bus, log, metrics } = harness
  const outbox = memoryOutbox()
  const relay = createOutboxRelay({
    deliveries: memoryDeliveryLog(),
    bus,
    lines: [[outbox.source]],
    log,
    metrics,
    clock: systemClock,
  })
  relay.start()
  return { outbox, relay }
}

test('store wiped while running: streams and consumers come back within seconds, and work goes on', async () => {
  await harness.bus.publish(reauthRequired('ath_before'))
  await vi.waitFor(() => expect(handled).toEqual(['ath_before']))
  await harness.nats.wipe()
  await ready()
  await harness.bus.publish(reauthRequired('ath_after'))
  await vi.waitFor(() => expect(handled).toEqual(['ath_before', 'ath_after']))
  const names = (await harness.manager.streams.list().next()).map(({ config }) => config.name)
  expect(names).toEqual(streamsOf.gateway)
})

test('publishing right after a wipe, before anybody noticed, succeeds', async () => {
  await harness.nats.wipe()
  await harness.bus.publish(reauthRequired('ath_at_once'))
  await vi.waitFor(() => expect(handled).toEqual(['ath_at_once']))
})

test('a process without consumers restores a wiped store as well, before anybody publishes', async () => {
  await consumer.stop()
  await harness.nats.wipe()
  await vi.waitFor(async () => {
    const names = (await harness.manager.streams.list().next()).map(({ config }) => config.name)
    expect(names).toEqual(streamsOf.gateway)
  })
})

test('a consumer deleted under a running worker is made anew', async () => {
  await harness.manager.consumers.delete('EVENTS', 'gateway')
  await harness.bus.publish(reauthRequired('ath_deleted'))
  await vi.waitFor(() => expect(handled).toEqual(['ath_deleted']))
})

test('server killed and back with its store: what was acknowledged is delivered', async () => {
  await harness.bus.publish(reauthRequired('ath_first'))
  await harness.nats.kill()
  await vi.waitFor(() => expect(harness.bus.readiness()).toMatchObject({ ok: false, detail: 'not connected to NATS' }))
  await harness.nats.restart()
  await ready()
  await harness.bus.publish(reauthRequired('ath_second'))
  await vi.waitFor(() => expect(new Set(handled)).toEqual(new Set(['ath_first', 'ath_second'])))
})

test('events wait in the outbox while NATS is down, are published once it is back, and are logged about once', async () => {
  const { bus, lines, nats } = harness
  const { outbox, relay } = startRelay()
  await nats.stop()
  await vi.waitFor(() => expect(bus.readiness().ok).toBe(false))
  for (let index = 0; index < 20; index += 1) outbox.add(`doc_${index}`, reauthRequired(`ath_outbox_${index}`))
  relay.nudge()
  expect(outbox.documents.size).toBe(20)
  await nats.restart()
  await vi.waitFor(() => expect(outbox.documents.size).toBe(0))
  await vi.waitFor(() => expect(handled).toHaveLength(20))
  await relay.stop()
  expect(lines.filter(({ msg }) => msg === 'NATS is gone, reconnecting')).toHaveLength(1)
  expect(lines.filter(({ msg }) => msg.startsWith('events cannot be published')).length).toBeLessThanOrEqual(1)
})

test('the server dies while events are being published: none is lost, each is stored once', async () => {
  const { nats, manager } = harness
  const { outbox, relay } = startRelay()
  for (let index = 0; index < 300; index += 1) outbox.add(`doc_${index}`, deleted(`ath_${index}`, 1))
  relay.nudge()
  await vi.waitFor(() => expect(outbox.documents.size).toBeLessThan(300), { interval: 1 })
  await nats.kill()
  await nats.restart()
  await vi.waitFor(() => expect(outbox.documents.size).toBe(0))
  await relay.stop()
  expect((await manager.streams.info('EVENTS')).state).toMatchObject({ messages: 300, num_subjects: 300 })
})

test('following goes on after a wipe, with the events of the new stream', async () => {
  const events: FollowedEvent[] = []
  const ending = new AbortController()
  const ended = harness.bus.follow({
    types: ['activity.deleted'],
    athleteId: 'ath_followed',
    after: 0,
    onEvent: (event) => events.push(event),
    signal: ending.signal,
  })
  const versions = () => events.map(({ data }) => (data as { version: number }).version)
  for (const version of [1, 2]) await harness.bus.publish(deleted('ath_followed', version))
  await vi.waitFor(() => expect(versions()).toEqual([1, 2]))
  await harness.nats.wipe()
  await harness.bus.publish(deleted('ath_followed', 3))
  await vi.waitFor(() => expect(versions()).toEqual([1, 2, 3]))
  ending.abort()
  await ended
})

test('while disconnected the topology is not asked for: that could only time out', async () => {
  await harness.nats.stop()
  await vi.waitFor(() => expect(harness.bus.readiness().ok).toBe(false))
  const before = performance.now()
  // A pass that was under way when the connection broke may still have to time out; the next one must not.
  await expect(harness.bus.transport.ensureTopology()).rejects.toThrow()
  await expect(harness.bus.transport.ensureTopology()).rejects.toThrow('not connected')
  expect(performance.now() - before).toBeLessThan(3_500)
})

test.each([
  ['with nothing to say to it', 0],
  // Then not even the goodbye gets out.
  ['with more to say than its connection holds', 32],
])('a frozen server is noticed %s, and used again when it goes on', async (_, halfMegabytes) => {
  const { nats } = harness
  const { log, lines } = recordingLog()
  const metrics = createMetrics('test')
  const heartbeat = { pingIntervalMs: 200, maxPingsOut: 2 }
  const bus = await connectBus({ url: nats.url, source: 'gateway', log, metrics, heartbeat })
  const isConnected = async () => (await metrics.registry.getSingleMetric('slipstream_nats_connected')?.get())?.values
  try {
    await vi.waitFor(async () => expect(await isConnected()).toMatchObject([{ value: 1 }]))
    process.kill(nats.pid, 'SIGSTOP')
    const ballast = new Uint8Array(512 * 1_024)
    for (let sent = 0; sent < halfMegabytes; sent += 1) bus.transport.connection.publish('ballast', ballast)
    await vi.waitFor(async () => expect(await isConnected()).toMatchObject([{ value: 0 }]))
    expect(bus.readiness()).toEqual({ ok: false, detail: 'not connected to NATS' })
    process.kill(nats.pid, 'SIGCONT')
    await vi.waitFor(async () => expect(await isConnected()).toMatchObject([{ value: 1 }]))
    await vi.waitFor(() => expect(bus.readiness()).toEqual({ ok: true }))
    await bus.publish(reauthRequired('ath_thawed'))
    await vi.waitFor(() => expect(handled).toContain('ath_thawed'))
    const told = lines.map(({ level, msg }) => `${level} ${msg}`)
    expect(told).toEqual(expect.arrayContaining(['warn NATS is gone, reconnecting', 'info NATS is back']))
  } finally {
    process.kill(nats.pid, 'SIGCONT')
    await bus.close()
  }
})

test('stopping while NATS is down does not hang', async () => {
  await harness.nats.stop()
  await vi.waitFor(() => expect(harness.bus.readiness().ok).toBe(false))
  const before = performance.now()
  await consumer.stop()
  await harness.bus.close()
  expect(performance.now() - before).toBeLessThan(12_000)
})

test('connecting waits for a server that starts later', async () => {
  const nats = await startTestNats()
  await nats.stop()
  const { log, lines } = recordingLog()
  const connecting = connectBus({ url: nats.url, source: 'gateway', log })
  await vi.waitFor(() => expect(lines.some(({ msg }) => msg === 'connecting to NATS fails, trying on')).toBe(true))
  await nats.restart()
  const bus = await connecting
  expect(bus.readiness()).toEqual({ ok: true })
  await bus.close()
  await nats.remove()
})
