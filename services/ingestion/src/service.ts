import { lanes } from '@slipstream/contracts'
import { type Bus, connectBus, createOutboxRelay, type RunningConsumer, runConsumer } from '@slipstream/messaging'
import {
  connectStore,
  createDeliveryLog,
  mongoOutboxSource,
  prepareDatabase,
  type Store,
} from '@slipstream/persistence'
import { createQuotaLedger } from '@slipstream/quota'
import {
  type Clock,
  NotStartedError,
  newId,
  type Repetition,
  repeat,
  type Service,
  systemClock,
} from '@slipstream/runtime'
import { createPace, createStravaApi, createStravaOAuth } from '@slipstream/strava'
import {
  createLogger,
  createMetrics,
  type Logger,
  type Metrics,
  type OpsServer,
  startOpsServer,
} from '@slipstream/telemetry'
import { createVault, parseTokenKeys, type Vault } from '@slipstream/vault'
import { createErasure } from './adapters/erasure.ts'
import { createFetchTickets } from './adapters/fetch-tickets.ts'
import { createLinkReader } from './adapters/link-reader.ts'
import { createRunStore } from './adapters/run-store.ts'
import { createStravaPages } from './adapters/strava-pages.ts'
import { createTokenCalls } from './adapters/token-calls.ts'
import { createUnreadableKeeper } from './adapters/unreadable-keeper.ts'
import { createWorkoutStore } from './adapters/workout-store.ts'
import type { IngestionConfig } from './config.ts'
import { createFacts } from './facts.ts'
import { registerGauges } from './gauges.ts'
import { giveUpRun } from './handlers/give-up-run.ts'
import { onAthleteUnlinked } from './handlers/on-athlete-unlinked.ts'
import { onSyncRequested } from './handlers/on-sync-requested.ts'
import { eraseOrphans, resumeParkedRuns } from './handlers/sweeps.ts'
import type { SyncPageDeps } from './handlers/sync-page.ts'

export interface IngestionTimings {
  /** A crashed worker blocks its run this long; shorter than the 30 s after which NATS delivers its message again. */
  leaseMs: number
  renewLeaseEveryMs: number
  resumeParkedEveryMs: number
  eraseOrphansEveryMs: number
}

const defaultTimings: IngestionTimings = {
  leaseMs: 20_000,
  renewLeaseEveryMs: 5_000,
  resumeParkedEveryMs: 1_000,
  eraseOrphansEveryMs: 10 * 60_000,
}

/** Gentle to Strava's edge even when the quota would allow a burst. */
const apiPace = { maxConcurrent: 8, minSpacingMs: 25 }

export interface IngestionOverrides {
  clock?: Clock
  log?: Logger
  metrics?: Metrics
  timings?: Partial<IngestionTimings>
}

export interface Ingestion extends Service {
  /** Port of the operations server; known once started. */
  readonly opsPort: number
}

interface Running {
  store: Store<'ingestion'>
  bus: Bus
  vault: Vault
  consumers: RunningConsumer[]
  repetitions: Repetition[]
  relay: ReturnType<typeof createOutboxRelay>
  ops: OpsServer
}

/** Fetches what is asked for from Strava, stores it as workouts and tells what changed. Any number may run at once. */
export const createIngestion = (config: IngestionConfig, overrides: IngestionOverrides = {}): Ingestion => {
  const clock = overrides.clock ?? systemClock
  const log = overrides.log ?? createLogger('ingestion', config.logLevel)
  const metrics = overrides.metrics ?? createMetrics('ingestion')
  const timings = { ...defaultTimings, ...overrides.timings }
  const facts = createFacts(log, metrics)
  const keyring = parseTokenKeys(config.secrets.tokenKeys.reveal())
  const owner = newId('ingestion')
  let stopping = false
  let running: Running | undefined

  const start = async () => {
    const store = await connectStore({ uri: config.mongodbUri, owner: 'ingestion' })
    const { collections } = store
    await prepareDatabase(store.connection)
    const bus = await connectBus({ url: config.natsUrl, source: 'ingestion', log, metrics })

    const oauth = createStravaOAuth({
      clientId: config.strava.clientId,
      clientSecret: config.secrets.stravaClientSecret,
      baseUrl: config.strava.oauthBaseUrl,
      // Part of every OAuth client; no athlete is sent to Strava from here.
      redirectUri: config.strava.oauthBaseUrl,
      onCall: facts.stravaCalled,
    })
    const vault = createVault({
      credentials: collections.credentials,
      keyring,
      clock,
      owner,
      ...createTokenCalls(oauth),
      onRefresh: facts.tokenRefreshed,
    })
    const ledger = createQuotaLedger({ quota: collections.quota, clientId: config.strava.clientId, clock })
    const api = createStravaApi({
      baseUrl: config.strava.apiBaseUrl,
      pace: createPace(apiPace),
      onCall: facts.stravaCalled,
    })
    registerGauges(metrics, { ledger, vault, collections })

    const relay = createOutboxRelay({
      bus,
      sources: [
        mongoOutboxSource('workouts', collections.workouts),
        mongoOutboxSource('sync_runs', collections.syncRuns),
      ],
      log,
      metrics,
      clock,
      onPublished: facts.eventPublished,
    })
    const deliveries = createDeliveryLog(collections, clock)
    const runs = createRunStore({ collections, clock, newId, owner, leaseMs: timings.leaseMs })
    const erasure = createErasure(collections)
    const links = createLinkReader(collections)
    const pageDeps: SyncPageDeps = {
      links,
      runs,
      tickets: createFetchTickets(collections),
      pages: createStravaPages({ api, vault, ledger, clock }),
      workouts: createWorkoutStore(collections, clock),
      unreadable: createUnreadableKeeper(deliveries),
      erasure,
      facts,
      clock,
      newWorkoutId: () => newId('workout'),
      announceProgress: (data) => bus.announce('sync.progress', data),
      nudge: relay.nudge,
      keepForMs: config.keepForMs,
      leaseTimings: { leaseMs: timings.leaseMs, renewEveryMs: timings.renewLeaseEveryMs },
    }
    const syncRequested = onSyncRequested(pageDeps)
    const onGivenUp = giveUpRun(pageDeps)
    const athleteUnlinked = onAthleteUnlinked({ links, erasure, publish: bus.publish, facts, clock })

    relay.start()
    const shared = { deliveries, log, metrics, clock }
    const consumers = await Promise.all([
      runConsumer(bus, { ...shared, name: 'ingestion-erasure', handlers: { 'athlete.unlinked': athleteUnlinked } }),
      ...lanes.map((lane) =>
        runConsumer(bus, {
          ...shared,
          name: `ingestion-${lane}`,
          handlers: { 'sync.requested': syncRequested },
          onGivenUp,
        }),
      ),
    ])
    const every = (everyMs: number, name: string, task: (signal: AbortSignal) => Promise<void>) =>
      repeat(task, { everyMs, onError: (error) => facts.backgroundFailed(name, error) })
    const repetitions = [
      every(
        timings.resumeParkedEveryMs,
        'resume-parked-runs',
        resumeParkedRuns({ runs, nudge: relay.nudge, facts, clock }),
      ),
      every(timings.eraseOrphansEveryMs, 'erase-orphans', eraseOrphans({ erasure, facts })),
    ]
    const ops = await startOpsServer({
      port: config.opsPort,
      registry: metrics.registry,
      readiness: async () => ({
        process: stopping ? { ok: false, detail: 'stopping' } : { ok: true },
        mongodb: await store.readiness(),
        nats: bus.readiness(),
        consumers: consumers.map((consumer) => consumer.readiness()).find(({ ok }) => !ok) ?? { ok: true },
      }),
    })
    running = { store, bus, vault, consumers, repetitions, relay, ops }
    log.info({ opsPort: ops.port }, 'ingestion started')
  }

  return {
    get opsPort() {
      if (!running) throw new NotStartedError('ingestion has not been started')
      return running.ops.port
    },
    start,
    stop: async () => {
      stopping = true
      if (!running) return
      const parts = running
      running = undefined
      const { store, bus, vault, consumers, repetitions, relay, ops } = parts
      await Promise.all([...repetitions, ...consumers].map((part) => part.stop()))
      // A rotation whose answer is not stored would cost the athlete the grant.
      await vault.drain()
      await relay.stop()
      await bus.close()
      await ops.close()
      await store.close()
      log.info('ingestion stopped')
    },
  }
}
