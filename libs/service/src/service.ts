import { setTimeout as delay } from 'node:timers/promises'
import type { OutboxEvent } from '@slipstream/contracts'
import {
  type Bus,
  type BusOptions,
  connectBus,
  createOutboxRelay,
  type RunningConsumer,
  TransientError,
} from '@slipstream/messaging'
import type { Owner, Store } from '@slipstream/persistence'
import type { DeliveryLog, OutboxSource } from '@slipstream/records'
import {
  type Clock,
  ConfigError,
  type ListenAddress,
  listenProblems,
  NotStartedError,
  repeat,
  type Service,
} from '@slipstream/runtime'
import { endTracing, type Logger, type Metrics, type Readiness, startOpsServer } from '@slipstream/telemetry'
import type { CommonConfig } from './settings.ts'
import { createStopBudget, type Stage, stopLimitMs } from './stop-budget.ts'
import { openStore } from './store.ts'
import { createTaskReport } from './task-report.ts'

// The life of a service, the same for all three. `start` reads downwards, `stop` goes the way back:
//
//   starting ── operations port, store, own parts, bus, relay, consumers, tasks ──> ready
//      │                                                                            │
//      └───────────────────── stop ──> stopping <── stop; a repeated one joins it ──┘

/** What a look at `/readyz` would tell about MongoDB, as figures. */
const registerStoreGauges = (
  metrics: Metrics,
  store: () => Pick<Store<Owner>, 'ping' | 'readiness'> | undefined,
): void => {
  metrics.gauge({
    name: 'slipstream_mongodb_connected',
    help: '1 while the primary of MongoDB answers.',
    async collect() {
      this.set((await store()?.readiness())?.ok ? 1 : 0)
    },
  })
  metrics.gauge({
    name: 'slipstream_mongodb_ping_seconds',
    help: 'How long the primary of MongoDB took to answer a ping; missing while it does not.',
    async collect() {
      const opened = store()
      if (!opened) return this.remove()
      const askedAt = performance.now()
      await opened.ping()
      this.set((performance.now() - askedAt) / 1_000)
    },
  })
}

type ServiceName = Owner & BusOptions['source']

/** What a service is made of, beside what the frame gives it. */
export interface Composition {
  /** Whose waiting events the relay publishes: lines of sources, each in its order and beside the others. */
  outbox: readonly (readonly OutboxSource[])[]
  /** Keeps what cannot be handled or published. */
  deliveries: DeliveryLog
  onPublished?: (event: OutboxEvent, delaySeconds: number) => void
  /** Each is started once NATS is there. */
  consumers: readonly ((bus: Bus) => Promise<RunningConsumer>)[]
  tasks: readonly RepeatedTask[]
  /** Takes no more people, and resolves when the last one is served. */
  stopServing?(signal: AbortSignal): Promise<void>
  /** Waits for work in flight that no consumer and no task waits for, such as a token refresh. */
  settle?(signal: AbortSignal): Promise<void>
}

export interface RepeatedTask {
  name: string
  /** Between the end of a turn and the beginning of the next. */
  everyMs: number
  /** One turn; the signal is aborted at a stop. */
  run(signal: AbortSignal): Promise<void>
}

/** What the frame gives to a service while it is composed. */
export interface ServiceParts<Who extends ServiceName> {
  store: Store<Who>
  /** @throws TransientError as long as NATS was not reached since the start */
  bus(): Bus
  /** Publishes what was just committed. Without NATS it waits. */
  nudge(): void
  /** Aborted when the stop begins, before the drain. */
  leaving: AbortSignal
}

export interface ServiceOptions<Who extends ServiceName> {
  name: Who
  config: CommonConfig
  log: Logger
  metrics: Metrics
  clock: Clock
  /** How long to go on after `/readyz` has begun to say no: as long as a balancer may need to hear it. Default 0. */
  drainMs?: number
  /** Is ready, and starts, without NATS: events wait in their documents. */
  servesWithoutNats?: boolean
  /** Where it listens beside the operations port; looked at before anything is begun. */
  listensOn?: readonly ListenAddress[]
  /** How long a start waits for MongoDB, and for NATS where it is needed. Default 45 s. */
  startLimitMs?: number
  /** Makes what is the service's own; one that serves people does so from here on. */
  compose(parts: ServiceParts<Who>): Composition | Promise<Composition>
}

export interface RunningService extends Service {
  /** Port of the operations server; known once started. */
  readonly opsPort: number
  readonly stopLimitMs: number
}

/** A wait has an end: whoever runs the process sees that it does not start, and why, and starts it again. */
const defaultStartLimitMs = 45_000

/** Long enough for a NATS server that is there, where it is not waited for. */
const natsPatienceMs = 3_000

/** Makes a service that can be started once. */
export const createService = <Who extends ServiceName>(options: ServiceOptions<Who>): RunningService => {
  const { name, config, log, metrics, clock, drainMs = 0, servesWithoutNats = false, compose } = options
  const { listensOn = [], startLimitMs = defaultStartLimitMs } = options
  let phase: 'starting' | 'ready' | 'stopping' = 'starting'
  let opsPort: number | undefined
  let store: Store<Who> | undefined
  let bus: Bus | undefined
  let nudge = () => {}
  let consumers: RunningConsumer[] = []
  /** What there is to stop, in the order in which it was started. */
  const work: Stage[] = []
  const settling: Stage[] = []
  const closing: Stage[] = []
  const leaving = new AbortController()
  let starting: Promise<void> | undefined
  let stopping: Promise<void> | undefined
  registerStoreGauges(metrics, () => store)

  const messagingReadiness = () => {
    if (!bus) return { ok: false, detail: 'not reached yet' }
    const reached = bus.readiness()
    return reached.ok ? (consumers.map((consumer) => consumer.readiness()).find(({ ok }) => !ok) ?? reached) : reached
  }

  const readiness = async (): Promise<Readiness> => {
    const nats = messagingReadiness()
    return {
      process: phase === 'ready' ? { ok: true } : { ok: false, detail: phase },
      mongodb: store ? await store.readiness() : { ok: false, detail: 'not reached yet' },
      nats: servesWithoutNats && !nats.ok ? { ok: true, detail: `degraded: ${nats.detail}` } : nats,
    }
  }

  /** @throws ConfigError when NATS cannot be used, and, where it is needed, when it was waited for too long */
  const connectNats = (signal: AbortSignal): Promise<Bus> => {
    const limitMs = servesWithoutNats ? undefined : startLimitMs
    const servers = { url: config.natsUrl, ...config.natsAccess }
    const streamReplicas = config.natsStreamReplicas
    const connecting = connectBus({ ...servers, streamReplicas, source: name, log, metrics, signal, limitMs })
    return connecting.catch((error: unknown) => {
      signal.throwIfAborted()
      throw new ConfigError([`NATS_URL: no NATS can be used there (${(error as Error).message})`])
    })
  }

  /** What is wrong with NATS as well, should that be known by now or soon. */
  const problemsOf = async (connecting: Promise<Bus>): Promise<readonly string[]> => {
    const known = connecting.then(
      () => [],
      (error: unknown) => (error instanceof ConfigError ? error.problems : []),
    )
    return Promise.race([known, delay(natsPatienceMs, [], { ref: false })])
  }

  const consume = async (composition: Composition, connecting: Promise<Bus>, signal: AbortSignal) => {
    const connected = await connecting
    signal.throwIfAborted()
    bus = connected
    const { outbox: lines, deliveries, onPublished } = composition
    const relaying = { bus, lines, deliveries, log, metrics, clock, ...(onPublished && { onPublished }) }
    const relay = createOutboxRelay(relaying)
    closing.push({ name: 'outbox', stop: relay.stop })
    relay.start()
    nudge = relay.nudge
    consumers = await Promise.all(composition.consumers.map((start) => start(connected)))
    work.push(...consumers.map((consumer) => ({ name: 'consumer', stop: consumer.stop })))
  }

  const startAll = async (signal: AbortSignal) => {
    const operations = { port: config.opsPort, host: config.opsHost, settings: { port: 'OPS_PORT', host: 'OPS_HOST' } }
    const problems = await listenProblems([operations, ...listensOn])
    if (problems.length > 0) throw new ConfigError(problems)

    closing.push({ name: 'telemetry', stop: endTracing })

    const ops = await startOpsServer({
      port: config.opsPort,
      host: config.opsHost,
      registry: metrics.registry,
      readiness,
    })
    closing.push({ name: 'operations port', stop: ops.close })
    opsPort = ops.port

    // Beside the store: both take their time. A failure is thrown where it is waited for.
    const connecting = connectNats(signal)
    connecting.catch(() => {})
    closing.push({ name: 'nats', stop: async () => (await connecting.catch(() => null))?.close() })
    const opened = await openStore({ uri: config.mongodbUri, owner: name, log, signal, limitMs: startLimitMs }).catch(
      async (error: unknown) => {
        if (!(error instanceof ConfigError)) throw error
        throw new ConfigError([...error.problems, ...(await problemsOf(connecting))])
      },
    )
    closing.push({ name: 'mongodb', stop: opened.close })
    store = opened
    signal.throwIfAborted()

    const composition = await compose({
      store: opened,
      bus: () => {
        if (!bus) throw new TransientError('NATS was not reached yet')
        return bus
      },
      nudge: () => nudge(),
      leaving: signal,
    })
    const { stopServing, settle, tasks } = composition
    if (stopServing) work.push({ name: 'server', stop: stopServing })
    if (settle) settling.push({ name: 'work in flight', stop: settle })

    const consuming = consume(composition, connecting, signal)
    const patience = servesWithoutNats ? [delay(natsPatienceMs, 'late' as const, { ref: false })] : []
    if ((await Promise.race([consuming, ...patience])) === 'late') {
      // Nobody waits for it from here on: what cannot be mended ends the process as an unhandled rejection.
      void consuming.catch((error: unknown) => {
        if (!signal.aborted) throw error
      })
    }

    for (const task of tasks) {
      const report = createTaskReport(log, task.name)
      const turn = async (stopping: AbortSignal) => {
        await task.run(stopping)
        report.worked()
      }
      const repetition = repeat(turn, { everyMs: task.everyMs, onError: report.failed })
      work.push({ name: task.name, stop: repetition.stop })
    }
    signal.throwIfAborted()
    phase = 'ready'
    log.info({ opsPort: ops.port }, `${name} is ready`)
  }

  const stopAll = async () => {
    const wasReady = phase === 'ready'
    phase = 'stopping'
    leaving.abort()
    log.info({ drainMs }, `${name} is stopping`)
    if (wasReady) await delay(drainMs)

    const budget = createStopBudget(log)
    if (starting) await budget.work([{ name: 'start', stop: () => Promise.allSettled([starting]) }])
    await budget.work(work)
    await budget.close([...settling, ...closing.toReversed()])
    budget.settle()
    log.info(`${name} has stopped`)
  }

  return {
    get opsPort() {
      if (opsPort === undefined) throw new NotStartedError(`${name} has not been started`)
      return opsPort
    },
    stopLimitMs: stopLimitMs(drainMs),
    start: () => {
      starting ??= startAll(leaving.signal)
      return starting
    },
    stop: () => {
      stopping ??= stopAll()
      return stopping
    },
  }
}
