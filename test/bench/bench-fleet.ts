import { connect, type Msg } from '@nats-io/transport-node'
import { connectStore, type Store } from '@slipstream/persistence'
import { createControl } from '../support/control.ts'
import { type Fleet, type ServiceProcess, startFleet } from '../support/fleet.ts'
import type { AppHost } from '../support/mobile-app.ts'
import { until } from '../support/until.ts'

export const webhookSecret = 'bench-webhook-secret'

/** One process of each service, as an orchestrator runs them, with a quota that stands in nobody's way. */
export interface BenchFleet extends AppHost {
  fleet: Fleet
  store: Store<'ingestion'>
  services: Record<'gateway' | 'scheduler' | 'ingestion', ServiceProcess>
  /** Resolves to the id of the push subscription once the gateway has made it. */
  subscription(): Promise<number>
  /** Resolves when no want is open and no run, and no event waits. */
  untilIdle(): Promise<void>
  /** Activity events, as they come, until `stop`. */
  hear(onEvent: (message: Msg) => void): { stop(): void }
  stop(): Promise<void>
}

/** Set to a folder, each service writes a CPU profile into it when it ends. */
const profileDir = process.env.SLIPSTREAM_PROFILE_DIR

const profiling = profileDir === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileDir}` }

const openBench = async (fleet: Fleet, windowDays: number): Promise<BenchFleet> => {
  const { simulator, mongo, nats } = fleet
  const plenty = { quarterHour: 1_000_000, day: 10_000_000 }
  simulator.control.setLimits({ overall: plenty, read: plenty })
  const env = { LOG_LEVEL: 'warn', ...profiling }
  const [gateway, scheduler, ingestion] = await Promise.all([
    fleet.start('gateway', {
      env: {
        ...env,
        DRAIN_SECONDS: '0',
        STRAVA_WEBHOOK_VERIFY_TOKEN: 'bench-verify-token',
        STRAVA_WEBHOOK_PATH_SECRET: webhookSecret,
      },
    }),
    fleet.start('scheduler', { env: { ...env, SYNC_WINDOW_DAYS: String(windowDays) } }),
    fleet.start('ingestion', { env }),
  ])
  const services = { gateway, scheduler, ingestion }
  await Promise.all(Object.values(services).map((service) => service.untilReady()))
  const store = await connectStore({ uri: mongo.uri, owner: 'ingestion' })
  const connection = await connect({ servers: nats.url.replace('nats://', '') })
  return {
    fleet,
    store,
    services,
    endpoints: { gatewayUrl: `http://localhost:${gateway.port}` },
    control: createControl(simulator.url),
    subscription: () =>
      until(30_000, async () => {
        const row = await store.connection.getClient().db().collection('push_subscription').findOne()
        if (!row?.subscriptionId) throw new Error('there is no push subscription')
        return Number(row.subscriptionId)
      }),
    untilIdle: () =>
      until(
        30_000,
        async () => {
          const { schedules, syncRuns } = store.collections
          const open = await schedules.countDocuments({ publishedAt: { $ne: null } })
          const running = await syncRuns.countDocuments({ state: { $ne: 'finished' } })
          if (open + running > 0) throw new Error('work is under way')
        },
        20,
      ),
    hear: (onEvent) => {
      const subscription = connection.subscribe('activity.>', {
        callback: (error, message) => {
          if (error) throw error
          onEvent(message)
        },
      })
      return { stop: () => subscription.unsubscribe() }
    },
    stop: async () => {
      await connection.close()
      await store.close()
      if (profileDir !== undefined) await Promise.all(Object.values(services).map((service) => service.end('SIGTERM')))
      await fleet.stop()
    },
  }
}

/** @param windowDays as SYNC_WINDOW_DAYS */
export const startBenchFleet = async (windowDays = 28): Promise<BenchFleet> => {
  const fleet = await startFleet()
  try {
    return await openBench(fleet, windowDays)
  } catch (error) {
    await fleet.stop()
    throw error
  }
}

/** Gives the account of a simulated athlete so many activities, newest an hour ago, evenly over so many days; none but these. */
export const giveActivities = ({ fleet }: BenchFleet, account: string, count: number, days = 27): void => {
  const { control } = fleet.simulator
  const athlete = control.athletes().find((known) => known.account === account)
  if (!athlete) throw new Error(`no simulated athlete ${account}`)
  for (;;) {
    const { latest = [] } = control.athletes().find((known) => known.account === account) ?? {}
    if (latest.length === 0) break
    for (const { id } of latest) control.deleteActivity(id)
  }
  for (let index = 0; index < count; index += 1) {
    control.addActivity(account, { startedHoursAgo: 1 + (index * days * 24) / count, movingMinutes: 30 })
  }
}
