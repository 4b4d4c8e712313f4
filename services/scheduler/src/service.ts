import { registerStreamGauges, runConsumer, sweepStuckMessages } from '@slipstream/messaging'
import {
  type ChangeSweepOptions,
  createChangeSweep,
  createDeliveryLog,
  mongoOutboxSource,
} from '@slipstream/persistence'
import { createDayBudget } from '@slipstream/quota'
import { type Clock, newId, systemClock } from '@slipstream/runtime'
import { createService, type RunningService } from '@slipstream/service'
import { createLogger, createMetrics, type Logger, type Metrics } from '@slipstream/telemetry'
import { createInbox } from './adapters/inbox.ts'
import { createLinkReader } from './adapters/link-reader.ts'
import { createReceiptReader } from './adapters/receipt-reader.ts'
import { createRunReader } from './adapters/run-reader.ts'
import { createScheduleStore } from './adapters/schedule-store.ts'
import type { SchedulerConfig } from './config.ts'
import { createFacts } from './facts.ts'
import { registerGauges } from './gauges.ts'
import { onAthleteLinked } from './handlers/on-athlete-linked.ts'
import { onAthleteUnlinked } from './handlers/on-athlete-unlinked.ts'
import { onStravaNotified } from './handlers/on-strava-notified.ts'
import { onSyncFinished } from './handlers/on-sync-finished.ts'
import { onSyncTriggered } from './handlers/on-sync-triggered.ts'
import { createCadence } from './requests/cadence.ts'
import type { SchedulerDeps } from './requests/request-runs.ts'
import { claimDue } from './sweeps/claim-due.ts'
import { lookAtEndedLinks } from './sweeps/ended-links.ts'
import { sweepInbox } from './sweeps/inbox.ts'
import { lookAtLinks } from './sweeps/links.ts'
import { type OpenRowsDeps, sweepOpenRows } from './sweeps/open-rows.ts'

export interface SchedulerTimings {
  claimEveryMs: number
  sweepEveryMs: number
  /** So much later than at its time, at most, something is looked for again. */
  inboxEveryMs: number
  /** Age at which somebody looks whether an open row was forgotten. With `sweepEveryMs` well below 60 s together. */
  staleAfterMs: number
  stuckMessagesEveryMs: number
}

const defaultTimings: SchedulerTimings = {
  claimEveryMs: 5_000,
  sweepEveryMs: 15_000,
  inboxEveryMs: 3_000,
  staleAfterMs: 40_000,
  stuckMessagesEveryMs: 60_000,
}

export interface SchedulerOverrides {
  clock?: Clock
  /** In [0, 1). */
  random?: () => number
  log?: Logger
  metrics?: Metrics
  timings?: Partial<SchedulerTimings>
}

/** Decides who is synced when, and asks ingestion for it. Any number may run at once. */
export const createScheduler = (config: SchedulerConfig, overrides: SchedulerOverrides = {}): RunningService => {
  const { clock = systemClock, random = Math.random } = overrides
  const log = overrides.log ?? createLogger('scheduler', config.logLevel)
  const metrics = overrides.metrics ?? createMetrics('scheduler')
  const timings = { ...defaultTimings, ...overrides.timings }
  const { staleAfterMs } = timings
  const facts = createFacts(log, metrics)

  return createService({
    name: 'scheduler',
    config,
    log,
    metrics,
    clock,
    compose: ({ store: { collections }, bus, nudge }) => {
      const schedules = createScheduleStore({ collections, clock, newId })
      const links = createLinkReader(collections)
      const runs = createRunReader(collections)
      const { ended } = createReceiptReader(collections)
      const deps: SchedulerDeps = {
        schedules,
        links,
        cadence: createCadence({
          ...{ settings: config.cadence, links, runs, clock, facts },
          dayBudget: createDayBudget(collections, clock),
        }),
        facts,
        clock,
        newId,
        random,
        nudge,
      }
      const takeInDeps = { ...deps, inbox: createInbox(collections) }
      const sweepDeps: OpenRowsDeps = { ...takeInDeps, runs, staleAfterMs }
      const handlers = {
        'athlete.linked': onAthleteLinked(deps),
        'athlete.unlinked': onAthleteUnlinked(deps),
        'sync.triggered': onSyncTriggered(deps),
        'sync.finished': onSyncFinished({ ...takeInDeps, runs }),
      }
      const deliveries = createDeliveryLog(collections, clock)
      const consuming = { deliveries, log, metrics, clock, random }
      registerGauges(metrics, schedules, clock)
      registerStreamGauges(metrics, bus)
      const changeSweep = <Row>(sweep: Omit<ChangeSweepOptions<Row>, 'marks' | 'clock'>) =>
        createChangeSweep({ ...sweep, name: `scheduler.${sweep.name}`, marks: collections.sweepMarks, clock })

      return {
        deliveries,
        outbox: [[mongoOutboxSource('schedules', collections.schedules)]],
        consumers: [
          (connected) => runConsumer(connected, { ...consuming, name: 'scheduler', handlers }),
          (connected) =>
            runConsumer(connected, {
              ...consuming,
              name: 'scheduler-webhooks',
              handlers: { 'strava.notified': onStravaNotified(takeInDeps) },
            }),
        ],
        tasks: [
          { name: 'claim-due', everyMs: timings.claimEveryMs, run: claimDue(deps) },
          { name: 'inbox', everyMs: timings.inboxEveryMs, run: sweepInbox(takeInDeps) },
          { name: 'open-rows', everyMs: timings.sweepEveryMs, run: sweepOpenRows(sweepDeps) },
          {
            name: 'links-changed',
            everyMs: timings.sweepEveryMs,
            run: changeSweep({ name: 'links-changed', source: links.changed, look: lookAtLinks(deps), walks: true }),
          },
          {
            name: 'syncs-asked',
            everyMs: timings.sweepEveryMs,
            run: changeSweep({ name: 'syncs-asked', source: links.asked, look: lookAtLinks(deps), walks: false }),
          },
          {
            name: 'links-ended',
            everyMs: timings.sweepEveryMs,
            run: changeSweep({ name: 'links-ended', source: ended, look: lookAtEndedLinks(deps), walks: false }),
          },
          {
            name: 'stuck-messages',
            everyMs: timings.stuckMessagesEveryMs,
            run: sweepStuckMessages({ bus, deliveries, log }),
          },
        ],
      }
    },
  })
}
