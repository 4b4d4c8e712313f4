import type { EventData, EventType } from '@slipstream/contracts'
import type { DeliveryLog } from '@slipstream/records'
import { type Clock, systemClock } from '@slipstream/runtime'
import type { Logger, Metrics } from '@slipstream/telemetry'
import type { Bus } from './bus.ts'
import { consumerMetrics } from './consumer-metrics.ts'
import { type Delivery, type DeliveryContext, deliver, type GivenUp } from './deliver.ts'
import { ContractError } from './errors.ts'
import type { Outcome } from './outcome.ts'
import { startPullWorker } from './pull-worker.ts'
import { createStopSignals } from './stop-signals.ts'
import { type ConsumedType, type ConsumerName, consumers } from './topology.ts'
import { flush } from './transport.ts'

export type { Delivery, GivenUp } from './deliver.ts'

/** One bounded piece of work for one event. It may be called again for the same event, also after it succeeded. */
export type Handler<Type extends EventType> = (data: EventData<Type>, delivery: Delivery) => Promise<Outcome>

export interface ConsumerOptions<Name extends ConsumerName> {
  /** Durable name; stream, subjects and concurrency are declared with it in `topology.ts`. */
  name: Name
  /** One for each type the consumer receives. */
  handlers: { [Type in ConsumedType<Name>]: Handler<Type> }
  deliveries: DeliveryLog
  /**
   * Called when an event becomes a dead letter, before its message goes: nobody will work on it any more. Repeated until
   * it works, so it may come more than once for the same event.
   */
  onGivenUp?: (data: EventData<ConsumedType<Name>>, given: GivenUp) => Promise<void>
  log: Logger
  metrics: Metrics
  clock?: Clock
  /** In [0, 1); spreads retries. */
  random?: () => number
}

export interface RunningConsumer {
  readiness(): { ok: boolean; detail?: string }
  /**
   * Takes no more messages and waits for those in work. Once `endWork` is aborted they are told to end, and a second
   * later what has not ended is handed back.
   */
  stop(endWork?: AbortSignal): Promise<void>
}

/** Runs handlers for the messages of one durable consumer until stopped. */
export const runConsumer = async <Name extends ConsumerName>(
  bus: Pick<Bus, 'transport'>,
  options: ConsumerOptions<Name>,
): Promise<RunningConsumer> => {
  const { name, onGivenUp, clock = systemClock, random = Math.random } = options
  const { transport } = bus
  const definition = consumers[name]
  const log = options.log.child({ consumer: name })
  const stop = createStopSignals()
  const handlers: Partial<Record<EventType, Handler<never>>> = options.handlers

  const metrics = consumerMetrics(options.metrics)
  metrics.watch(name, async () => {
    const { num_pending, num_ack_pending } = await transport.manager.consumers.info(definition.stream, name)
    return num_pending + num_ack_pending
  })

  const context: DeliveryContext = {
    consumer: name,
    ackWaitMs: definition.ackWaitMs,
    deliveries: options.deliveries,
    handle: async (event, delivery) => {
      const handler = handlers[event.type]
      if (handler === undefined) throw new ContractError(`${name} has no handler for ${event.type}`)
      return await handler(event.data as never, delivery)
    },
    onGivenUp: async (event, given) => onGivenUp?.(event.data as EventData<ConsumedType<Name>>, given),
    flush: () => flush(transport.connection, log),
    log,
    metrics,
    clock,
    random,
    stop: stop.signals,
  }
  const workers = Array.from({ length: definition.concurrency }, () =>
    startPullWorker({ transport, name, definition, log, onMessage: (message) => deliver(context, message) }),
  )

  return {
    readiness: () => {
      const detail = workers.map((worker) => worker.problem()).find((problem) => problem !== undefined)
      return detail === undefined ? { ok: true } : { ok: false, detail }
    },
    stop: async (endWork = new AbortController().signal) => {
      stop.begin(endWork)
      await Promise.all(workers.map((worker) => worker.stop()))
      await flush(transport.connection, log)
      stop.end()
    },
  }
}
