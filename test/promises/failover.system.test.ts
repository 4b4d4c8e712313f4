import { setTimeout as delay } from 'node:timers/promises'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { type ClusterMember, startTestMongoSet, startTestNatsCluster } from '@slipstream/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WebhookEvent } from '../../services/simulator/src/domain/webhook-events.ts'
import { startFleetOn } from '../support/fleet.ts'
import { statusOf, synced } from '../support/linked-athlete.ts'
import type { MobileApp } from '../support/mobile-app.ts'
import { until } from '../support/until.ts'
import {
  isLong,
  linkAll,
  openWebhookBench,
  setUpLimitMs,
  startServices,
  type WebhookBench,
} from '../support/webhook-bench.ts'

// Promise 12: with three of each, MongoDB's primary and JetStream's leader may go, and nothing acknowledged is lost.

const rounds = isLong ? 20 : 3
const inFlight = 8
const patienceMs = 120_000
/** How long a primary goes on without the others before it dies: less than it takes to step down. */
const aloneMs = 1_000

interface Clusters {
  mongo: Awaited<ReturnType<typeof startTestMongoSet>>
  nats: Awaited<ReturnType<typeof startTestNatsCluster>>
}

let bench: WebhookBench<Clusters>
let connection: NatsConnection
let apps: MobileApp[]
beforeAll(async () => {
  const [mongo, nats] = await Promise.all([startTestMongoSet(), startTestNatsCluster()])
  bench = await openWebhookBench(await startFleetOn({ mongo, nats }), () => ({ NATS_STREAM_REPLICAS: '3' }))
  await startServices(bench)
  apps = await linkAll(bench, ['anna', 'ben', 'chris'])
  connection = await connect({ servers: nats.url.split(','), maxReconnectAttempts: -1 })
}, setUpLimitMs)
afterAll(async () => {
  await connection?.close()
  await bench?.stop()
})

const eventsInfo = async () => (await jetstreamManager(connection, { checkAPI: false })).streams.info('EVENTS')

/** Kills the server that leads the stream of events, and waits until the others store more of them. */
const loseStreamLeader = async (): Promise<ClusterMember> => {
  const { cluster, state } = await eventsInfo()
  const leader = bench.fleet.nats.members.find(({ name }) => name === cluster?.leader)
  if (!leader) throw new Error('the stream of events has no leader')
  await leader.kill()
  await until(patienceMs, async () => {
    const now = await eventsInfo()
    if (now.state.last_seq <= state.last_seq) throw new Error('no event is stored without the leader')
  })
  return leader
}

/**
 * The primary loses both others, goes on alone for a moment and dies as well; the others come back first. What only the primary
 * had would be gone. (A process that is only stopped reads later what was sent to it.)
 */
const losePrimary = async (): Promise<ClusterMember> => {
  const { mongo } = bench.fleet
  const primary = await mongo.primary()
  const others = mongo.members.filter((member) => member !== primary)
  await Promise.all(others.map((other) => other.kill()))
  await delay(aloneMs)
  await primary.kill()
  await Promise.all(others.map((other) => other.restart()))
  await mongo.primary()
  return primary
}

const stepDown = async (): Promise<void> => {
  const before = await bench.fleet.mongo.primary()
  await bench.store.connection.getClient().db('admin').command({ replSetStepDown: 5, secondaryCatchUpPeriodSecs: 5 })
  await until(patienceMs, async () => expect(await bench.fleet.mongo.primary()).not.toBe(before))
}

/** Posts what athletes change until told to end; resolves to what was answered 200. */
const startPosting = () => {
  const answered: WebhookEvent[] = []
  let isOver = false
  const lane = async (account: 'anna' | 'ben' | 'chris') => {
    while (!isOver) {
      const webhook = bench.edit(account)
      await bench.postUntilAnswered(webhook)
      answered.push(webhook)
    }
  }
  const lanes = Array.from({ length: inFlight }, (_, index) =>
    lane((['anna', 'ben', 'chris'] as const)[index % 3] ?? 'anna'),
  )
  return {
    answered,
    end: async () => {
      isOver = true
      await Promise.all(lanes)
    },
  }
}

/** Presses "Sync now" until it is accepted. */
const askForSync = async (app: MobileApp): Promise<string> => {
  let runId = ''
  await until(patienceMs, async () => {
    const { status, body } = await app.api<{ runId: string }>('POST', '/strava/sync')
    if (status !== 202) throw new Error(`a sync was answered ${status}`)
    runId = body.runId
  })
  return runId
}

/** Every version of every workout, and those that were told. */
const told = async (): Promise<Set<string>> => {
  const { state } = await eventsInfo()
  const consumer = await jetstream(connection).consumers.get('EVENTS', { filter_subjects: ['activity.>'] })
  const seen = new Set<string>()
  for await (const message of await consumer.consume()) {
    const { workoutId, version } = message.json<{ workoutId: string; version: number }>()
    seen.add(`${workoutId} ${version}`)
    if (message.info.pending === 0) break
  }
  expect(state.messages).toBeGreaterThan(0)
  return seen
}

test('primary and stream leader go, three times, under load: nothing acknowledged is lost', {
  timeout: isLong ? 86_400_000 : 600_000,
}, async () => {
  const { config } = await eventsInfo()
  expect(config.num_replicas).toBe(3)
  const posting = startPosting()
  const asked: [MobileApp, string][] = []
  for (let round = 0; round < rounds; round += 1) {
    const app = apps[round % apps.length]
    if (!app) throw new Error('nobody is linked')
    asked.push([app, await askForSync(app)])
    const leader = await loseStreamLeader()
    if (round % 2 === 1) await stepDown()
    else await (await losePrimary()).restart()
    await leader.restart()
  }
  await posting.end()

  const { answered } = posting
  expect(answered.length).toBeGreaterThan(rounds * inFlight)
  expect(await bench.lost(answered)).toBe(0)
  await bench.untilTakenIn()
  await bench.untilEqual()
  for (const [app, runId] of asked) await synced(app, patienceMs, runId)
  for (const app of apps) expect((await statusOf(app)).error).toBeNull()

  const workouts = await bench.store.collections.workouts.find({}, { version: 1 }).lean()
  const versions = workouts.flatMap(({ _id, version }) =>
    Array.from({ length: version }, (_, index) => `${_id} ${index + 1}`),
  )
  await until(patienceMs, async () => {
    const stored = await told()
    expect(versions.filter((version) => !stored.has(version))).toEqual([])
  })
})
