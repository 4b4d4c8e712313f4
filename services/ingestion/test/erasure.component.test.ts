import { newId } from '@slipstream/runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually, type Harness, ofType, startHarness, type TestLink } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
  await harness.startIngestion()
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
const nothing = { workouts: 0, runs: 0, tickets: 0 }

describe('unlinking', () => {
  it('erases what is held of the link and says how much', async () => {
    const link = await harness.link('anna')
    const kept = await harness.link('ben')
    const [run] = await Promise.all(
      [harness.request(link), harness.request(kept)].map(async (id) => harness.finishedRun(await id)),
    )
    await harness.finishedRun(await harness.request(link, { requestedVersion: 2 }))
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
      expect(await harness.bus.hasMessage(`sync.requested.interactive.${link.athleteId}`)).toBe(false),
    )
    expect(await held(link)).toEqual(nothing)
    expect(ofType(seen, 'activity.ingested')).toEqual([])
  })

  it('waits while the link is still there: what is erased too early would be fetched again', async () => {
    const link = await harness.link('dana')
    await harness.finishedRun(await harness.request(link))
    const before = await held(link)
    const seen = harness.follow(link.athleteId)
    const eventId = newId('evt')
    await harness.announceUnlink(link, newId('receipt'), eventId)
    await eventually(async () => {
      const tried = await harness.store.collections.deliveryAttempts.findById(`ingestion-erasure:${eventId}`).lean()
      expect(tried?.attempts).toBeGreaterThanOrEqual(2)
    })
    expect(await held(link)).toEqual(before)
    expect(ofType(seen, 'athlete.erased')).toEqual([])
    await harness.removeLink(link)
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
    await eventually(async () => {
      const { manager } = harness.bus.transport
      const settled = { num_pending: 0, num_ack_pending: 0 }
      expect(await manager.consumers.info('EVENTS', 'ingestion-erasure')).toMatchObject(settled)
    })
    expect(ofType(seen, 'athlete.erased')).toMatchObject([
      { id: `${receiptId}.erased`, data: { deleted: { sync_runs: 1 } } },
    ])
  })

  it('answers a request that arrives afterwards with nothing', async () => {
    const link = await harness.link('anna')
    await harness.unlink(link, newId('receipt'))
    await harness.request(link)
    await eventually(async () =>
      expect(await harness.bus.hasMessage(`sync.requested.interactive.${link.athleteId}`)).toBe(false),
    )
    expect(await held(link)).toEqual(nothing)
    expect(harness.simulator.control.calls().counts.activities).toBeUndefined()
  })
})

describe('the sweep for orphans', () => {
  it('erases workouts and runs whose link is gone, and no others', async () => {
    const kept = await harness.link('ben')
    const orphan = await harness.link('anna')
    const withoutWorkouts = await harness.link('anna')
    for (const link of [kept, orphan, withoutWorkouts]) await harness.finishedRun(await harness.request(link))
    const before = await held(kept)
    for (const link of [orphan, withoutWorkouts]) await harness.removeLink(link)
    await harness.store.collections.workouts.deleteMany({ linkId: withoutWorkouts.linkId })
    await harness.startIngestion({ eraseOrphansEveryMs: 50 })
    await eventually(async () => expect(await held(orphan)).toEqual(nothing))
    await eventually(async () => expect(await held(withoutWorkouts)).toEqual(nothing))
    expect(await held(kept)).toEqual(before)
  })
})
