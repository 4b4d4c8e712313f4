import { testDatabase } from '@slipstream/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectStore, createDeliveryLog, prepareDatabase } from '../src/index.ts'

const database = testDatabase()
const store = await connectStore({ uri: database.uri, owner: 'scheduler' })
const now = new Date('2026-11-20T12:00:00Z')
const log = createDeliveryLog(store.collections, { now: () => now })

beforeAll(() => prepareDatabase(store.connection))
afterAll(async () => {
  await store.close()
  await database.drop()
})

const letter = {
  consumer: 'scheduler',
  subject: 'athlete.linked.athlete_1',
  eventId: 'event_9',
  eventType: 'athlete.linked',
  reason: 'attempts_spent',
  error: 'first',
  attempts: 5,
  headers: { 'ce-id': 'event_9', 'Nats-Msg-Id': 'event_9' },
  payload: '{}',
  athleteId: 'athlete_1',
  linkId: 'link_1',
}

test('counts the tries of each consumer on its own, up to the moment the message is settled', async () => {
  expect(await log.startAttempt('scheduler', 'event_1')).toBe(1)
  expect(await log.startAttempt('scheduler', 'event_1')).toBe(2)
  expect(await log.startAttempt('gateway', 'event_1')).toBe(1)
  await log.forget('scheduler', 'event_1')
  expect(await log.startAttempt('scheduler', 'event_1')).toBe(1)
  expect(await log.startAttempt('gateway', 'event_1')).toBe(2)
})

test('counts every try when several start at once, the first ones included', async () => {
  const numbers = await Promise.all(Array.from({ length: 20 }, () => log.startAttempt('scheduler', 'event_2')))
  expect(numbers.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
})

test('a count outlives the 7 days for which a message may come again', async () => {
  await log.startAttempt('scheduler', 'event_3')
  const kept = await store.collections.deliveryAttempts.findOne({ _id: 'scheduler:event_3' }).lean()
  expect(kept?.expiresAt).toEqual(new Date('2026-11-28T12:00:00Z'))
})

test('a letter kept twice is one letter, as it was the last time', async () => {
  await log.keepDeadLetter(letter)
  await log.keepDeadLetter({ ...letter, error: 'second' })
  expect(await store.collections.deadLetters.find({ eventId: 'event_9' }).lean()).toEqual([
    { _id: 'scheduler:event_9', ...letter, error: 'second', createdAt: now },
  ])
})

test('letters without an event id are each kept', async () => {
  await log.keepDeadLetter({ ...letter, eventId: '' })
  await log.keepDeadLetter({ ...letter, eventId: '' })
  expect(await store.collections.deadLetters.countDocuments({ eventId: '' })).toBe(2)
})

test('the letters of a link go with it, and those of its athlete from before; others stay', async () => {
  const until = new Date(now.getTime() + 1)
  const letters = {
    ofLink: { athleteId: 'athlete_2', linkId: 'link_2' },
    ofAthlete: { athleteId: 'athlete_2', linkId: null },
    ofNextLink: { athleteId: 'athlete_2', linkId: null },
    ofOthers: { athleteId: 'athlete_3', linkId: 'link_3' },
  }
  for (const [eventId, owner] of Object.entries(letters)) await log.keepDeadLetter({ ...letter, ...owner, eventId })
  await store.collections.deadLetters.updateMany(
    { eventId: { $in: ['ofNextLink', 'ofLink'] } },
    { createdAt: new Date(until.getTime() + 1) },
  )
  await log.deleteLettersOf({ athleteId: 'athlete_2', linkId: 'link_2', until })
  const left = await store.collections.deadLetters.find({ eventId: { $in: Object.keys(letters) } }).lean()
  expect(left.map(({ eventId }) => eventId).sort()).toEqual(['ofNextLink', 'ofOthers'])
})

test('a letter ends after 30 days', async () => {
  const indexes = await store.collections.deadLetters.collection.indexes()
  expect(indexes).toContainEqual(
    expect.objectContaining({ key: { createdAt: 1 }, expireAfterSeconds: 30 * 24 * 60 * 60 }),
  )
})
