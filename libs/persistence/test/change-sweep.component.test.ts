import type { ChangeSource } from '@slipstream/records'
import { testDatabase } from '@slipstream/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { behindPlace, connectStore, createChangeSweep, prepareDatabase } from '../src/index.ts'

interface Row {
  _id: string
  time: Date
}

const database = testDatabase()
const store = await connectStore({ uri: database.uri, owner: 'scheduler' })
const rows = store.connection.collection<Row>('test_rows')
const marks = store.collections.sweepMarks
const source: ChangeSource<Row> = {
  behind: async (place, limit) => {
    const { filter, sort } = behindPlace('time', place)
    return await rows.find(filter).sort(sort).limit(limit).toArray()
  },
  placeOf: ({ _id, time }) => ({ time, id: _id }),
}

const start = new Date('2026-11-26T12:00:00Z')
const minutes = (count: number) => new Date(start.getTime() + count * 60_000)
let now: Date
let seen: string[]
const running = new AbortController().signal

beforeAll(async () => {
  await prepareDatabase(store.connection)
  await rows.createIndex({ time: 1, _id: 1 })
})
beforeEach(async () => {
  now = start
  seen = []
  await Promise.all([rows.deleteMany({}), marks.deleteMany({})])
})
afterAll(async () => {
  await store.close()
  await database.drop()
})

const sweep = (options: { walks?: boolean } = {}) =>
  createChangeSweep({
    name: 'test',
    marks,
    source,
    look: async (found) => {
      seen.push(...found.map(({ _id }) => _id))
    },
    clock: { now: () => now },
    walks: false,
    ...options,
  })
const turn = async (options: { walks?: boolean } = {}, signal = running) => {
  seen = []
  await sweep(options)(signal)
  return seen
}
const add = async (...ids: string[]) => {
  await rows.insertMany(ids.map((_id) => ({ _id, time: now })))
}
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `row_${String(index).padStart(4, '0')}`)

test('sees every row once and then what changed, also by a process that starts much later', async () => {
  await add('a', 'b')
  expect(await turn()).toEqual(['a', 'b'])
  now = minutes(60)
  await turn()
  expect(await turn()).toEqual([])
  await add('c')
  now = minutes(600)
  expect(await turn()).toEqual(['c'])
})

test('looks again at the last five minutes: a row may be written after its time', async () => {
  expect(await turn()).toEqual([])
  await rows.insertOne({ _id: 'late', time: minutes(-4) })
  expect(await turn()).toEqual(['late'])
  now = minutes(10)
  await turn()
  expect(await turn()).toEqual([])
})

test('a row of a clock that is ahead hides none of those after it', async () => {
  await rows.insertOne({ _id: 'ahead', time: minutes(7 * 60) })
  expect(await turn()).toEqual(['ahead'])
  now = minutes(10)
  await add('next')
  expect(await turn()).toEqual(['next', 'ahead'])
})

test('a turn has a bound, and the next one goes on where it ended, though all have the same time', async () => {
  await add(...numbered(1_500))
  expect(await turn()).toEqual(numbered(1_500).slice(0, 1_000))
  expect(await turn()).toEqual(numbered(1_500).slice(1_000))
})

test('the slow round meets every row in time, also one that was written far behind the mark, and begins anew', async () => {
  await add(...numbered(120))
  await turn({ walks: true })
  now = minutes(60)
  await turn()
  await rows.insertOne({ _id: 'hidden', time: minutes(-600) })
  const rounds: string[][] = []
  for (let round = 0; round < 4; round += 1) rounds.push(await turn({ walks: true }))
  expect(new Set(rounds.flat())).toEqual(new Set([...numbered(120), 'hidden']))
  for (const round of rounds) expect(round.length).toBeLessThanOrEqual(50)
})

test('a stop leaves the mark where it was', async () => {
  await add('a')
  await turn({}, AbortSignal.abort())
  expect(await turn()).toEqual(['a'])
})
