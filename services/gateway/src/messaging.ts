import { setTimeout as delay } from 'node:timers/promises'
import {
  type Bus,
  type ConsumerOptions,
  connectBus,
  createOutboxRelay,
  type OutboxRelay,
  type RunningConsumer,
  runConsumer,
} from '@slipstream/messaging'
import type { OutboxSource } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import type { Logger, Metrics } from '@slipstream/telemetry'

export interface MessagingOptions {
  url: string
  sources: OutboxSource[]
  handlers: ConsumerOptions<'gateway'>['handlers']
  deliveries: ConsumerOptions<'gateway'>['deliveries']
  log: Logger
  metrics: Metrics
  clock: Clock
}

/** The gateway's side of NATS. It serves people without it: events wait in their documents until it is there. */
export interface Messaging {
  bus(): Bus | null
  nudge(): void
  readiness(): { ok: boolean; detail?: string }
  stop(): Promise<void>
}

interface Parts {
  bus: Bus
  relay: OutboxRelay
  consumer: RunningConsumer
}

/** Long enough for a server that is there; one that is not is waited for in the background. */
const patienceMs = 3_000

const connect = async (options: MessagingOptions): Promise<Parts> => {
  const { url, sources, handlers, deliveries, log, metrics, clock } = options
  const bus = await connectBus({ url, source: 'gateway', log, metrics })
  const relay = createOutboxRelay({ bus, sources, log, metrics, clock })
  relay.start()
  const consumer = await runConsumer(bus, { name: 'gateway', handlers, deliveries, log, metrics, clock })
  return { bus, relay, consumer }
}

/** @throws TopologyError when the streams on the server are unsafe and that shows at once; later it ends the process. */
export const startMessaging = async (options: MessagingOptions): Promise<Messaging> => {
  let parts: Parts | undefined
  let isStopped = false
  const stopParts = async ({ bus, relay, consumer }: Parts) => {
    await consumer.stop()
    await relay.stop()
    await bus.close()
  }
  const connecting = connect(options).then(async (connected) => {
    if (isStopped) await stopParts(connected)
    else parts = connected
  })
  await Promise.race([connecting, delay(patienceMs, undefined, { ref: false })])
  return {
    bus: () => parts?.bus ?? null,
    nudge: () => parts?.relay.nudge(),
    readiness: () => {
      if (!parts) return { ok: false, detail: 'NATS was not reached yet' }
      const bus = parts.bus.readiness()
      return bus.ok ? parts.consumer.readiness() : bus
    },
    stop: async () => {
      isStopped = true
      if (parts) await stopParts(parts)
    },
  }
}
