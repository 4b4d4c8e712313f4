import { systemClock } from '@slipstream/runtime'
import { createMetrics } from '@slipstream/telemetry'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createOutboxRelay, type OutboxRelayOptions } from '../src/index.ts'
import { deleted, type Harness, messagesIn, recordingLog, startHarness } from './support/harness.ts'
import { memoryDeliveryLog } from './support/memory-delivery-log.ts'
import { memoryOutbox } from './support/memory-outbox.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness.stop())
beforeEach(() => harness.manager.streams.purge('EVENTS'))

const create = (options: Partial<OutboxRelayOptions> & Pick<OutboxRelayOptions, 'lines'>) => {
  const metrics = createMetrics('test')
  const { log, lines: logged } = recordingLog()
  const deliveries = memoryDeliveryLog()
  const relay = createOutboxRelay({ bus: harness.bus, deliveries, log, metrics, clock: systemClock, ...options })
  return { relay, metrics, logged, letters: deliveries.letters }
}

const storedIds = async () => {
  const { state } = await harness.manager.streams.info('EVENTS')
  const ids: (string | undefined)[] = []
  for (let sequence = state.first_seq; sequence <= state.last_seq; sequence += 1) {
    ids.push((await harness.manager.streams.getMessage('EVENTS', { seq: sequence }))?.header.get('ce-id'))
  }
  return ids
}

test('a nudge publishes everything that waits, each event once, and takes it out of its document', async () => {
  const [one, other] = [memoryOutbox('one'), memoryOutbox('other')]
  const { relay } = create({ lines: [[one.source, other.source]] })
  for (let index = 0; index < 450; index += 1) one.add(`doc_${index}`, deleted(`ath_${index}`, 1))
  other.add('doc', deleted('ath_other', 1))
  relay.nudge()
  relay.nudge()
  await relay.stop()
  expect([one.documents.size, other.documents.size]).toEqual([0, 0])
  expect(await messagesIn(harness.manager, 'EVENTS')).toBe(451)
})

test('events of one document are published in their order', async () => {
  const outbox = memoryOutbox()
  const { relay } = create({ lines: [[outbox.source]] })
  const events = Array.from({ length: 30 }, (_, index) => deleted('ath_ordered', index + 1))
  outbox.add('doc', ...events)
  relay.nudge()
  await relay.stop()
  expect(await storedIds()).toEqual(events.map(({ id }) => id))
})

test('a line tells nothing before what was there before it, and waits for no other line', async () => {
  const [first, second, urgent] = [memoryOutbox('first'), memoryOutbox('second'), memoryOutbox('urgent')]
  const told: string[] = []
  const { promise: isTold, resolve: tellAtLast } = Promise.withResolvers<void>()
  const bus: OutboxRelayOptions['bus'] = {
    readiness: () => ({ ok: true }),
    publish: async ({ data }) => {
      if (data.athleteId === 'ath_slow') await isTold
      told.push(data.athleteId)
    },
  }
  const { relay } = create({ lines: [[first.source, second.source], [urgent.source]], bus })
  first.add('slow', deleted('ath_slow', 1))
  relay.nudge()
  urgent.add('doc', deleted('ath_urgent', 1))
  relay.nudge()
  await vi.waitFor(() => expect(told).toEqual(['ath_urgent']))
  // Written in this order while the line is busy.
  first.add('late', deleted('ath_late', 1))
  second.add('end', deleted('ath_end', 1))
  relay.nudge()
  tellAtLast()
  await relay.stop()
  expect(told).toEqual(['ath_urgent', 'ath_slow', 'ath_late', 'ath_end'])
})

test('what waits in the first source is told while the others are not even read', async () => {
  const [first, second] = [memoryOutbox('first'), memoryOutbox('second')]
  const { promise: isRead, resolve: readAtLast } = Promise.withResolvers<void>()
  const slow = {
    ...second.source,
    waiting: async (...asked: Parameters<typeof second.source.waiting>) => {
      await isRead
      return second.source.waiting(...asked)
    },
  }
  const { relay } = create({ lines: [[first.source, slow]] })
  first.add('doc', deleted('ath_first', 1))
  relay.nudge()
  await vi.waitFor(() => expect(first.documents.size).toBe(0))
  readAtLast()
  await relay.stop()
})

test('many documents of a later source are all told', async () => {
  const [first, second] = [memoryOutbox('first'), memoryOutbox('second')]
  const { relay } = create({ lines: [[first.source, second.source]] })
  for (let index = 0; index < 450; index += 1) second.add(`doc_${index}`, deleted(`ath_${index}`, 1))
  relay.nudge()
  await vi.waitFor(() => expect(second.documents.size).toBe(0))
  await relay.stop()
})

test('an event added while another is being published is not forgotten', async () => {
  const outbox = memoryOutbox()
  const late = deleted('ath_late', 1)
  const { relay } = create({
    lines: [[outbox.source]],
    onPublished: ({ id }) => {
      if (id === late.id) return
      outbox.add('late', late)
      relay.nudge()
    },
  })
  outbox.add('doc', deleted('ath_early', 1))
  relay.nudge()
  await vi.waitFor(() => expect(outbox.documents.size).toBe(0))
  await vi.waitFor(async () => expect(await storedIds()).toContain(late.id))
  await relay.stop()
})

test('the poll takes what others left behind and leaves what is still theirs', async () => {
  const now = new Date('2026-11-21T10:00:00Z')
  let time = now
  const outbox = memoryOutbox()
  outbox.add('fresh', deleted('ath_fresh', 1, new Date(now.getTime() - 1_000)))
  outbox.add('left', deleted('ath_left', 1, new Date(now.getTime() - 3_000)))
  const { relay } = create({ lines: [[outbox.source]], clock: { now: () => time } })
  relay.start()
  await vi.waitFor(() => expect([...outbox.documents.keys()]).toEqual(['fresh']))
  time = new Date(now.getTime() + 2_000)
  await vi.waitFor(() => expect(outbox.documents.size).toBe(0))
  await relay.stop()
})

test('a crash between publishing and settling: published again under the same id, stored once', async () => {
  const outbox = memoryOutbox()
  const event = deleted('ath_crash', 1)
  outbox.add('doc', event)
  let crashes = 1
  const source = {
    ...outbox.source,
    settle: async (published: Parameters<typeof outbox.source.settle>[0]) => {
      if (crashes > 0) {
        crashes -= 1
        throw new Error('no database')
      }
      await outbox.source.settle(published)
    },
  }
  const { relay, logged } = create({ lines: [[source]] })
  relay.nudge()
  await vi.waitFor(() => expect(crashes).toBe(0))
  expect(outbox.documents.size).toBe(1)
  relay.nudge()
  await vi.waitFor(() => expect(outbox.documents.size).toBe(0))
  await relay.stop()
  expect(await storedIds()).toEqual([event.id])
  expect(logged.map(({ msg }) => msg)).toEqual([
    'waiting events cannot be read or settled',
    'waiting events are read and settled again',
  ])
})

test('a document whose event cannot be published waits for its next try, blocks no other, keeps its order', async () => {
  let now = new Date('2026-11-21T10:00:00Z')
  const clock = { now: () => now }
  const outbox = memoryOutbox()
  const [first, stuck, behind, healthy] = [1, 2, 3, 1].map((version) => deleted('ath_mixed', version, now))
  outbox.add('stuck', first!, stuck!, behind!)
  outbox.add('healthy', healthy!)
  const tried: string[] = []
  const bus: OutboxRelayOptions['bus'] = {
    readiness: () => ({ ok: true }),
    publish: async (event) => {
      tried.push(event.id)
      if (event.id === stuck!.id) throw new Error('refused')
      await harness.bus.publish(event)
    },
  }
  const { relay, logged } = create({ lines: [[outbox.source]], bus, clock })
  const pass = async () => {
    relay.nudge()
    const late = deleted('ath_late', 1, now)
    outbox.add('late', late)
    relay.nudge()
    await vi.waitFor(() => expect([...outbox.documents.keys()]).toEqual(['stuck']))
  }
  for (let index = 0; index < 3; index += 1) await pass()
  expect(tried.filter((id) => id === stuck!.id)).toHaveLength(1)
  expect(outbox.documents.get('stuck')).toMatchObject([
    { id: stuck!.id, attempts: 1, nextTryAt: new Date(now.getTime() + 1_000) },
    { id: behind!.id, nextTryAt: new Date(now.getTime() + 1_000) },
  ])
  now = new Date(now.getTime() + 1_000)
  await pass()
  await vi.waitFor(() => expect(outbox.documents.get('stuck')?.[0]).toMatchObject({ attempts: 2 }))
  await relay.stop()
  expect(tried.filter((id) => id === stuck!.id)).toHaveLength(2)
  expect(tried).not.toContain(behind!.id)
  expect(logged.map(({ msg }) => msg)).toEqual(['events cannot be published, they wait'])
})

test('an event larger than NATS takes becomes a dead letter at once and slows no other', async () => {
  const outbox = memoryOutbox()
  const tooLarge = deleted('ath_large', 1)
  Object.assign(tooLarge.data, { reason: 'x'.repeat(1_100_000) })
  const noMessage = deleted('ath_odd', 1)
  Object.assign(noMessage.data, { version: 1n })
  const behind = deleted('ath_large', 2)
  outbox.add('large', tooLarge, behind)
  outbox.add('odd', noMessage)
  outbox.add('healthy', deleted('ath_healthy', 1))
  const { relay, letters } = create({ lines: [[outbox.source]] })
  const mending = vi.spyOn(harness.bus.transport, 'ensureTopology')
  relay.nudge()
  await relay.stop()
  expect(outbox.documents.size).toBe(0)
  expect(await storedIds()).toHaveLength(2)
  const letter = { reason: 'unpublishable', consumer: 'outbox-documents', attempts: 1 }
  expect(new Map(letters.map((kept) => [kept.eventId, kept]))).toEqual(
    new Map([
      [tooLarge.id, expect.objectContaining({ ...letter, athleteId: 'ath_large' })],
      [noMessage.id, expect.objectContaining({ ...letter, athleteId: 'ath_odd' })],
    ]),
  )
  // It was not even tried whether the streams are the reason: nothing was waited for.
  expect(mending).not.toHaveBeenCalled()
})

test('a thousand documents that cannot be published now do not hold up the one that can', async () => {
  const outbox = memoryOutbox()
  const stuck = Array.from({ length: 1_000 }, (_, index) => deleted(`ath_${index}`, 1))
  for (const [index, event] of stuck.entries()) outbox.add(`stuck_${index}`, event)
  outbox.add('healthy', deleted('ath_healthy', 1))
  const bus: OutboxRelayOptions['bus'] = {
    readiness: () => ({ ok: true }),
    publish: async (event) => {
      if (event.data.athleteId !== 'ath_healthy') throw new Error('refused')
    },
  }
  const { relay } = create({ lines: [[outbox.source]], bus })
  await vi.waitFor(() => {
    relay.nudge()
    expect(outbox.documents.has('healthy')).toBe(false)
  })
  await relay.stop()
})

test('measures the delay of each event and how many wait', async () => {
  const now = new Date('2026-11-21T10:00:00Z')
  const outbox = memoryOutbox()
  const onPublished = vi.fn<NonNullable<OutboxRelayOptions['onPublished']>>()
  const { relay, metrics } = create({ lines: [[outbox.source]], clock: { now: () => now }, onPublished })
  const waiting = deleted('ath_waiting', 1, new Date(now.getTime() - 1_000))
  outbox.add('waiting', waiting)
  relay.start()
  await vi.waitFor(async () =>
    expect(await metrics.registry.getSingleMetricAsString('slipstream_outbox_pending')).toMatch(/} 1$/m),
  )
  await relay.stop()
  expect(onPublished).toHaveBeenCalledExactlyOnceWith(waiting, 1)
  const delays = await metrics.registry.getSingleMetricAsString('slipstream_event_publish_delay_seconds')
  expect(delays).toMatch(/_sum\{.*type="activity.deleted"\} 1$/m)
})
