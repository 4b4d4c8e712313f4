import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import type { Lane, SyncAccepted } from '@slipstream/contracts'
import { isRequestStored } from '@slipstream/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLoad } from '../support/constant-load.ts'
import type { MobileApp } from '../support/mobile-app.ts'
import { until } from '../support/until.ts'
import {
  type Account,
  isLong,
  linkAll,
  setUpLimitMs,
  startServices,
  startWebhookBench,
  type WebhookBench,
} from '../support/webhook-bench.ts'

// Promise 2: losing all of NATS loses no data. The CI form looks after what was lost four times as soon, and has the same
// minute for it.
const wipes = isLong ? 20 : 3
const limitMs = 60_000
const patienceMs = 600_000
/** Fewer than are kept of an athlete. */
const keptRuns = 20

let bench: WebhookBench
let connection: NatsConnection
let manager: JetStreamManager
const apps = new Map<Account, MobileApp>()
/** When a subject was published last, as heard on NATS. */
const publishedAt = new Map<string, number>()
const linkedFirst: readonly Account[] = ['anna', 'ben', 'chris', 'dana', 'busy']

beforeAll(async () => {
  bench = await startWebhookBench()
  await startServices(bench)
  const linked = await linkAll(bench, linkedFirst)
  linkedFirst.forEach((account, index) => {
    const app = linked[index]
    if (app) apps.set(account, app)
  })
  connection = await connect({ servers: bench.fleet.nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
  manager = await jetstreamManager(connection, { checkAPI: false })
  connection.subscribe('sync.requested.>', {
    callback: (_error, { subject }) => void publishedAt.set(subject, Date.now()),
  })
}, setUpLimitMs)
afterAll(async () => {
  await connection?.close()
  await bench?.stop()
})

const runIds = new Set<string>()
const press = async (account: Account): Promise<string | null> => {
  const answer = await apps.get(account)?.api<SyncAccepted>('POST', '/strava/sync')
  if (answer?.status !== 202) return `"Sync now" was answered ${answer?.status}`
  runIds.add(answer.body.runId)
  return null
}

const ask = async (account: Account): Promise<void> => {
  expect(await press(account)).toBeNull()
  await bench.postUntilAnswered(bench.edit(account))
}

const subjectsOf = async (account: Account, lanes: readonly Lane[]): Promise<string[]> => {
  const athleteId = await bench.athleteIdOf(account)
  return lanes.map((lane) => `sync.requested.${lane}.${athleteId}`)
}

const wipe = async (): Promise<number> => {
  await bench.fleet.nats.wipe()
  return Date.now()
}

/** Each subject was published within the limit after that time. */
const expectPublished = (subjects: readonly string[], since: number): Promise<void> =>
  until(patienceMs, async () => {
    for (const subject of subjects) {
      const at = publishedAt.get(subject) ?? 0
      if (at < since) throw new Error(`${subject} has not been published again`)
      expect(at - since).toBeLessThan(limitMs)
    }
  })

/** What asks for runs is lost while nobody works on it. */
const loseRequests = async (): Promise<void> => {
  await bench.process('ingestion').end('SIGKILL')
  for (const account of ['anna', 'ben'] as const) await ask(account)
  const lanes = ['interactive', 'realtime'] as const
  const subjects = [...(await subjectsOf('anna', lanes)), ...(await subjectsOf('ben', lanes))]
  await until(patienceMs, async () => {
    for (const subject of subjects)
      if (!(await isRequestStored({ transport: { manager } }, subject))) throw new Error(`${subject} is not stored`)
  })
  const since = await wipe()
  await bench.start('ingestion')
  await expectPublished(subjects, since)
}

/** What the scheduler should have heard is lost. */
const loseEvents = async (round: number): Promise<void> => {
  const { links, webhookInbox } = bench.store.collections
  await bench.process('scheduler').end('SIGKILL')
  await ask('chris')
  if (round === 0) apps.set('eva', await bench.link('eva'))
  else await ask('eva')
  await until(patienceMs, async () => {
    const waiting = { 'outbox.0': { $exists: true } }
    if ((await links.exists(waiting)) || (await webhookInbox.exists(waiting)))
      throw new Error('events are not published')
  })
  const since = await wipe()
  await bench.start('scheduler')
  const subjects = [
    ...(await subjectsOf('chris', ['interactive', 'realtime'])),
    ...(await subjectsOf('eva', ['interactive'])),
  ]
  await expectPublished(subjects, since)
}

/** That a run has ended is lost. */
const loseEnds = async (): Promise<void> => {
  const { schedules, syncRuns } = bench.store.collections
  const { control } = bench.fleet.simulator
  control.setFaults({ rules: [{ endpoint: 'activities', athlete: 'busy', effect: { kind: 'hold' } }] })
  expect(await press('busy')).toBeNull()
  await until(patienceMs, async () => expect(control.heldCalls()).toHaveLength(1))
  await bench.process('scheduler').end('SIGKILL')
  control.clearFaults()
  const athleteId = await bench.athleteIdOf('busy')
  await until(patienceMs, async () => {
    const runs = await syncRuns.find({ athleteId }).lean()
    if (runs.some(({ state, outbox }) => state !== 'finished' || outbox.length > 0))
      throw new Error('the run has not ended')
  })
  const since = await wipe()
  await bench.start('scheduler')
  await until(patienceMs, async () => {
    if (!(await schedules.exists({ _id: athleteId, publishedAt: null }))) throw new Error('the end was not found')
  })
  expect(Date.now() - since).toBeLessThan(limitMs)
}

test('a wiped NATS store loses nothing, and what waited is asked for again within a minute', {
  timeout: wipes * 600_000,
}, async () => {
  const load = startLoad(500, () => press('dana'))
  for (let round = 0; round < wipes; round += 1) {
    if (round % 3 === 0) await loseRequests()
    else if (round % 3 === 1) await loseEvents(Math.floor(round / 3))
    else await loseEnds()
  }
  expect((await load.stop()).failures).toEqual([])
  await bench.untilTakenIn()
  await bench.untilEqual()
  const { schedules, syncRuns } = bench.store.collections
  await until(patienceMs, async () => {
    const open = await schedules.countDocuments({ publishedAt: { $ne: null } })
    const running = await syncRuns.countDocuments({ state: { $ne: 'finished' } })
    if (open + running > 0) throw new Error(`${open} athletes wait for a run, ${running} runs have not ended`)
  })
  // Of the runs of an athlete the last fifty are kept.
  const lastIds = [...runIds].slice(-keptRuns)
  // Whose request was lost last may not have been asked for again yet.
  await until(patienceMs, async () => {
    expect(await syncRuns.countDocuments({ _id: { $in: lastIds } })).toBe(lastIds.length)
  })
})
