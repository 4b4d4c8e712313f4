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

const due = (second: number) => ({ occurredBefore: at(second), now: at(second) })
const settled = (documentId: string, ...settledIds: string[]) => ({ documentId, settledIds, failed: null })
const waitingIds = async (second: number) =>
  (await source.waiting(due(second), 100)).map(({ documentId }) => documentId)

test('finds only documents with an event of that time, oldest first, each with all its events in order', async () => {
  await schedules.create([
    schedule('empty', []),
    schedule('second', [event('s1', 5), event('s2', 30)]),
    schedule('first', [event('f1', 2)]),
    schedule('later', [event('l1', 20)]),
  ])
  expect(await source.waiting(due(10), 100)).toEqual([
    { documentId: 'first', linkId: 'link_of_first', events: [event('f1', 2)] },
    { documentId: 'second', linkId: 'link_of_second', events: [event('s1', 5), event('s2', 30)] },
  ])
  expect(await source.waiting(due(10), 1)).toHaveLength(1)
  expect(await source.count()).toBe(4)
})

test('settle takes off the named events only, also while new ones come in', async () => {
  await schedules.create([schedule('a', [event('a1', 1), event('a2', 2)]), schedule('b', [event('b1', 1)])])
  await schedules.updateOne({ _id: 'a' }, { $push: { outbox: event('a3', 3) } })
  await source.settle([settled('a', 'a1', 'b1'), settled('b', 'b1'), settled('gone', 'x')])
  expect(await source.waiting(due(10), 100)).toMatchObject([{ documentId: 'a', events: [{ id: 'a2' }, { id: 'a3' }] }])
  expect(await source.count()).toBe(2)
  await source.settle([])
  await source.settle([settled('a', 'a2', 'a3')])
  expect(await source.count()).toBe(0)
})

test('a document whose first event failed is not found before its next try, all its events with it', async () => {
  await schedules.create([
    schedule('stuck', [event('x', 1), event('y', 1), event('z', 2)]),
    schedule('other', [event('o', 2)]),
  ])
  const failed = { eventId: 'y', attempts: 1, nextTryAt: at(20) }
  await source.settle([{ documentId: 'stuck', settledIds: ['x'], failed }])
  expect(await waitingIds(19)).toEqual(['other'])
  expect(await source.waiting(due(20), 100)).toMatchObject([
    { documentId: 'other' },
    {
      documentId: 'stuck',
      events: [
        { id: 'y', attempts: 1, nextTryAt: at(20) },
        { id: 'z', nextTryAt: at(20) },
      ],
    },
  ])
  await schedules.updateOne({ _id: 'stuck' }, { $push: { outbox: event('new', 15) } })
  expect(await waitingIds(16)).toEqual(['other', 'stuck'])
  await source.settle([{ documentId: 'stuck', settledIds: [], failed }])
  expect(await waitingIds(16)).toEqual(['other'])
})

test('two sources share a collection by the type of its events, and each sees its own alone', async () => {
  const type = 'athlete.reauth_required'
  const unlinked: OutboxEvent<'athlete.unlinked'> = {
    ...{ id: 'u', type: 'athlete.unlinked', occurredAt: at(1) },
    data: { athleteId: 'a', linkId: 'l', reason: 'user', receiptId: 'r', unlinkedAt: at(1).toISOString() },
  }
  await schedules.create([
    schedule('both', [event('e', 1), unlinked]),
    schedule('one', [event('f', 2)]),
    schedule('other', [{ ...unlinked, id: 'v', occurredAt: at(3) }]),
  ])
  const only = mongoOutboxSource('schedules', schedules, { only: type })
  const allBut = mongoOutboxSource('schedules', schedules, { allBut: type })
  const idsOf = async (part: typeof only) =>
    (await part.waiting(due(10), 100)).map(({ events }) => events.map(({ id }) => id))
  expect([await idsOf(only), await idsOf(allBut)]).toEqual([
    [['e'], ['f']],
    [['u'], ['v']],
  ])
  expect([await only.count(), await allBut.count()]).toEqual([2, 2])
  // A document waits as a whole for its next try.
  await only.settle([{ documentId: 'both', settledIds: [], failed: { eventId: 'e', attempts: 1, nextTryAt: at(20) } }])
  expect([await idsOf(only), await idsOf(allBut)]).toEqual([[['f']], [['v']]])
  expect(await only.waiting(due(20), 100)).toHaveLength(2)
})

test('what replicas of release 0.1 wrote and read is left as it was', async () => {
  await schedules.create(schedule('a', [event('a1', 1)]))
  await source.settle([{ documentId: 'a', settledIds: [], failed: { eventId: 'a1', attempts: 1, nextTryAt: at(9) } }])
  // Their query, on their index, and their way of taking an event off.
  const theirs = schedules
    .find({ 'outbox.occurredAt': { $lte: at(10) } }, { outbox: 1 })
    .sort({ 'outbox.occurredAt': 1 })
  expect(await theirs.hint('outbox_waiting').lean()).toMatchObject([{ _id: 'a', outbox: [event('a1', 1)] }])
  await schedules.updateOne({ _id: 'a' }, { $pull: { outbox: { id: { $in: ['a1'] } } } })
  expect(await waitingIds(10)).toEqual([])
})

test('looks at what is due and at nothing else, however much there is', async () => {
  const { db } = store.connection
  const postponed = Array.from({ length: 300 }, (_, index) => schedule(`postponed_${index}`, [event(`p${index}`, 1)]))
  const empty = Array.from({ length: 300 }, (_, index) => schedule(`empty_${index}`, []))
  const waiting = Array.from({ length: 300 }, (_, index) => schedule(`waiting_${index}`, [event(`w${index}`, 1)]))
  await schedules.insertMany([...postponed, ...empty, ...waiting])
  await schedules.updateMany(
    { _id: /^postponed/ },
    { $set: { 'outbox.$[].nextTryAt': at(50), 'outbox.$[].attempts': 1 } },
  )
  await db?.command({ profile: 2 })
  expect(await source.waiting(due(10), 20)).toHaveLength(20)
  await db?.command({ profile: 0 })
  const queries = await db
    ?.collection('system.profile')
    .find({ op: 'query', ns: /schedules$/ })
    .toArray()
  expect(queries).toHaveLength(2)
  for (const { planSummary, keysExamined, docsExamined } of queries ?? []) {
    expect(planSummary).toMatch(/^IXSCAN .*outbox.nextTryAt/)
    expect(keysExamined).toBeLessThanOrEqual(21)
    expect(docsExamined).toBeLessThanOrEqual(20)
  }
})
