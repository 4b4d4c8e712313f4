import { connect, type NatsConnection } from '@nats-io/transport-node'
import type { EventData, SyncAccepted, WorkoutPage } from '@slipstream/contracts'
import { startTestNats, type TestNats } from '@slipstream/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { linkAthlete, statusOf, synced } from './support/linked-athlete.ts'
import type { MobileApp } from './support/mobile-app.ts'
import { type RunningSystem, startSystem } from './support/system.ts'
import { until } from './support/until.ts'

let system: RunningSystem | undefined
let nats: TestNats | undefined
let subscriber: NatsConnection | undefined
afterEach(async () => {
  await subscriber?.close()
  await system?.stop()
  await nats?.remove()
  system = undefined
  nats = undefined
  subscriber = undefined
})

/** The busy athlete trains 450 times in the window: three pages and an empty one. */
const busyAthleteActivities = 450
const pageSize = 200

/** The first page is stored, the second is being asked for until the faults are cleared. */
const linkAndHoldSecondPage = async (running: RunningSystem): Promise<MobileApp> => {
  const { control } = running
  await control.setFaults({ rules: [{ endpoint: 'activities', athlete: 'busy', effect: { kind: 'hold' } }] })
  const app = await linkAthlete(running, 'busy')
  await control.untilHeld(1)
  await control.releaseHeld()
  await control.untilHeld(1)
  expect((await statusOf(app)).sync?.listed).toBe(pageSize)
  return app
}

const allWorkoutIds = async (app: MobileApp): Promise<string[]> => {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`
    const { body } = await app.api<WorkoutPage>('GET', `/workouts?limit=200${query}`)
    ids.push(...body.items.map(({ stravaActivityId }) => stravaActivityId))
    cursor = body.nextCursor
  } while (cursor !== null)
  return ids
}

/** Counts what other services would see, by event id. */
const countIngested = async (url: string) => {
  subscriber = await connect({ servers: url })
  const eventIds = new Map<string, string>()
  subscriber.subscribe('activity.ingested.>', {
    callback: (_error, message) => {
      const { stravaActivityId } = message.json<EventData<'activity.ingested'>>()
      eventIds.set(message.headers?.get('ce-id') ?? '', stravaActivityId)
    },
  })
  await subscriber.flush()
  return eventIds
}

describe('ingestion killed with -9 in the middle of a run', () => {
  it('completes the run after its restart: every activity stored once, one event each', async () => {
    system = await startSystem('recovery-kill')
    const { control, endpoints } = system
    const eventIds = await countIngested(endpoints.natsUrl ?? '')
    const app = await linkAndHoldSecondPage(system)
    const killed = system.pidOf('ingestion')
    process.kill(killed, 'SIGKILL')
    await control.clearFaults()

    await synced(app, 90_000)
    expect(system.pidOf('ingestion')).not.toBe(killed)
    const stored = await allWorkoutIds(app)
    expect(stored).toHaveLength(busyAthleteActivities)
    expect(new Set(stored).size).toBe(busyAthleteActivities)
    await until(60_000, async () => expect(eventIds.size).toBe(busyAthleteActivities))
    expect(new Set(eventIds.values()).size).toBe(busyAthleteActivities)

    const { body: again } = await app.api<SyncAccepted>('POST', '/strava/sync')
    await synced(app, 30_000, again.runId)
    expect((await statusOf(app)).lastSync?.counts).toMatchObject({
      listed: busyAthleteActivities,
      created: 0,
      updated: 0,
      unchanged: busyAthleteActivities,
    })
    expect(eventIds.size).toBe(busyAthleteActivities)
  })
})

describe('the NATS store wiped', () => {
  it('brings pending work back within 60 s', async () => {
    nats = await startTestNats()
    system = await startSystem('recovery-wipe', { NATS_URL: nats.url })
    const { control } = system
    const dana = await linkAthlete(system, 'dana')
    await synced(dana, 30_000)
    const busy = await linkAndHoldSecondPage(system)

    await nats.stop()
    // Asked for while nothing can be published.
    const { status, body: asked } = await dana.api<SyncAccepted>('POST', '/strava/sync')
    expect(status).toBe(202)
    await nats.wipe()
    await control.clearFaults()

    await Promise.all([synced(busy, 60_000), synced(dana, 60_000, asked.runId)])
    expect(await allWorkoutIds(busy)).toHaveLength(busyAthleteActivities)
  })
})
