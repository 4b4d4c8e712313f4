import { headers } from '@nats-io/transport-node'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type ConsumerOptions,
  ContractError,
  done,
  type Handler,
  PostponedError,
  skipped,
  TransientError,
} from '../src/index.ts'
import { type ReauthHandler, startConsumerBench } from './support/consumer-bench.ts'
import { messagesIn, reauthRequired, syncRequested, verdictsOf } from './support/harness.ts'

const bench = await startConsumerBench()
const { harness, deliveries, runGateway, runInteractive, gatewaySettled, interactiveSettled } = bench

beforeEach(bench.reset)
afterAll(bench.stop)

/** Fails the given number of times with a short delay, then succeeds. */
const failing = (times: number) => {
  const attempts: number[] = []
  const handler: ReauthHandler = async (_, { attempt }) => {
    attempts.push(attempt)
    if (attempts.length <= times) throw new TransientError('503', { retryAfterMs: 10 })
    return done()
  }
  return { handler, attempts }
}

describe('verdicts', () => {
  test('done: acknowledged, attempts forgotten', async () => {
    const handler = vi.fn<ReauthHandler>(async () => done())
    await runGateway(handler)
    const event = reauthRequired('ath_done')
    await harness.bus.publish(event)
    await gatewaySettled()
    expect(handler).toHaveBeenCalledExactlyOnceWith(
      event.data,
      expect.objectContaining({ id: event.id, attempt: 1, occurredAt: event.occurredAt }),
    )
    await vi.waitFor(() => expect(deliveries.attempts.size).toBe(0))
    await vi.waitFor(async () =>
      expect(await verdictsOf(harness, 'gateway')).toEqual({ 'athlete.reauth_required ack': 1 }),
    )
  })

  test('skipped: acknowledged, with its reason in the log', async () => {
    await runGateway(async () => skipped('link-inactive'))
    await harness.bus.publish(reauthRequired('ath_skip'))
    await gatewaySettled()
    expect(harness.lines).toContainEqual(expect.objectContaining({ msg: 'event skipped', reason: 'link-inactive' }))
  })

  test('poison: dead letter after exactly one attempt, gone from the work queue, others go on', async () => {
    const handled: string[] = []
    await runInteractive(async ({ athleteId }) => {
      handled.push(athleteId)
      return done()
    })
    const head = headers()
    head.set('ce-specversion', '1.0')
    head.set('ce-id', 'evt_poison')
    head.set('ce-type', 'sync.requested')
    await harness.bus.transport.client.publish('sync.requested.interactive.ath_poison', '{"secret', { headers: head })
    await harness.bus.publish(syncRequested('ath_healthy', 1))
    await interactiveSettled()
    expect(deliveries.letters).toEqual([
      {
        athleteId: 'ath_poison',
        linkId: null,
        consumer: 'ingestion-interactive',
        subject: 'sync.requested.interactive.ath_poison',
        eventId: 'evt_poison',
        eventType: 'sync.requested',
        reason: 'contract_violated',
        error: 'ContractError: unknown version of sync.requested',
        attempts: 1,
        headers: { 'ce-specversion': '1.0', 'ce-id': 'evt_poison', 'ce-type': 'sync.requested' },
        payload: '{"secret',
      },
    ])
    expect(handled).toEqual(['ath_healthy'])
    await vi.waitFor(async () => expect(await messagesIn(harness.manager, 'SYNC')).toBe(0))
    await vi.waitFor(async () =>
      expect(await verdictsOf(harness, 'ingestion-interactive')).toMatchObject({ 'unreadable dead_letter': 1 }),
    )
    expect(JSON.stringify(harness.lines)).not.toContain('secret')
  })

  test('a ContractError of the handler: dead letter after one attempt', async () => {
    const handler = vi.fn<ReauthHandler>(async () => {
      throw new ContractError('no such link version')
    })
    await runGateway(handler)
    await harness.bus.publish(reauthRequired('ath_contract'))
    await gatewaySettled()
    expect(handler).toHaveBeenCalledOnce()
    expect(deliveries.letters).toMatchObject([{ reason: 'contract_violated', attempts: 1 }])
  })

  test('fails twice, then succeeds: three attempts, no dead letter', async () => {
    const { handler, attempts } = failing(2)
    await runGateway(handler)
    await harness.bus.publish(reauthRequired('ath_flaky'))
    await vi.waitFor(() => expect(attempts).toEqual([1, 2, 3]))
    await gatewaySettled()
    expect(deliveries.letters).toEqual([])
    await vi.waitFor(async () =>
      expect(await verdictsOf(harness, 'gateway')).toEqual({
        'athlete.reauth_required ack': 1,
        'athlete.reauth_required nak': 2,
      }),
    )
  })

  test('fails five times: dead letter after exactly five attempts, never tried again', async () => {
    const { handler, attempts } = failing(Number.POSITIVE_INFINITY)
    await runGateway(handler)
    const event = reauthRequired('ath_broken')
    await harness.bus.publish(event)
    await vi.waitFor(() => expect(deliveries.letters).toHaveLength(1))
    await gatewaySettled()
    expect(attempts).toEqual([1, 2, 3, 4, 5])
    expect(deliveries.letters).toMatchObject([
      { eventId: event.id, reason: 'attempts_exhausted', error: 'TransientError: 503', attempts: 5 },
    ])
    expect(JSON.parse(deliveries.letters[0]!.payload)).toEqual(event.data)
    await vi.waitFor(() => expect(deliveries.attempts.size).toBe(0))
  })

  test('killed during every attempt: dead letter without a sixth try', async () => {
    const handler = vi.fn<ReauthHandler>(async () => done())
    const event = reauthRequired('ath_killer')
    deliveries.attempts.set(`gateway:${event.id}`, 5)
    await runGateway(handler)
    await harness.bus.publish(event)
    await vi.waitFor(() => expect(deliveries.letters).toMatchObject([{ reason: 'attempts_exhausted', attempts: 5 }]))
    expect(handler).not.toHaveBeenCalled()
  })

  test('a bug: retried like a transient error, counted apart, logged with its stack', async () => {
    let calls = 0
    await runGateway(async () => {
      calls += 1
      if (calls === 1) throw new TypeError('undefined is not a function')
      return done()
    })
    await harness.bus.publish(reauthRequired('ath_bug'))
    await vi.waitFor(() => expect(calls).toBe(2))
    await gatewaySettled()
    const unexpected = harness.lines.find(({ msg }) => msg === 'event failed unexpectedly')
    expect(unexpected).toMatchObject({
      level: 'error',
      err: { name: 'TypeError', stack: expect.stringContaining('at ') },
    })
    const counter = await harness.metrics.registry.getSingleMetricAsString('slipstream_event_unexpected_errors_total')
    expect(counter).toMatch(/consumer="gateway".* 1$/m)
  })
})

describe('throttled', () => {
  test('the message waits until the time named, however often, and spends no attempt', async () => {
    const attempts: number[] = []
    await runGateway(async (_, { attempt }) => {
      attempts.push(attempt)
      if (attempts.length <= 6) throw new PostponedError(new Date(Date.now() + 20))
      return done()
    })
    await harness.bus.publish(reauthRequired('ath_waiting'))
    await vi.waitFor(() => expect(attempts).toEqual([1, 1, 1, 1, 1, 1, 1]))
    await gatewaySettled()
    expect(deliveries.letters).toEqual([])
    await vi.waitFor(async () =>
      expect(await verdictsOf(harness, 'gateway')).toEqual({
        'athlete.reauth_required postpone': 6,
        'athlete.reauth_required ack': 1,
      }),
    )
  })
})

describe('an event that is given up', () => {
  type OnGivenUp = NonNullable<ConsumerOptions<'ingestion-interactive'>['onGivenUp']>

  test('is told, with its letter kept and its message still there', async () => {
    const seen: unknown[] = []
    const onGivenUp: OnGivenUp = async (data, { id, reason, error }) => {
      seen.push([data, id, reason, error.message, deliveries.letters.length, await messagesIn(harness.manager, 'SYNC')])
    }
    const handler: Handler<'sync.requested'> = async () => {
      throw new ContractError('no such version')
    }
    await runInteractive(handler, { onGivenUp })
    const event = syncRequested('ath_given_up', 1)
    await harness.bus.publish(event)
    await vi.waitFor(() => expect(seen).toEqual([[event.data, event.id, 'contract_violated', 'no such version', 1, 1]]))
    await interactiveSettled()
    await vi.waitFor(async () => expect(await messagesIn(harness.manager, 'SYNC')).toBe(0))
  })

  test('is told when every attempt killed its process', async () => {
    const onGivenUp = vi.fn<OnGivenUp>(async () => {})
    const event = syncRequested('ath_killed', 1)
    deliveries.attempts.set(`ingestion-interactive:${event.id}`, 5)
    await runInteractive(async () => done(), { onGivenUp })
    await harness.bus.publish(event)
    await vi.waitFor(() =>
      expect(onGivenUp).toHaveBeenCalledExactlyOnceWith(
        event.data,
        expect.objectContaining({ id: event.id, reason: 'attempts_exhausted' }),
      ),
    )
  })

  test('is told until that works; until then its message stays', async () => {
    const messages: number[] = []
    const onGivenUp: OnGivenUp = async () => {
      messages.push(await messagesIn(harness.manager, 'SYNC'))
      if (messages.length === 1) throw new Error('no database')
    }
    const event = syncRequested('ath_told_twice', 1)
    deliveries.attempts.set(`ingestion-interactive:${event.id}`, 5)
    await runInteractive(async () => done(), { onGivenUp })
    await harness.bus.publish(event)
    await vi.waitFor(() => expect(messages).toEqual([1, 1]))
    await interactiveSettled()
    await vi.waitFor(async () => expect(await messagesIn(harness.manager, 'SYNC')).toBe(0))
    expect(deliveries.letters).toHaveLength(1)
  })
})
