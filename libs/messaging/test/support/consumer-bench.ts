import { type ConsumerOptions, done, type Handler, type RunningConsumer, runConsumer } from '../../src/index.ts'
import { allSettled, startHarness } from './harness.ts'
import { memoryDeliveryLog } from './memory-delivery-log.ts'

export type ReauthHandler = Handler<'athlete.reauth_required'>

/** A harness with consumers of both streams, run as a test wants them, and a delivery log in memory. */
export const startConsumerBench = async () => {
  const harness = await startHarness()
  const { log, lines, metrics, manager } = harness
  const [gateway, ingestion] = await Promise.all([harness.connect('gateway'), harness.connect('ingestion')])
  const deliveries = memoryDeliveryLog()
  const running: RunningConsumer[] = []
  const stopConsumers = () => Promise.all(running.splice(0).map((consumer) => consumer.stop()))

  return {
    harness,
    deliveries,
    /** A test that stops one itself takes it out. */
    running,
    runGateway: async (handler: ReauthHandler) => {
      const handlers = { 'athlete.reauth_required': handler, 'athlete.erased': async () => done() }
      running.push(await runConsumer(gateway, { name: 'gateway', handlers, deliveries, log, metrics, random: () => 0 }))
    },
    runInteractive: async (
      handler: Handler<'sync.requested'>,
      extra: Partial<ConsumerOptions<'ingestion-interactive'>> = {},
    ) => {
      const handlers = { 'sync.requested': handler }
      running.push(
        await runConsumer(ingestion, { name: 'ingestion-interactive', handlers, deliveries, log, metrics, ...extra }),
      )
    },
    gatewaySettled: () => allSettled(manager, 'EVENTS', 'gateway'),
    interactiveSettled: () => allSettled(manager, 'SYNC', 'ingestion-interactive'),
    reset: async () => {
      await stopConsumers()
      for (const stream of ['SYNC', 'EVENTS']) await manager.streams.purge(stream)
      deliveries.attempts.clear()
      deliveries.letters.length = 0
      deliveries.isAway = false
      lines.length = 0
      metrics.registry.resetMetrics()
    },
    stop: async () => {
      await stopConsumers()
      await Promise.all([gateway.close(), ingestion.close()])
      await harness.stop()
    },
  }
}
