import { lanes } from '@slipstream/contracts'
import { createCountedCall, createGate, createTokenCalls, judgeRefresh } from '@slipstream/gate'
import { type Bus, countOfAthlete, endOfEvents, purgeAthlete, runConsumer } from '@slipstream/messaging'
import { createDeliveryLog, mongoOutboxSource } from '@slipstream/persistence'
import { createQuotaLedger } from '@slipstream/quota'
import { type Clock, newId, systemClock } from '@slipstream/runtime'
import { createService, type RunningService } from '@slipstream/service'
import { createPace, createStravaApi, createStravaOAuth } from '@slipstream/strava'
import { createLogger, createMetrics, type Logger, type Metrics } from '@slipstream/telemetry'
import { createKeyWatch, createVault, parseTokenKeys } from '@slipstream/vault'
import { createErasure, type ErasureOptions } from './adapters/erasure.ts'
import { createFetchTickets } from './adapters/fetch-tickets.ts'
import { createGrantReader } from './adapters/grant-reader.ts'
import { createLinkReader } from './adapters/link-reader.ts'
import { createReceiptReader } from './adapters/receipt-reader.ts'
import { createRunStore } from './adapters/run-store.ts'
import { createUnreadableKeeper } from './adapters/unreadable-keeper.ts'
import { createWebhookReader } from './adapters/webhook-reader.ts'
import { createWorkoutStore } from './adapters/workout-store.ts'
import type { IngestionConfig } from './config.ts'
import { createFacts } from './facts.ts'
import { registerExpiryGauge, registerGauges } from './gauges.ts'
import { giveUpRun } from './handlers/give-up-run.ts'
import { onAthleteUnlinked } from './handlers/on-athlete-unlinked.ts'
import { onSyncRequested } from './handlers/on-sync-requested.ts'
import type { RunDeps } from './handlers/run-step.ts'
import { sweepErasures } from './sweeps/erasures.ts'
import { expireWorkouts } from './sweeps/expiry.ts'
import { countMissedWebhooks } from './sweeps/missed-webhooks.ts'
import { resumeParkedRuns } from './sweeps/parked-runs.ts'
import { endRemovals } from './sweeps/removals.ts'
import { resealTokens } from './sweeps/token-keys.ts'
import { wakeRuns } from './sweeps/wake-runs.ts'

export interface IngestionTimings {
  /** A crashed worker blocks its run this long; shorter than the 30 s after which NATS delivers its message again. */
  leaseMs: number
  renewLeaseEveryMs: number
  resumeParkedEveryMs: number
  wakeRunsEveryMs: number
  /** With the gateway's sweep well below 60 s together: so long a receipt may take whose event was lost. */
  eraseEveryMs: number
  expireEveryMs: number
  countMissedEveryMs: number
  resealEveryMs: number
}

const defaultTimings: IngestionTimings = {
  leaseMs: 20_000,
  renewLeaseEveryMs: 5_000,
  resumeParkedEveryMs: 500,
  wakeRunsEveryMs: 5_000,
  eraseEveryMs: 15_000,
  expireEveryMs: 60_000,
  countMissedEveryMs: 60_000,
  resealEveryMs: 5_000,
}

/** Gentle to Strava's edge even when the quota would allow a burst. */
const apiPace = { maxConcurrent: 8, minSpacingMs: 25 }

export interface IngestionOverrides {
  clock?: Clock
  /** In place of MongoDB's, which all replicas read for the quota. */
  sharedClock?: Clock
  log?: Logger
  metrics?: Metrics
  timings?: Partial<IngestionTimings>
}

/** Fetches what is asked for from Strava, stores it as workouts and tells what changed. Any number may run at once. */
export const createIngestion = (config: IngestionConfig, overrides: IngestionOverrides = {}): RunningService => {
  const clock = overrides.clock ?? systemClock
  const log = overrides.log ?? createLogger('ingestion', config.logLevel)
  const metrics = overrides.metrics ?? createMetrics('ingestion')
  const timings = { ...defaultTimings, ...overrides.timings }
  const facts = createFacts(log, metrics, clock)
  const keyring = parseTokenKeys(config.secrets.tokenKeys.reveal())
  const owner = newId('ingestion')

  return createService({
    name: 'ingestion',
    config,
    log,
    metrics,
    clock,
    compose: ({ store: { collections }, bus, nudge }) => {
      const oauth = createStravaOAuth({
        clientId: config.strava.clientId,
        clientSecret: config.secrets.stravaClientSecret,
        baseUrl: config.strava.oauthBaseUrl,
        // Part of every OAuth client; no athlete is sent to Strava from here.
        redirectUri: config.strava.oauthBaseUrl,
        onCall: facts.stravaCalled,
      })
      const ledger = createQuotaLedger({
        collections,
        clientId: config.strava.clientId,
        clock,
        sharedClock: overrides.sharedClock,
        onTransition: facts.ledgerChanged,
      })
      const vault = createVault({
        collections,
        keyring,
        clock,
        owner,
        keyWatch: createKeyWatch({ onUnusable: facts.keyUnusable, onUnused: facts.keyUnused }),
        refreshTokens: createTokenCalls({ oauth, ledger, clock, onReportFailed: facts.ledgerNotTold }).refreshTokens,
        judge: judgeRefresh,
        onRefresh: facts.tokenRefreshed,
        onStoreFailed: facts.tokensNotStoredYet,
      })
      const api = createStravaApi({
        baseUrl: config.strava.apiBaseUrl,
        pace: createPace(apiPace),
        onCall: facts.stravaCalled,
      })
      const deliveries = createDeliveryLog(collections, clock)
      const runs = createRunStore({ collections, clock, newId, owner, leaseMs: timings.leaseMs })
      const events: ErasureOptions['events'] = {
        end: () => endOfEvents(bus().transport),
        count: (athleteId, upTo) => countOfAthlete(bus().transport, athleteId, upTo),
        purge: (athleteId, upTo) => purgeAthlete(bus().transport, athleteId, upTo),
      }
      const receipts = createReceiptReader(collections)
      const links = createLinkReader(collections)
      const workouts = createWorkoutStore(collections, clock)
      const grants = createGrantReader(collections)
      const erasure = createErasure({ collections, deliveries, workouts, grants, clock, events })
      const { keepForMs } = config.strava
      const runDeps: RunDeps = {
        links,
        runs,
        tickets: createFetchTickets(collections),
        strava: createGate({
          api,
          vault,
          countedCall: createCountedCall({ ledger, clock, onReportFailed: facts.ledgerNotTold }),
          stravaAthleteOf: links.stravaAthleteId,
          clock,
        }),
        workouts,
        unreadable: createUnreadableKeeper(deliveries),
        receipts,
        erasure,
        facts,
        clock,
        newWorkoutId: () => newId('workout'),
        announceProgress: (data) => bus().announce('sync.progress', data),
        nudge,
        keepForMs,
        leaseTimings: { leaseMs: timings.leaseMs, renewEveryMs: timings.renewLeaseEveryMs },
      }
      const syncRequested = onSyncRequested(runDeps)
      const onGivenUp = giveUpRun(runDeps)
      const athleteUnlinked = onAthleteUnlinked({ links, erasure, nudge, facts })
      const consuming = { deliveries, log, metrics, clock }
      registerGauges(metrics, { ledger, vault, collections, clock })
      if (keepForMs !== null) registerExpiryGauge(metrics, workouts, clock)

      return {
        deliveries,
        outbox: [
          // The next page is asked for while this one is still being told.
          [mongoOutboxSource('sync_runs', collections.syncRuns, { only: 'sync.requested' })],
          // What a run has changed is told before its end.
          [
            mongoOutboxSource('workouts', collections.workouts),
            mongoOutboxSource('tombstones', collections.tombstones),
            mongoOutboxSource('sync_runs', collections.syncRuns, { allBut: 'sync.requested' }),
            mongoOutboxSource('erasures', collections.erasures),
          ],
        ],
        onPublished: facts.eventPublished,
        consumers: [
          (connected) =>
            runConsumer(connected, {
              ...consuming,
              name: 'ingestion-erasure',
              handlers: { 'athlete.unlinked': athleteUnlinked },
            }),
          ...lanes.map(
            (lane) => (connected: Bus) =>
              runConsumer(connected, {
                ...consuming,
                name: `ingestion-${lane}`,
                handlers: { 'sync.requested': syncRequested },
                onGivenUp,
              }),
          ),
        ],
        tasks: [
          {
            name: 'parked-runs',
            everyMs: timings.resumeParkedEveryMs,
            run: resumeParkedRuns(runDeps),
          },
          ...(keepForMs === null
            ? []
            : [
                {
                  name: 'expiry',
                  everyMs: timings.expireEveryMs,
                  run: expireWorkouts({ workouts, keepForMs, nudge, facts, clock }),
                },
              ]),
          {
            name: 'missed-webhooks',
            everyMs: timings.countMissedEveryMs,
            run: countMissedWebhooks({
              ...{ runs, facts, clock },
              webhooks: createWebhookReader(collections, config.strava.clientId),
            }),
          },
          { name: 'removals', everyMs: timings.eraseEveryMs, run: endRemovals({ workouts, nudge, facts, clock }) },
          { name: 'wake-runs', everyMs: timings.wakeRunsEveryMs, run: wakeRuns({ ledger, runs, facts, clock }) },
          { name: 'token-keys', everyMs: timings.resealEveryMs, run: resealTokens({ vault, facts }) },
          {
            name: 'erasures',
            everyMs: timings.eraseEveryMs,
            run: sweepErasures({ receipts, links, erasure, nudge, facts, clock }),
          },
        ],
        // A rotation whose answer is not stored would cost the athlete the grant.
        settle: vault.drain,
      }
    },
  })
}
