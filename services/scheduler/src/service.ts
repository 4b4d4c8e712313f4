import {
  type Bus,
  connectBus,
  createOutboxRelay,
  type OutboxRelay,
  type RunningConsumer,
  runConsumer,
} from '@slipstream/messaging'
import {
  connectStore,
  createDeliveryLog,
  mongoOutboxSource,
  prepareDatabase,
  type Store,
} from '@slipstream/persistence'
import {
  type Clock,
  NotStartedError,
  newId,
  type Repetition,
  repeat,
  type Service,
  systemClock,
} from '@slipstream/runtime'
import {
  createLogger,
  createMetrics,
  type Logger,
  type Metrics,
  type OpsServer,
  startOpsServer,
} from '@slipstream/telemetry'
import { createLinkReader } from './adapters/link-reader.ts'
import { createRunReader } from './adapters/run-reader.ts'
import { createScheduleStore } from './adapters/schedule-store.ts'
import type { SchedulerConfig } from './config.ts'
import { createFacts } from './facts.ts'
import { claimDue } from './handlers/claim-due.ts'
import { onAthleteLinked } from './handlers/on-athlete-linked.ts'
import { onAthleteUnlinked } from './handlers/on-athlete-unlinked.ts'
import { onSyncFinished } from './handlers/on-sync-finished.ts'
import { onSyncTriggered } from './handlers/on-sync-triggered.ts'
import type { SchedulerDeps } from './handlers/request-runs.ts'
import { sweep } from './handlers/sweep.ts'

export interface SchedulerTimings {
  claimEveryMs: number
  sweepEveryMs: number
  /** Age at which an open request is checked for its message. With `sweepEveryMs` well below 60 s together. */
  staleAfterMs: number
}

const defaultTimings: SchedulerTimings = { claimEveryMs: 1_000, sweepEveryMs: 15_000, staleAfterMs: 20_000 }

export interface SchedulerOverrides {
  clock?: Clock
  /** In [0, 1). */
  random?: () => number
  log?: Logger
  metrics?: Metrics
  timings?: Partial<SchedulerTimings>
}

export interface Scheduler extends Service {
  /** Port of the operations server; known once started. */
  readonly opsPort: number
}

interface Running {
  store: Store<'scheduler'>
  bus: Bus
  consumer: RunningConsumer
  repetitions: Repetition[]
  relay: OutboxRelay
  ops: OpsServer
}

/** Decides who is synced when, and asks ingestion for it. Any number may run at once. */
export const createScheduler = (config: SchedulerConfig, overrides: SchedulerOverrides = {}): Scheduler => {
  const { clock = systemClock, random = Math.random } = overrides
  const log = overrides.log ?? createLogger('scheduler', config.logLevel)
  const metrics = overrides.metrics ?? createMetrics('scheduler')
  const timings = { ...defaultTimings, ...overrides.timings }
  const facts = createFacts(log)
  let stopping = false
  let running: Running | undefined

  const start = async () => {
    const store = await connectStore({ uri: config.mongodbUri, owner: 'scheduler' })
    const { collections } = store
    await prepareDatabase(store.connection)
    const bus = await connectBus({ url: config.natsUrl, source: 'scheduler', log, metrics })
    const relay = createOutboxRelay({
      bus,
      sources: [mongoOutboxSource('schedules', collections.schedules)],
      log,
      metrics,
      clock,
    })
    const schedules = createScheduleStore({ collections, clock, newId })
    const deps: SchedulerDeps = {
      schedules,
      links: createLinkReader(collections),
      cadence: { intervalMs: config.syncIntervalMs, windowDays: config.syncWindowDays },
      facts,
      clock,
      newId,
      random,
      nudge: relay.nudge,
    }
    metrics.gauge({
      name: 'slipstream_lane_backlog',
      help: 'Athletes with an open sync request, by its lane.',
      labelNames: ['lane'],
      async collect() {
        for (const [lane, rows] of await schedules.backlog()) this.set({ lane }, rows)
      },
    })

    relay.start()
    const consumer = await runConsumer(bus, {
      name: 'scheduler',
      handlers: {
        'athlete.linked': onAthleteLinked(deps),
        'athlete.unlinked': onAthleteUnlinked(deps),
        'sync.triggered': onSyncTriggered(deps),
        'sync.finished': onSyncFinished(deps),
      },
      deliveries: createDeliveryLog(collections, clock),
      log,
      metrics,
      clock,
      random,
    })
    const every = (everyMs: number, name: string, task: (signal: AbortSignal) => Promise<void>) =>
      repeat(task, { everyMs, onError: (error) => facts.backgroundFailed(name, error) })
    const { staleAfterMs } = timings
    const sweepDeps = { ...deps, runs: createRunReader(collections), hasMessage: bus.hasMessage, staleAfterMs }
    const repetitions = [
      every(timings.claimEveryMs, 'claim-due', claimDue(deps)),
      every(timings.sweepEveryMs, 'sweep', sweep(sweepDeps)),
    ]
    const ops = await startOpsServer({
      port: config.opsPort,
      registry: metrics.registry,
      readiness: async () => ({
        process: stopping ? { ok: false, detail: 'stopping' } : { ok: true },
        mongodb: await store.readiness(),
        nats: bus.readiness(),
        consumer: consumer.readiness(),
      }),
    })
    running = { store, bus, consumer, repetitions, relay, ops }
    log.info({ opsPort: ops.port }, 'scheduler started')
  }

  return {
    get opsPort() {
      if (!running) throw new NotStartedError('the scheduler has not been started')
      return running.ops.port
    },
    start,
    stop: async () => {
      stopping = true
      if (!running) return
      const parts = running
      running = undefined
      const { store, bus, consumer, repetitions, relay, ops } = parts
      await Promise.all([...repetitions, consumer].map((part) => part.stop()))
      await relay.stop()
      await bus.close()
      await ops.close()
      await store.close()
      log.info('scheduler stopped')
    },
  }
}
