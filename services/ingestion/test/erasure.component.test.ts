import { countOfAthlete, endOfEvents, newEvent, purgeAthlete } from '@slipstream/messaging'
import { createDeliveryLog } from '@slipstream/persistence'
import { newId } from '@slipstream/runtime'
import { isRequestStored } from '@slipstream/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createErasure, type ErasureOptions } from '../src/adapters/erasure.ts'
import { createGrantReader } from '../src/adapters/grant-reader.ts'
import { createWorkoutStore } from '../src/adapters/workout-store.ts'
import { eventually, type Harness, ofType, startHarness, type TestLink } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
  await harness.startIngestion({ eraseEveryMs: 200 })
})
afterAll(() => harness?.stop())
beforeEach(() => harness.simulator.control.reset())

const held = async ({ linkId }: TestLink) => {
  const { workouts, syncRuns, fetchTickets } = harness.store.collections
  return {
    workouts: await workouts.countDocuments({ linkId }),
    runs: await syncRuns.countDocuments({ linkId }),
    tickets: await fetchTickets.countDocuments({ _id: linkId }),
  }
}
const unlinksHandled = () =>
  eventually(async () => {
    const { manager } = harness.bus.transport
    const settled = { num_pending: 0, num_ack_pending: 0 }
    expect(await manager.consumers.info('EVENTS', 'ingestion-erasure')).toMatchObject(settled)
  })
const nothing = { workouts: 0, runs: 0, tickets: 0 }

/** How many events about activities are stored. */
const toldOf = async ({ athleteId }: TestLink) => {
  const { manager } = harness.bus.transport
  const { state } = await manager.streams.info('EVENTS', { subjects_filter: `activity.*.${athleteId}` })
  return Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0)
}

/** As the gateway notes it when it hears of the erasure. */
const setErased = async (receiptId: string) => {
  const receipts = harness.store.connection.collection<{ _id: string }>('receipts')
  await receipts.updateOne({ _id: receiptId }, { $set: { erasedAt: new Date() } })
}

const realEvents: ErasureOptions['events'] = {
  end: () => endOfEvents(harness.bus.transport),
  count: (athleteId, upTo) => countOfAthlete(harness.bus.transport, athleteId, upTo),
  purge: (athleteId, upTo) => purgeAthlete(harness.bus.transport, athleteId, upTo),
}

/** Those of a process that is paused when it has decided to purge and has not begun. */
const paused = () => {
  const { promise: reached, resolve: arrive } = Promise.withResolvers<void>()
  const { promise: open, resolve: goOn } = Promise.withResolvers<void>()
  const purge: typeof realEvents.purge = async (athleteId, upTo) => {
    arrive()
    await open
    return await realEvents.purge(athleteId, upTo)
  }
  return { ...realEvents, purge, reached, goOn }
}

/** Another process that looks at erasures. */
const erasureWith = (events: ErasureOptions['events']) => {
  const { collections } = harness.store
  const stores = { workouts: createWorkoutStore(collections, harness.clock), grants: createGrantReader(collections) }
  const deliveries = createDeliveryLog(collections, harness.clock)
  return createErasure({ collections, deliveries, ...stores, clock: harness.clock, events })
}

/** A link that has been imported, unlinked and erased, and what is told of its athlete afterwards. */
const unlinked = async (account: string) => {
  const link = await harness.link(account)
  await harness.finishedRun(await harness.request(link))
  const receiptId = newId('receipt')
  await harness.unlink(link, receiptId)
  const { erasures } = harness.store.collections
  await eventually(async () => expect((await erasures.findById(receiptId).lean())?.erasedAt).toBeTruthy())
  await setErased(receiptId)
  return { link, receiptId, seen: harness.follow(link.athleteId) }
}

describe('unlinking', () => {
  it('erases what is held of the link and says how much', async () => {
    const link = await harness.link('anna')
    const kept = await harness.link('ben')
    const [run] = await Promise.all(
      [harness.request(link), harness.request(kept)].map(async (id) => harness.finishedRun(await id)),
    )
    await harness.finishedRun(await harness.request(link))
    const before = await held(kept)
    const seen = harness.follow(link.athleteId)
    const receiptId = newId('receipt')
    await harness.unlink(link, receiptId)
    await eventually(() => expect(ofType(seen, 'athlete.erased')).toHaveLength(1))
    expect(ofType(seen, 'athlete.erased')[0]?.data).toMatchObject({
      linkId: link.linkId,
      receiptId,
      deleted: { workouts: run?.counts.created, sync_runs: 2 },
    })
    expect(await held(link)).toEqual(nothing)
    expect(await held(kept)).toEqual(before)
  })

  it('takes what was told of the activities out of the stream, counts it, and leaves what is of others', async () => {
    const [link, kept] = [await harness.link('anna'), await harness.link('ben')]
    const [run, other] = await Promise.all(
      [harness.request(link), harness.request(kept)].map(async (id) => harness.finishedRun(await id)),
    )
    await eventually(async () => expect(await toldOf(link)).toBe(run?.counts.created))
    await eventually(async () => expect(await toldOf(kept)).toBe(other?.counts.created))
    const seen = harness.follow(link.athleteId)
    await harness.unlink(link, newId('receipt'))
    await eventually(() => expect(ofType(seen, 'athlete.erased')).toHaveLength(1))
    expect(ofType(seen, 'athlete.erased')[0]?.data.deleted.events).toBe(run?.counts.created)
    expect([await toldOf(link), await toldOf(kept)]).toEqual([0, other?.counts.created])
  })

  it('lets the first run of a later link wait until the earlier one is erased', async () => {
    const link = await harness.link('anna')
    await harness.finishedRun(await harness.request(link))
    const receiptId = newId('receipt')
    await harness.openReceipt({ ...link, linkId: newId('link') }, receiptId)
    const runId = await harness.request(link)
    const run = () => harness.store.collections.syncRuns.findById(runId).lean()
    await eventually(async () => expect((await run())?.fence).toBeGreaterThan(1))
    expect(await run()).toMatchObject({ startedAt: null, counts: { calls: 0 } })
    await setErased(receiptId)
    expect(await harness.finishedRun(runId)).toMatchObject({ outcome: 'succeeded' })
  })

  it('is not waited for as long as its failures would have it, once somebody waits', async () => {
    const link = await harness.link('anna')
    const earlier = { ...link, linkId: newId('link') }
    const receiptId = newId('receipt')
    // It failed for so long that it would not be tried again today.
    const nextTryAt = new Date(harness.clock.now().getTime() + 86_400_000)
    await harness.store.collections.erasures.create({
      _id: receiptId,
      ...{ ...earlier, requestedAt: harness.clock.now(), deleted: { events: 0 }, deleting: null, step: 0 },
      ...{ attempts: 9, nextTryAt, erasedAt: null, lookAgainAt: null, outbox: [] },
    })
    const seen = harness.follow(link.athleteId)
    await harness.openReceipt(earlier, receiptId)
    const runId = await harness.request(link)
    await eventually(() => expect(ofType(seen, 'athlete.erased')).toHaveLength(1))
    await setErased(receiptId)
    expect(await harness.finishedRun(runId)).toMatchObject({ outcome: 'succeeded' })
  })

  it('takes nothing that a later link has told, though its process was paused in the middle of a purge', async () => {
    const { link, seen, receiptId } = await unlinked('anna')
    const later = await harness.link('anna', link.athleteId)
    const events = paused()
    const looking = erasureWith(events).erase({ ...link, receiptId, requestedAt: harness.clock.now() })
    await events.reached
    const run = await harness.finishedRun(await harness.request(later))
    const told = () => ofType(seen, 'activity.ingested').length
    await eventually(() => expect(told()).toBe(run.counts.created))
    events.goOn()
    await looking
    expect(await toldOf(later)).toBe(run.counts.created)
    // Nor does a look that comes later still.
    await erasureWith(realEvents).erase({ ...link, receiptId, requestedAt: harness.clock.now() })
    expect(await toldOf(later)).toBe(run.counts.created)
  })

  it('takes what a relay still had in hand, also where there is a later link by then', async () => {
    const { link, seen, receiptId } = await unlinked('ben')
    const data = { athleteId: link.athleteId, workoutId: 'wko_late', stravaActivityId: '1', version: 2 }
    await harness.bus.publish(
      newEvent('activity.deleted', { ...data, reason: 'expired' }, { id: 'late', now: new Date() }),
    )
    const later = await harness.link('ben', link.athleteId)
    const run = await harness.finishedRun(await harness.request(later))
    await eventually(() => expect(ofType(seen, 'activity.ingested')).toHaveLength(run.counts.created))
    expect(await toldOf(link)).toBe(run.counts.created + 1)
    await erasureWith(realEvents).erase({ ...link, receiptId, requestedAt: harness.clock.now() })
    expect(await toldOf(link)).toBe(run.counts.created)
  })

  it('leaves a stream alone that is younger than what was noted of it', async () => {
    const { link, receiptId } = await unlinked('ben')
    await harness.store.collections.erasures.updateOne({ _id: receiptId }, { $set: { purgeUpTo: 1_000_000 } })
    const data = { athleteId: link.athleteId, workoutId: 'wko_new', stravaActivityId: '1', version: 1 }
    await harness.bus.publish(
      newEvent('activity.deleted', { ...data, reason: 'expired' }, { id: 'new', now: new Date() }),
    )
    await erasureWith(realEvents).erase({ ...link, receiptId, requestedAt: harness.clock.now() })
    expect(await toldOf(link)).toBe(1)
  })

  it('leaves nothing behind when it happens while Strava is being asked', async () => {
    const link = await harness.link('anna')
    const seen = harness.follow(link.athleteId)
    const { control } = harness.simulator
    control.setFaults({ rules: [{ endpoint: 'activities', effect: { kind: 'hold', when: 'after_work' }, times: 1 }] })
    await harness.request(link)
    await eventually(() => expect(control.heldCalls()).toHaveLength(1))
    expect(await held(link)).toMatchObject({ runs: 1, tickets: 1 })
    await harness.unlink(link, newId('receipt'))
    await eventually(() => expect(ofType(seen, 'athlete.erased')).toHaveLength(1))
    control.releaseHeld()
    await eventually(async () =>
      expect(await isRequestStored(harness.bus, `sync.requested.interactive.${link.athleteId}`)).toBe(false),
    )
    expect(await held(link)).toEqual(nothing)
    expect(ofType(seen, 'activity.ingested')).toEqual([])
  })

  it('waits while the link is still there: what is erased too early would be fetched again', async () => {
    const link = await harness.link('dana')
    await harness.finishedRun(await harness.request(link))
    const before = await held(link)
    const seen = harness.follow(link.athleteId)
    const receiptId = newId('receipt')
    await harness.openReceipt(link, receiptId)
    await harness.announceUnlink(link, receiptId)
    await unlinksHandled()
    expect(await held(link)).toEqual(before)
    await harness.removeLink(link)
    // No event comes any more: the receipt is enough.
    await eventually(() => expect(ofType(seen, 'athlete.erased')).toHaveLength(1))
    expect(await held(link)).toEqual(nothing)
  })

  it('is answered under one id, however often it is told', async () => {
    const link = await harness.link('dana')
    await harness.finishedRun(await harness.request(link))
    const seen = harness.follow(link.athleteId)
    const receiptId = newId('receipt')
    await harness.unlink(link, receiptId)
    await eventually(() => expect(ofType(seen, 'athlete.erased')).toHaveLength(1))
    await harness.announceUnlink(link, receiptId)
    await unlinksHandled()
    expect(ofType(seen, 'athlete.erased')).toMatchObject([
      { id: `${receiptId}.erased`, data: { deleted: { sync_runs: 1 } } },
    ])
  })

  it('answers a request that arrives afterwards with nothing', async () => {
    const link = await harness.link('anna')
    await harness.unlink(link, newId('receipt'))
    await harness.request(link)
    await eventually(async () =>
      expect(await isRequestStored(harness.bus, `sync.requested.interactive.${link.athleteId}`)).toBe(false),
    )
    expect(await held(link)).toEqual(nothing)
    expect(harness.simulator.control.calls().counts.activities).toBeUndefined()
  })
})

describe('the sweep', () => {
  it('erases from the open receipt what no event told of, and no other link', async () => {
    const kept = await harness.link('ben')
    const link = await harness.link('anna')
    for (const each of [kept, link]) await harness.finishedRun(await harness.request(each))
    const before = await held(kept)
    const seen = harness.follow(link.athleteId)
    const receiptId = newId('receipt')
    const { workouts } = await held(link)
    await harness.openReceipt(link, receiptId)
    await harness.removeLink(link)
    await eventually(() => expect(ofType(seen, 'athlete.erased')).toHaveLength(1))
    expect(ofType(seen, 'athlete.erased')[0]?.data).toMatchObject({ receiptId, deleted: { workouts, sync_runs: 1 } })
    expect(await held(link)).toEqual(nothing)
    expect(await held(kept)).toEqual(before)
  })

  it('looks again, later, for what was written after the erasure', async () => {
    const link = await harness.link('anna')
    await harness.finishedRun(await harness.request(link))
    const { workouts, erasures } = harness.store.collections
    const late = await workouts.findOne({ linkId: link.linkId }).lean()
    const receiptId = newId('receipt')
    await harness.unlink(link, receiptId)
    await eventually(async () => expect((await erasures.findById(receiptId).lean())?.erasedAt).toBeTruthy())
    await workouts.collection.insertOne(late as never)
    for (const minutes of [11, 26 * 60]) {
      harness.clock.offsetMs = minutes * 60_000
      await eventually(async () => expect(await held(link)).toEqual(nothing))
      await eventually(async () => {
        const { lookAgainAt } = (await erasures.findById(receiptId).lean())!
        expect(lookAgainAt === null || lookAgainAt > harness.clock.now()).toBe(true)
      })
    }
    harness.clock.offsetMs = 0
    expect(await erasures.findById(receiptId).lean()).toMatchObject({ lookAgainAt: null })
  })

  it('deletes the dead letters of the link', async () => {
    const link = await harness.link('anna')
    const { deadLetters } = harness.store.collections
    await deadLetters.create({
      _id: newId('letter'),
      ...{ consumer: 'gateway', subject: '-', eventId: '', eventType: '', reason: 'test', error: '', attempts: 5 },
      ...{ headers: {}, payload: '', athleteId: link.athleteId, linkId: null, createdAt: new Date() },
    })
    await harness.unlink(link, newId('receipt'))
    await eventually(async () => expect(await deadLetters.countDocuments({ athleteId: link.athleteId })).toBe(0))
  })
})
