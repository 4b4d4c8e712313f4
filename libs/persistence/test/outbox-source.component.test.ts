import type { OutboxEvent } from '@slipstream/contracts'
import { testDatabase } from '@slipstream/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connectStore, mongoOutboxSource, prepareDatabase } from '../src/index.ts'

const database = testDatabase()
const store = await connectStore({ uri: database.uri, owner: 'scheduler' })
const { schedules } = store.collections
const source = mongoOutboxSource('schedules', schedules)

const at = (second: number) => new Date(Date.UTC(2026, 10, 20, 12, 0, second))

const event = (id: string, second: number): OutboxEvent<'athlete.reauth_required'> => ({
  id,
  type: 'athlete.reauth_required',
  data: { athleteId: 'athlete_1', linkId: 'link_1', code: 'reauth_required', since: at(0).toISOString() },
  occurredAt: at(second),
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
})

const schedule = (id: string, outbox: OutboxEvent[]) => ({
  _id: id,
  linkId: `link_of_${id}`,
  requestedVersion: 1,
  completedVersion: 1,
  request: null,
  manualRunId: null,
  publishedAt: null,
  nextDueAt: at(0),
  outbox,
})

beforeAll(() => prepareDatabase(store.connection))
beforeEach(async () => {
  await schedules.deleteMany({})
})
afterAll(async () => {
  await store.close()
  await database.drop()
})

test('finds only documents with an event of that time, oldest first, each with all its events in order', async () => {
  await schedules.create([
    schedule('empty', []),
    schedule('second', [event('s1', 5), event('s2', 30)]),
    schedule('first', [event('f1', 2)]),
    schedule('later', [event('l1', 20)]),
  ])
  expect(await source.waiting(at(10), 100)).toEqual([
    { documentId: 'first', events: [event('f1', 2)] },
    { documentId: 'second', events: [event('s1', 5), event('s2', 30)] },
  ])
  expect(await source.waiting(at(10), 1)).toHaveLength(1)
  expect(await source.count()).toBe(4)
})

test('settle takes off the named events only, also while new ones come in', async () => {
  await schedules.create([schedule('a', [event('a1', 1), event('a2', 2)]), schedule('b', [event('b1', 1)])])
  await schedules.updateOne({ _id: 'a' }, { $push: { outbox: event('a3', 3) } })
  await source.settle([
    { documentId: 'a', eventIds: ['a1', 'b1'] },
    { documentId: 'b', eventIds: ['b1'] },
    { documentId: 'gone', eventIds: ['x'] },
  ])
  expect(await source.waiting(at(10), 100)).toEqual([{ documentId: 'a', events: [event('a2', 2), event('a3', 3)] }])
  expect(await source.count()).toBe(2)
  await source.settle([])
  await source.settle([{ documentId: 'a', eventIds: ['a2', 'a3'] }])
  expect(await source.count()).toBe(0)
})

test('looks at no document whose outbox is empty', async () => {
  await schedules.create(Array.from({ length: 50 }, (_, index) => schedule(`empty_${index}`, [])))
  await schedules.create(schedule('full', [event('x', 1)]))
  const plan = await store.connection
    .collection('schedules')
    .find({ 'outbox.occurredAt': { $lte: at(10) } })
    .sort({ 'outbox.occurredAt': 1 })
    .limit(100)
    .explain('executionStats')
  expect(JSON.stringify(plan.queryPlanner.winningPlan)).toMatch(/"IXSCAN".*"outbox_waiting"/)
  expect(plan.executionStats).toMatchObject({ totalKeysExamined: 1, totalDocsExamined: 1 })
  const { keysPerIndex } = await store.connection.getClient().db().command({ validate: 'schedules' })
  expect(keysPerIndex.outbox_waiting).toBe(1)
})
