import { newId } from '@slipstream/runtime'
import { createLogger, createMetrics } from '@slipstream/telemetry'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createRunStore } from '../src/adapters/run-store.ts'
import { createWebhookReader } from '../src/adapters/webhook-reader.ts'
import { createFacts } from '../src/facts.ts'
import { countMissedWebhooks } from '../src/sweeps/missed-webhooks.ts'
import { type Harness, startHarness, type TestLink } from './harness.ts'

const quarterHourMs = 15 * 60_000
let harness: Harness
let lines: { level: string; msg: string; missed?: number }[]
beforeAll(async () => {
  harness = await startHarness()
  await harness.startIngestion()
})
afterAll(() => harness?.stop())
beforeEach(async () => {
  harness.simulator.control.reset()
  lines = []
  await harness.store.connection.collection('push_subscription').deleteMany({})
  await harness.store.collections.syncRuns.updateMany({}, { $unset: { missedAt: 1 } })
})

const sync = async (link: TestLink, lane: 'scheduled' | 'interactive' = 'scheduled') =>
  harness.finishedRun(await harness.request(link, { lane, cause: lane === 'scheduled' ? 'hourly' : 'manual' }))

const pushes = (since: Date) =>
  harness.store.connection.collection<{ _id: string }>('push_subscription').insertOne({
    ...{ _id: '12345', subscriptionId: '7', since, makingUntil: null, nextCheckAt: new Date() },
  } as never)

const told = ({ athleteId, linkId }: TestLink, objectId: string) => {
  const now = harness.clock.now()
  return harness.store.connection.collection<{ _id: string }>('webhook_inbox').insertOne({
    ...{ _id: newId('inbox'), athleteId, linkId, subscriptionId: '7', objectType: 'activity', objectId },
    ...{ aspectType: 'create', eventTime: now, updates: {}, receivedAt: now, takenAt: now, nextTryAt: now, outbox: [] },
  } as never)
}

/** @returns what the metric counts after it */
const count = async (): Promise<number> => {
  const metrics = createMetrics('ingestion')
  const log = createLogger('test', 'info', { write: (line: string) => lines.push(JSON.parse(line)) })
  const { collections } = harness.store
  const options = { collections, clock: harness.clock, newId, owner: 'test', leaseMs: 1_000 }
  await countMissedWebhooks({
    runs: createRunStore(options),
    webhooks: createWebhookReader(collections, '12345'),
    facts: createFacts(log, metrics),
    clock: { now: () => new Date(harness.clock.now().getTime() + quarterHourMs) },
  })(new AbortController().signal)
  const metric = await metrics.registry.getSingleMetric('slipstream_webhook_missed_total')?.get()
  return metric?.values[0]?.value ?? 0
}

/** A link whose window is listed, with one activity changed in each way that webhooks tell of, and one in a way they do not. */
const changed = async () => {
  const link = await harness.link('anna')
  await harness.finishedRun(await harness.request(link))
  const { control } = harness.simulator
  const [first, second, third] = await harness.store.collections.workouts
    .find({ linkId: link.linkId })
    .sort({ startedAt: -1 })
    .lean()
  const created = control.lateUpload('anna')
  control.editActivity(Number(first?.stravaActivityId), { name: 'Renamed' })
  control.editActivity(Number(second?.stravaActivityId), { distanceMeters: 4_321 })
  control.deleteActivity(Number(third?.stravaActivityId))
  return {
    link,
    created: String(created.id),
    renamed: first?.stravaActivityId ?? '',
    deleted: third?.stravaActivityId ?? '',
  }
}

it('what a turn finds and no webhook has told is counted once, and operators are told of many', async () => {
  await pushes(new Date(0))
  const { link, created, renamed, deleted } = await changed()
  const { changedIds } = await sync(link)
  expect(new Set(changedIds)).toEqual(new Set([created, renamed, deleted]))
  expect(await count()).toBe(3)
  expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([{ missed: 3 }])
  expect(await count()).toBe(0)
})

it('what a webhook has told is not missed', async () => {
  await pushes(new Date(0))
  const { link, created, deleted } = await changed()
  await sync(link, 'interactive')
  await told(link, created)
  await told(link, deleted)
  expect(await count()).toBe(1)
  expect(lines.filter(({ level }) => level === 'warn')).toEqual([])
})

it('nothing is missed while Strava pushes nothing, or did not when the list before began', async () => {
  const { link } = await changed()
  await sync(link)
  expect(await count()).toBe(0)
  const later = await changed()
  await pushes(harness.clock.now())
  await sync(later.link)
  expect(await count()).toBe(0)
})

it('a run that cannot be looked at stands before no other, and is looked at later', async () => {
  await pushes(new Date(0))
  const { link } = await changed()
  const { _id } = await sync(link)
  const { syncRuns } = harness.store.collections
  const runs = harness.store.connection.collection<{ _id: string }>('sync_runs')
  await runs.updateOne({ _id }, { $set: { passBefore: 'no time' } })
  const other = await changed()
  await sync(other.link)
  // The other change was made before.
  expect(await count()).toBe(2)
  expect(lines.filter(({ level }) => level === 'error')).toMatchObject([
    { msg: 'rows were left out, tried again later' },
  ])
  expect(await syncRuns.findById(_id).lean()).toMatchObject({ failures: 1 })
  lines = []
  expect(await count()).toBe(0)
  expect(lines).toEqual([])
})

it('many that are missed are told once, however many come after them', async () => {
  await pushes(new Date(0))
  const warnings = () => lines.filter(({ level }) => level === 'warn')
  for (let turn = 0; turn < 2; turn += 1) {
    const { link } = await changed()
    await sync(link)
    expect(await count()).toBeGreaterThan(1)
    expect(warnings()).toHaveLength(1)
  }
})
