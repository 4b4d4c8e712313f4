import { join } from 'node:path'
import { noticeObjects } from '@slipstream/contracts'
import { connectStore, type Store } from '@slipstream/persistence'
import type { SummaryActivity } from '../../services/simulator/src/domain/activity.ts'
import type { WebhookEvent } from '../../services/simulator/src/domain/webhook-events.ts'
import { createControl } from './control.ts'
import {
  type Fleet,
  type FleetServers,
  type ServiceName,
  type ServiceProcess,
  type SingleServers,
  type StartOptions,
  startFleet,
} from './fleet.ts'
import { linkAthlete, synced } from './linked-athlete.ts'
import type { MobileApp } from './mobile-app.ts'
import { until } from './until.ts'

/** Every simulated athlete. */
export const accounts = ['anna', 'ben', 'chris', 'dana', 'eva', 'busy'] as const
export type Account = (typeof accounts)[number]

/**
 * The three services, and athletes whose changes at Strava are told by the test itself, so that it knows what was answered.
 * No turn comes while a test runs: what is stored in the end is the webhooks' doing.
 */
export interface WebhookBench<Servers extends FleetServers = SingleServers> {
  fleet: Fleet<Servers>
  /** To look into the database. */
  store: Store<'scheduler'>
  /** The process of a service that was started last. */
  process(name: ServiceName): ServiceProcess
  /** Starts a service, after the first time at the same port. */
  start(name: ServiceName, options?: StartOptions): Promise<void>
  /** An athlete who has five activities of today, and waits for the first import. */
  link(account: Account): Promise<MobileApp>
  athleteIdOf(account: Account): Promise<string>
  /** One of an athlete's activities gets another title; returns what Strava has to tell of it. */
  edit(account: Account): WebhookEvent
  add(account: Account, startedHoursAgo: number): WebhookEvent
  /** Up to three times; resolves to the last status, 0 where no answer came in time. */
  postAsStrava(webhook: WebhookEvent): Promise<number>
  /** As Strava would if it never gave up. */
  postUntilAnswered(webhook: WebhookEvent): Promise<void>
  /** How many of these left no row behind. */
  lost(webhooks: readonly WebhookEvent[]): Promise<number>
  /** Calls for lists take so long that the ten runs an hour which webhooks get an athlete last for as long as a test. */
  slowLists(): void
  /**
   * Resolves when all that was told has been taken in, or waits for longer than `soonMs` (a minute): as looks that found nothing
   * have to be paid for by pauses, or its athlete has had ten runs in the hour.
   */
  untilTakenIn(soonMs?: number): Promise<void>
  /** Resolves when each activity that was added or edited is one workout, as Strava has it; an hour passes where that is waited for. */
  untilEqual(): Promise<void>
  stop(): Promise<void>
}

/** Whether promises are tested with their real times and bigger numbers. */
export const isLong = process.env.SLIPSTREAM_LONG === '1'
const hurriedScheduler = join(import.meta.dirname, 'hurried-scheduler.ts')
const pathSecret = 'a-path-that-only-strava-knows'
/** Strava waits for no longer. */
const answerWithinMs = 2_000
const triesOfStrava = 3
/** A condition that comes late says something of the machine. */
const patienceMs = 1_200_000
const minuteMs = 60_000
/** Less than a call may take. */
const slow = { kind: 'latency', latencyMs: 8_000 } as const
const weekMinutes = 7 * 24 * 60
const shiftedClock = import.meta.resolve('./shifted-clock.ts')

const told = ({ objectId, title }: { objectId: string | number; title: string | undefined }) => `${objectId} ${title}`

/** @param settings of a service, beside those that all have here */
export const openWebhookBench = async <Servers extends FleetServers>(
  fleet: Fleet<Servers>,
  settings: (name: ServiceName) => Record<string, string> = () => ({}),
): Promise<WebhookBench<Servers>> => {
  const control = fleet.simulator.control
  control.setFaults({ behaviour: { webhooks: { enabled: false } } })
  const plenty = { quarterHour: 1_000_000, day: 1_000_000 }
  control.setLimits({ overall: plenty, read: plenty })
  const store = await connectStore({ uri: fleet.mongo.uri, owner: 'scheduler' })
  const { webhookInbox, workouts } = store.collections

  const ways: Record<ServiceName, StartOptions> = {
    gateway: { env: { STRAVA_WEBHOOK_PATH_SECRET: pathSecret, DRAIN_SECONDS: '0' } },
    scheduler: {
      ...(!isLong && { main: hurriedScheduler }),
      env: { SYNC_INTERVAL_MINUTES: String(weekMinutes) },
    },
    ingestion: {},
  }
  const processes = new Map<ServiceName, ServiceProcess>()
  const processOf = (name: ServiceName): ServiceProcess => {
    const found = processes.get(name)
    if (!found) throw new Error(`${name} was never started`)
    return found
  }
  const start: WebhookBench['start'] = async (name, options = {}) => {
    const env = { ...ways[name].env, ...settings(name), ...options.env }
    const port = processes.get(name)?.port
    processes.set(name, await fleet.start(name, { ...ways[name], ...options, env, ...(port && { port }) }))
  }

  const activities = new Map<Account, SummaryActivity[]>()
  const titles = new Map<number, string>()
  let changes = 0
  const tell = ({ id, athlete, name }: SummaryActivity, aspect: 'create' | 'update'): WebhookEvent => {
    titles.set(id, name)
    return {
      ...{ aspect_type: aspect, event_time: Math.floor(Date.now() / 1_000), subscription_id: 1 },
      ...{ object_type: 'activity', object_id: id, owner_id: athlete.id },
      updates: aspect === 'update' ? { title: name } : {},
    }
  }
  const nextTitle = () => {
    changes += 1
    return `Change ${changes}`
  }
  const addActivity = (account: Account, startedHoursAgo: number) =>
    control.addActivity(account, { name: nextTitle(), startedHoursAgo })

  const activityOf = (account: Account, turn: number): SummaryActivity => {
    const own = activities.get(account) ?? []
    const activity = own[turn % own.length]
    if (!activity) throw new Error(`${account} has no activities of today`)
    return activity
  }

  const gatewayUrl = () => `http://localhost:${processOf('gateway').port}`
  const post = async (webhook: WebhookEvent): Promise<number> => {
    try {
      const response = await fetch(`${gatewayUrl()}/webhooks/strava/${pathSecret}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(webhook),
        signal: AbortSignal.timeout(answerWithinMs),
      })
      await response.arrayBuffer()
      return response.status
    } catch {
      return 0
    }
  }

  return {
    fleet,
    store,
    process: processOf,
    start,
    link: async (account) => {
      activities.set(
        account,
        [1, 2, 3, 4, 5].map((hoursAgo) => addActivity(account, hoursAgo)),
      )
      const host = { endpoints: { gatewayUrl: gatewayUrl() }, control: createControl(fleet.simulator.url) }
      return linkAthlete(host, account)
    },
    athleteIdOf: async (account) => {
      const stravaAthleteId = String(activityOf(account, 0).athlete.id)
      const link = await store.collections.links.findOne({ stravaAthleteId }).lean()
      if (!link) throw new Error(`${account} is not linked`)
      return link.athleteId
    },
    edit: (account) => tell(control.editActivity(activityOf(account, changes).id, { name: nextTitle() }), 'update'),
    add: (account, startedHoursAgo) => tell(addActivity(account, startedHoursAgo), 'create'),
    postAsStrava: async (webhook) => {
      let status = await post(webhook)
      for (let tries = 1; tries < triesOfStrava && status !== 200; tries += 1) status = await post(webhook)
      return status
    },
    postUntilAnswered: (webhook) =>
      until(patienceMs, async () => {
        const status = await post(webhook)
        if (status !== 200) throw new Error(`a webhook was answered ${status}`)
      }),
    lost: async (webhooks) => {
      const rows = await webhookInbox.find({}, { objectId: 1, updates: 1 }).lean()
      const kept = new Set(rows.map(({ objectId, updates }) => told({ objectId, title: updates.title })))
      return webhooks.filter(({ object_id: objectId, updates }) => !kept.has(told({ objectId, title: updates.title })))
        .length
    },
    slowLists: () => control.setFaults({ rules: [{ endpoint: 'activities', effect: slow }] }),
    untilTakenIn: (soonMs = minuteMs) =>
      until(
        patienceMs,
        async () => {
          const inMs = (ms: number) => new Date(Date.now() + ms)
          const waiting = [{ nextTryAt: { $lte: inMs(soonMs) } }, { nextTryAt: { $gt: inMs(61 * minuteMs) } }]
          // Along `not_taken`, and not too often: whoever asks takes the processor from those who are asked about.
          const notTaken = { objectType: { $in: [...noticeObjects] }, takenAt: null }
          const count = await webhookInbox.countDocuments({ ...notTaken, $or: waiting })
          if (count > 0) throw new Error(`${count} webhooks have not been taken in`)
        },
        500,
      ),
    untilEqual: async () => {
      control.clearFaults()
      if (await webhookInbox.exists({ takenAt: null })) {
        await processOf('scheduler').end('SIGKILL')
        const env = { NODE_OPTIONS: `--import ${shiftedClock}`, CLOCK_AHEAD_MS: String(61 * minuteMs) }
        await start('scheduler', { env })
      }
      await until(
        patienceMs,
        async () => {
          const ids = [...titles.keys()].map(String)
          const stored = await workouts
            .find({ stravaActivityId: { $in: ids } }, { stravaActivityId: 1, name: 1 })
            .lean()
          const named = new Map(stored.map(({ stravaActivityId, name }) => [Number(stravaActivityId), name]))
          const different = [...titles].filter(([id, title]) => named.get(id) !== title).length
          if (different > 0 || stored.length !== ids.length)
            throw new Error(`${ids.length} activities are ${stored.length} workouts, ${different} of them different`)
        },
        200,
      )
    },
    stop: async () => {
      await store.close()
      await fleet.stop()
    },
  }
}

export const startWebhookBench = async (): Promise<WebhookBench> => openWebhookBench(await startFleet())

/** For `beforeAll`. */
export const setUpLimitMs = 600_000

/** Linked, and the first import done. */
export const linkAll = async (
  bench: WebhookBench<FleetServers>,
  some: readonly Account[] = accounts,
): Promise<MobileApp[]> => {
  const apps = await Promise.all(some.map((account) => bench.link(account)))
  await Promise.all(apps.map((app) => synced(app, patienceMs)))
  return apps
}

/** All three services, ready. */
export const startServices = async ({ start, process }: WebhookBench<FleetServers>): Promise<void> => {
  const names = ['gateway', 'scheduler', 'ingestion'] as const
  for (const name of names) await start(name)
  for (const name of names) await process(name).untilReady()
}
