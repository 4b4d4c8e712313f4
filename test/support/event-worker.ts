import { env } from 'node:process'
import { connectBus, done, runConsumer, TransientError } from '@slipstream/messaging'
import { connectStore, createDeliveryLog } from '@slipstream/persistence'
import { runService, systemClock } from '@slipstream/runtime'
import { createLogger, createMetrics } from '@slipstream/telemetry'
import { type EventAttempt, isPoison } from './event-attempt.ts'

// A process with a consumer as the scheduler has it, whose work is to tell what it was given, and to fail at poison.

const report = (attempt: EventAttempt | 'ready'): Promise<void> =>
  new Promise((resolve) => process.send?.(attempt, undefined, {}, () => resolve()))

await runService(async () => {
  const log = createLogger('worker', 'silent')
  const store = await connectStore({ uri: env.MONGODB_URI ?? '', owner: 'scheduler' })
  const bus = await connectBus({ url: env.NATS_URL ?? '', source: 'scheduler', log })
  const retry = env.RETRY_AFTER_MS ? { retryAfterMs: Number(env.RETRY_AFTER_MS) } : {}
  const start = () =>
    runConsumer(bus, {
      name: 'scheduler-webhooks',
      handlers: {
        'strava.notified': async ({ objectId }, { attempt }) => {
          await report({ at: Date.now(), objectId, attempt })
          if (isPoison(objectId)) throw new TransientError('poison', retry)
          return done()
        },
      },
      deliveries: createDeliveryLog(store.collections, systemClock),
      log,
      metrics: createMetrics('worker'),
    })
  let consumer: Awaited<ReturnType<typeof start>> | undefined
  return {
    start: async () => {
      consumer = await start()
      await report('ready')
    },
    stop: async () => {
      await consumer?.stop()
      await bus.close()
      await store.close()
    },
  }
})
