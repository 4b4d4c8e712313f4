import { type EventType, lanes, type OutboxEvent } from '@slipstream/contracts'
import { createOutboxRelay, type Handler } from '@slipstream/messaging'
import { type Collections, createChangeSweep, createDeliveryLog, mongoOutboxSource } from '@slipstream/persistence'
import type { Clock } from '@slipstream/runtime'
import { createLogger, type Metrics } from '@slipstream/telemetry'
import type { MemoryStore } from '@slipstream/testing'
import { consumerMetrics } from '../../../libs/messaging/src/consumer-metrics.ts'
import { type DeliveryContext, deliver } from '../../../libs/messaging/src/deliver.ts'
import { createStopSignals } from '../../../libs/messaging/src/stop-signals.ts'
import { type ConsumerName, consumers } from '../../../libs/messaging/src/topology.ts'
import { createInbox as createGatewayInbox } from '../../../services/gateway/src/adapters/inbox.ts'
import { createLinks } from '../../../services/gateway/src/adapters/links.ts'
import { storeWebhook } from '../../../services/gateway/src/handlers/store-webhook.ts'
import { createErasure } from '../../../services/ingestion/src/adapters/erasure.ts'
import { createFetchTickets } from '../../../services/ingestion/src/adapters/fetch-tickets.ts'
import { createGrantReader } from '../../../services/ingestion/src/adapters/grant-reader.ts'
import { createLinkReader } from '../../../services/ingestion/src/adapters/link-reader.ts'
import { createReceiptReader } from '../../../services/ingestion/src/adapters/receipt-reader.ts'
import { createRunStore } from '../../../services/ingestion/src/adapters/run-store.ts'
import { createUnreadableKeeper } from '../../../services/ingestion/src/adapters/unreadable-keeper.ts'
import { createWorkoutStore } from '../../../services/ingestion/src/adapters/workout-store.ts'
import { createFacts as createIngestionFacts } from '../../../services/ingestion/src/facts.ts'
import { giveUpRun } from '../../../services/ingestion/src/handlers/give-up-run.ts'
import { onSyncRequested } from '../../../services/ingestion/src/handlers/on-sync-requested.ts'
import type { RunDeps } from '../../../services/ingestion/src/handlers/run-step.ts'
import { expireWorkouts } from '../../../services/ingestion/src/sweeps/expiry.ts'
import { resumeParkedRuns } from '../../../services/ingestion/src/sweeps/parked-runs.ts'
import { endRemovals } from '../../../services/ingestion/src/sweeps/removals.ts'
import { createInbox } from '../../../services/scheduler/src/adapters/inbox.ts'
import { createLinkReader as createSchedulerLinks } from '../../../services/scheduler/src/adapters/link-reader.ts'
import { createRunReader } from '../../../services/scheduler/src/adapters/run-reader.ts'
import { createScheduleStore } from '../../../services/scheduler/src/adapters/schedule-store.ts'
import type { Cadence } from '../../../services/scheduler/src/domain/cadence.ts'
import { createFacts as createSchedulerFacts } from '../../../services/scheduler/src/facts.ts'
import { onAthleteLinked } from '../../../services/scheduler/src/handlers/on-athlete-linked.ts'
import { onAthleteUnlinked } from '../../../services/scheduler/src/handlers/on-athlete-unlinked.ts'
import { onStravaNotified } from '../../../services/scheduler/src/handlers/on-strava-notified.ts'
import { onSyncFinished } from '../../../services/scheduler/src/handlers/on-sync-finished.ts'
import { onSyncTriggered } from '../../../services/scheduler/src/handlers/on-sync-triggered.ts'
import type { SchedulerDeps } from '../../../services/scheduler/src/requests/request-runs.ts'
import { claimDue } from '../../../services/scheduler/src/sweeps/claim-due.ts'
import { sweepInbox } from '../../../services/scheduler/src/sweeps/inbox.ts'
import { lookAtLinks } from '../../../services/scheduler/src/sweeps/links.ts'
import { sweepOpenRows } from '../../../services/scheduler/src/sweeps/open-rows.ts'
import type { Random } from '../../../services/simulator/src/domain/random.ts'
import type { MemoryNats } from './memory-nats.ts'
import type { Process, Steps } from './steps.ts'
import type { SimulatedStrava } from './strava.ts'

// The services as their `service.ts` composes them, over a database, a NATS and a Strava in memory. Whatever leaves the process is
// a turn, so that any other process may come in between.

export const dayMs = 24 * 60 * 60_000
const keepForMs = 7 * dayMs
const leaseMs = 20_000
/** The scheduler's timing, five times as long: a fifth of all steps would be looks at an inbox where nothing is due. */
const inboxEveryMs = 15_000

export interface World {
  steps: Steps
  random: Random
  store: MemoryStore<keyof Collections<'ingestion'>>
  nats: MemoryNats
  strava: SimulatedStrava
  cadence: Cadence
  newId: (prefix: string) => string
  /** While it is set, operations may be slow, or fail. */
  unrest: { isOn: boolean }
}

const log = createLogger('simulation', 'silent')
const ignore = () => {}
const meter = { inc: ignore, observe: ignore, startTimer: () => ignore }
/** Nobody scrapes a simulation. */
const metrics = { histogram: () => meter, gauge: () => meter, counter: () => meter } as unknown as Metrics
const ingestionFacts = createIngestionFacts(log, metrics)
const schedulerFacts = createSchedulerFacts(log, metrics)

const networkError = () => Object.assign(new Error('the connection was closed'), { name: 'MongoNetworkError' })

/** Of which a failure is waited for by the clock of the machine, which is no part of a simulation. */
const isAwaited = (operation: string) => operation.startsWith('deliveryAttempts') || operation.startsWith('deadLetters')

/** What the processes of all services have: this life's own. */
const createLife = (world: World, process: Process) => {
  const { steps, random, store, nats, unrest } = world
  const { life } = process
  const isAlive = () => steps.isAlive(process, life)
  const never = new Promise<never>(ignore)
  const clock: Clock = { now: () => new Date(steps.now() + process.aheadMs) }

  const beforeOperation = (operation: string): Promise<void> | void => {
    if (!isAlive()) return never
    if (unrest.isOn && random.chance(0.002) && !isAwaited(operation)) return Promise.reject(networkError())
    const slowMs = unrest.isOn && random.chance(0.02) ? random.integer(0, 90_000) : 0
    if (slowMs > 0 || random.chance(0.6)) return steps.turn(process, operation, slowMs)
  }
  const collections = store.seenBy(beforeOperation)
  const deliveries = createDeliveryLog(collections as Collections<'ingestion'>, clock)

  const publish = async (event: OutboxEvent) => {
    await steps.turn(process, `publishes ${event.type} ${event.id}`)
    nats.publish(event, 'ingestion')
    if (random.chance(0.5)) await steps.turn(process, `has published ${event.id}`)
  }

  const repeat = (name: string, everyMs: number, run: (signal: AbortSignal) => Promise<void>) => {
    const turn = () => {
      run(new AbortController().signal)
        .catch((error: unknown) => steps.log(`${process.name} ${name} failed: ${error}`))
        .finally(() => {
          if (isAlive()) steps.schedule(process, name, everyMs, turn)
        })
    }
    steps.schedule(process, name, random.integer(0, everyMs), turn)
  }

  const consume = <Name extends ConsumerName>(
    consumer: Name,
    handlers: { [Type in EventType]?: Handler<Type> },
    onGivenUp: DeliveryContext['onGivenUp'] = async () => {},
  ) => {
    const context: DeliveryContext = {
      consumer,
      ackWaitMs: consumers[consumer].ackWaitMs,
      deliveries,
      handle: async (event, delivery) => {
        const handler = handlers[event.type] as Handler<never> | undefined
        if (!handler) throw new Error(`${consumer} has no handler for ${event.type}`)
        const outcome = await handler(event.data as never, delivery)
        steps.log(`${process.name} ${event.type}: ${outcome.kind === 'skipped' ? outcome.reason : outcome.kind}`)
        return outcome
      },
      onGivenUp,
      flush: async () => {},
      log,
      metrics: consumerMetrics(metrics),
      clock,
      random: random.next,
      stop: createStopSignals().signals,
    }
    nats.work(process, consumer, (message) => deliver(context, message as unknown as Parameters<typeof deliver>[1]))
  }

  const relay = (
    names: readonly ('links' | 'webhookInbox' | 'schedules' | 'workouts' | 'tombstones' | 'syncRuns')[],
  ) => {
    const { nudge } = createOutboxRelay({
      bus: { publish, readiness: () => ({ ok: !nats.isAway() }) },
      lines: [names.map((name) => mongoOutboxSource(name, collections[name] as never))],
      ...{ deliveries, log, metrics, clock },
    })
    // Its own poll is as often, and leaves what is not two seconds old to whoever wrote it.
    repeat('relay', 20_000, async () => nudge())
    return nudge
  }

  return { clock, collections, deliveries, repeat, consume, relay }
}

/** The gateway as far as syncing goes: what Strava pushes, and what athletes ask for. */
export const startGateway = (world: World, process: Process) => {
  const { clock, collections, relay } = createLife(world, process)
  const own = collections as Collections<'gateway'>
  const links = createLinks(own.links)
  const nudge = relay(['links', 'webhookInbox'])
  const inbox = createGatewayInbox(own.webhookInbox, world.newId)
  const subscriptions = { find: async () => null }
  return {
    links,
    clock,
    nudge,
    store: storeWebhook({ inbox, links, subscriptions, clock, nudge, revocationNoticed: ignore }),
  }
}

export const startScheduler = (world: World, process: Process): void => {
  const { clock, collections, repeat, consume, relay } = createLife(world, process)
  const own = collections as Collections<'scheduler'>
  const { newId, cadence, random } = world
  const schedules = createScheduleStore({ collections: own, clock, newId })
  const links = createSchedulerLinks(own)
  const nudge = relay(['schedules'])
  const deps: SchedulerDeps = {
    ...{ schedules, links, clock, newId, nudge },
    cadence: async () => cadence,
    facts: schedulerFacts,
    random: random.next,
  }
  const runs = createRunReader(own)
  const takeInDeps = { ...deps, inbox: createInbox(own) }
  consume('scheduler', {
    'athlete.linked': onAthleteLinked(deps),
    'athlete.unlinked': onAthleteUnlinked(deps),
    'sync.triggered': onSyncTriggered(deps),
    'sync.finished': onSyncFinished({ ...takeInDeps, runs }),
  })
  consume('scheduler-webhooks', { 'strava.notified': onStravaNotified(takeInDeps) })
  const changed = (name: string, source: typeof links.changed, walks: boolean) =>
    createChangeSweep({ name, source, walks, look: lookAtLinks(deps), marks: own.sweepMarks, clock })
  repeat('claim-due', 15_000, claimDue(deps))
  repeat('inbox', inboxEveryMs, sweepInbox(takeInDeps))
  repeat('open-rows', 15_000, sweepOpenRows({ ...takeInDeps, runs, staleAfterMs: 40_000 }))
  repeat('links-changed', 30_000, changed('links-changed', links.changed, true))
  repeat('syncs-asked', 30_000, changed('syncs-asked', links.asked, false))
}

export const startIngestion = (world: World, process: Process): void => {
  const { clock, collections, deliveries, repeat, consume, relay } = createLife(world, process)
  const own = collections as Collections<'ingestion'>
  const { newId } = world
  const nudge = relay(['workouts', 'tombstones', 'syncRuns'])
  const runs = createRunStore({ collections: own, clock, newId, owner: `${process.name}.${process.life}`, leaseMs })
  const workouts = createWorkoutStore(own, clock)
  const deps: RunDeps = {
    ...{ runs, workouts, clock, nudge, keepForMs },
    links: createLinkReader(own),
    tickets: createFetchTickets(own),
    strava: world.strava.gateOf(process),
    unreadable: createUnreadableKeeper(deliveries),
    receipts: createReceiptReader(own),
    erasure: createErasure({
      ...{ collections: own, deliveries, workouts, clock, grants: createGrantReader(own) },
      events: { end: async () => 0, count: async () => 0, purge: async () => 0 },
    }),
    facts: ingestionFacts,
    newWorkoutId: () => newId('workout'),
    announceProgress: ignore,
    leaseTimings: { leaseMs, renewEveryMs: 5_000 },
  }
  const handlers = { 'sync.requested': onSyncRequested(deps) }
  const onGivenUp = giveUpRun(deps)
  for (const lane of lanes) {
    consume(`ingestion-${lane}`, handlers, (event, given) => onGivenUp(event.data as never, given))
  }
  const sweep = { workouts, nudge, facts: ingestionFacts, clock }
  repeat('parked-runs', 10_000, resumeParkedRuns(deps))
  repeat('expiry', 60_000, expireWorkouts({ ...sweep, keepForMs }))
  repeat('removals', 15_000, endRemovals(sweep))
}
