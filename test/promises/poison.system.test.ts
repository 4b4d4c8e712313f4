import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Bus, connectBus, newEvent } from '@slipstream/messaging'
import { connectStore, prepareDatabase, type Store } from '@slipstream/persistence'
import { newId } from '@slipstream/runtime'
import { createLogger } from '@slipstream/telemetry'
import { startTestMongo, startTestNats, type TestMongo, type TestNats } from '@slipstream/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { killAll } from '../support/child-processes.ts'
import { type EventAttempt, isPoison } from '../support/event-attempt.ts'
import { until } from '../support/until.ts'

// Promise 9: poison neither blocks nor vanishes.
const isLong = process.env.SLIPSTREAM_LONG === '1'
const messages = isLong ? 10_000 : 2_000
const poison = messages / 100
/** Without it the pauses are those of every consumer, 1 s to 2 min. */
const retryAfterMs = isLong ? undefined : 500
/** Well below what a consumer can do, so that waits say something. */
const paceMs = 20
const patienceMs = 1_200_000

let mongo: TestMongo
let nats: TestNats
let store: Store<'scheduler'>
let bus: Bus
let worker: ChildProcess
const tried: EventAttempt[] = []

beforeAll(async () => {
  ;[mongo, nats] = await Promise.all([startTestMongo(), startTestNats()])
  store = await connectStore({ uri: mongo.uri, owner: 'scheduler' })
  await prepareDatabase(store.connection)
  bus = await connectBus({ url: nats.url, source: 'gateway', log: createLogger('test', 'silent') })
  worker = fork(join(import.meta.dirname, '../support/event-worker.ts'), {
    env: {
      ...{ PATH: process.env.PATH, MONGODB_URI: mongo.uri, NATS_URL: nats.url },
      ...(retryAfterMs && { RETRY_AFTER_MS: String(retryAfterMs) }),
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ready = Promise.withResolvers<void>()
  worker.on('message', (told: EventAttempt | 'ready') => {
    if (told === 'ready') ready.resolve()
    else tried.push(told)
  })
  await ready.promise
})
afterAll(async () => {
  await killAll([worker])
  await bus?.close()
  await store?.close()
  await Promise.all([mongo?.remove(), nats?.remove()])
})

const notified = (objectId: string) => {
  const now = new Date()
  const ids = { athleteId: 'ath', linkId: 'lnk', inboxId: objectId }
  const said = { objectType: 'activity', objectId, aspectType: 'create', eventTime: now.toISOString() } as const
  return newEvent('strava.notified', { ...ids, ...said }, { id: newId('evt'), now })
}

/** More of them next to each other than a consumer works on at once: where one held its place, none of it would be left. */
const perClump = 5
const isPoisonAt = (index: number): boolean => index % ((messages / poison) * perClump) < perClump

/** Of healthy ones: from their publication until they were done. */
const p99 = (waitsMs: readonly number[]): number =>
  waitsMs.toSorted((one, other) => one - other)[Math.floor(waitsMs.length * 0.99)] ?? 0

/** Publishes them in this order, one after the other, and waits until all are done with; resolves to how long the healthy ones took. */
const handleAll = async (ids: readonly string[]): Promise<number[]> => {
  const publishedAt = new Map<string, number>()
  for (const id of ids) {
    publishedAt.set(id, Date.now())
    await bus.publish(notified(id))
    if (isLong) await delay(paceMs)
  }
  const healthy = ids.filter((id) => !isPoison(id))
  const doneAt = () => new Map(tried.map(({ objectId, at }) => [objectId, at]))
  await until(patienceMs, async () => {
    const left = healthy.filter((id) => !doneAt().has(id)).length
    const letters = await store.collections.deadLetters.countDocuments()
    if (left > 0 || letters < ids.length - healthy.length) throw new Error(`${left} wait, ${letters} are dead letters`)
  })
  return healthy.map((id) => (doneAt().get(id) ?? 0) - (publishedAt.get(id) ?? 0))
}

test('what fails for ever is a dead letter after five attempts, and keeps nothing waiting', {
  timeout: 3_600_000,
}, async () => {
  const calm = isLong ? await handleAll(Array.from({ length: messages }, (_, index) => `calm-${index}`)) : []
  tried.length = 0
  const ids = Array.from({ length: messages }, (_, index) => `${isPoisonAt(index) ? 'poison' : 'healthy'}-${index}`)
  const poisonIds = ids.filter(isPoison)
  expect(poisonIds).toHaveLength(poison)
  const waits = await handleAll(ids)

  const letters = await store.collections.deadLetters.find().lean()
  const objectIdOf = (payload: string) => (JSON.parse(payload) as { objectId: string }).objectId
  expect(letters.map(({ payload }) => objectIdOf(payload)).toSorted()).toEqual(poisonIds.toSorted())
  for (const letter of letters) expect(letter).toMatchObject({ attempts: 5, reason: 'attempts_exhausted' })
  const attemptsOf = Map.groupBy(tried, ({ objectId }) => objectId)
  for (const id of ids) {
    const attempts = attemptsOf.get(id)?.map(({ attempt }) => attempt)
    expect(attempts, id).toEqual(isPoison(id) ? [1, 2, 3, 4, 5] : [1])
  }

  // Before a poison one was tried for the last time, those next in the queue were done.
  for (const id of poisonIds) {
    const next = ids
      .slice(ids.indexOf(id))
      .filter((one) => !isPoison(one))
      .slice(0, perClump)
    const lastTry = tried.findLastIndex(({ objectId }) => objectId === id)
    const triedBefore = new Set(tried.slice(0, lastTry).map(({ objectId }) => objectId))
    expect(
      next.filter((one) => !triedBefore.has(one)),
      `waited for ${id}`,
    ).toEqual([])
  }
  if (isLong) expect(p99(waits)).toBeLessThanOrEqual(1.2 * p99(calm))
})
