import '@slipstream/telemetry/register'
import { currentTraceparent, withSpan } from '@slipstream/telemetry'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { done } from '../src/index.ts'
import { type ReauthHandler, startConsumerBench } from './support/consumer-bench.ts'
import { messagesIn, reauthRequired, syncRequested } from './support/harness.ts'

const bench = await startConsumerBench()
const { harness, deliveries, running, runGateway, runInteractive, gatewaySettled, interactiveSettled } = bench

beforeEach(bench.reset)
afterAll(bench.stop)

test('the trace of the request that made the event goes on in the handler', async () => {
  const traceIdOf = (traceparent: string | undefined) => traceparent?.split('-')[1]
  let handled: string | undefined
  await runGateway(async () => {
    handled = currentTraceparent()
    return done()
  })
  const { asked, event } = await withSpan('request', {}, async () => ({
    asked: currentTraceparent(),
    event: reauthRequired('ath_traced'),
  }))
  await harness.bus.publish(event)
  await vi.waitFor(() => expect(traceIdOf(handled)).toMatch(/^[0-9a-f]{32}$/))
  expect(traceIdOf(handled)).toBe(traceIdOf(asked))
  expect(handled).not.toBe(asked)
})

test('while the delivery log is away messages are held: no attempt, no redelivery, then work goes on', async () => {
  const handler = vi.fn<ReauthHandler>(async () => done())
  deliveries.isAway = true
  await runGateway(handler)
  await harness.bus.publish(reauthRequired('ath_held'))
  await vi.waitFor(() =>
    expect(harness.lines.some(({ msg }) => msg === 'counting attempts fails, trying on')).toBe(true),
  )
  expect(handler).not.toHaveBeenCalled()
  deliveries.isAway = false
  await vi.waitFor(() => expect(handler).toHaveBeenCalledOnce())
  await gatewaySettled()
  const info = await harness.manager.consumers.info('EVENTS', 'gateway')
  expect(info.num_redelivered).toBe(0)
  expect(handler.mock.calls[0]?.[1]).toMatchObject({ attempt: 1 })
})

test('a consumer works on as many messages at once as declared, and holds no more', async () => {
  const release = Promise.withResolvers<void>()
  let working = 0
  await runGateway(async () => {
    working += 1
    await release.promise
    return done()
  })
  for (let index = 0; index < 6; index += 1) await harness.bus.publish(reauthRequired(`ath_parallel_${index}`))
  await vi.waitFor(() => expect(working).toBe(2))
  expect(await harness.manager.consumers.info('EVENTS', 'gateway')).toMatchObject({
    num_ack_pending: 2,
    num_pending: 4,
  })
  release.resolve()
  await gatewaySettled()
  expect(working).toBe(6)
})

test('a request that arrives while its predecessor is in work is delivered afterwards: no lost wake-up', async () => {
  const release = Promise.withResolvers<void>()
  const versions: number[] = []
  await runInteractive(async ({ requestedVersion }) => {
    versions.push(requestedVersion)
    if (requestedVersion === 1) await release.promise
    return done()
  })
  await harness.bus.publish(syncRequested('ath_wake', 1))
  await vi.waitFor(() => expect(versions).toEqual([1]))
  await harness.bus.publish(syncRequested('ath_wake', 2))
  await vi.waitFor(() => expect(versions).toEqual([1, 2]))
  release.resolve()
  await interactiveSettled()
  expect(versions).toEqual([1, 2])
  await vi.waitFor(async () => expect(await messagesIn(harness.manager, 'SYNC')).toBe(0))
})

test('requests nobody has taken yet coalesce to the newest', async () => {
  for (const version of [1, 2, 3]) await harness.bus.publish(syncRequested('ath_coalesce', version))
  const versions: number[] = []
  await runInteractive(async ({ requestedVersion }) => {
    versions.push(requestedVersion)
    return done()
  })
  await interactiveSettled()
  expect(versions).toEqual([3])
})

describe('stop', () => {
  test('waits for work in flight and takes nothing new', async () => {
    const release = Promise.withResolvers<void>()
    const finished: string[] = []
    await runGateway(async ({ athleteId }) => {
      await release.promise
      finished.push(athleteId)
      return done()
    })
    for (let index = 0; index < 4; index += 1) await harness.bus.publish(reauthRequired(`ath_stop_${index}`))
    await vi.waitFor(async () =>
      expect(await harness.manager.consumers.info('EVENTS', 'gateway')).toMatchObject({ num_ack_pending: 2 }),
    )
    const stopped = running.pop()!.stop()
    release.resolve()
    await stopped
    expect(finished).toHaveLength(2)
    expect(await harness.manager.consumers.info('EVENTS', 'gateway')).toMatchObject({
      num_ack_pending: 0,
      num_pending: 2,
    })
  })

  test('is prompt when nothing is in work', async () => {
    await runGateway(async () => done())
    await vi.waitFor(() => expect(running[0]!.readiness()).toEqual({ ok: true }))
    const before = performance.now()
    await running.pop()!.stop()
    // A pull that is not cut short lasts 30 s.
    expect(performance.now() - before).toBeLessThan(15_000)
  })

  test('a message held for the delivery log goes back at once', async () => {
    deliveries.isAway = true
    await runGateway(async () => done())
    await harness.bus.publish(reauthRequired('ath_returned'))
    await vi.waitFor(() =>
      expect(harness.lines.some(({ msg }) => msg === 'counting attempts fails, trying on')).toBe(true),
    )
    const before = performance.now()
    await running.pop()!.stop()
    expect(performance.now() - before).toBeLessThan(15_000)
    deliveries.isAway = false
    const handler = vi.fn<ReauthHandler>(async () => done())
    await runGateway(handler)
    await vi.waitFor(() => expect(handler).toHaveBeenCalledOnce())
  })
})
