import { newId } from '@slipstream/runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createReceiptReader } from '../src/adapters/receipt-reader.ts'
import { eventually, type Harness, ofType, startHarness, type TestLink } from './harness.ts'

/** What came under a grant that has been dead for a week goes; its link stays. */

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
  await harness.startIngestion({ eraseEveryMs: 200 })
})
afterAll(() => harness?.stop())
beforeEach(() => harness.simulator.control.reset())

const dayMs = 86_400_000
const stored = ({ linkId }: TestLink) => harness.store.collections.workouts.find({ linkId }).lean()
const setStatus = async ({ linkId }: TestLink, status: 'active' | 'reauth_required') => {
  const links = harness.store.connection.collection<{ _id: string }>('links')
  await links.updateOne({ _id: linkId }, { $set: { status } })
}

/** As the vault notes that Strava has refused the refresh token for good, and the gateway shows it. */
const die = async (link: TestLink, diedAt = harness.clock.now()) => {
  await harness.store.collections.credentials.updateOne({ _id: link.linkId }, { $set: { status: 'dead', diedAt } })
  await setStatus(link, 'reauth_required')
  return diedAt
}

/** As the same athlete consents again. */
const reconnect = async (link: TestLink) => {
  await harness.store.collections.credentials.updateOne({ _id: link.linkId }, { $set: { status: 'active' } })
  await setStatus(link, 'active')
}

/** As the gateway does a week after the death. */
const openPolicyReceipt = async (link: TestLink, grantDiedAt: Date) => {
  const receiptId = newId('receipt')
  const requestedAt = new Date(grantDiedAt.getTime() + 7 * dayMs)
  await harness.openReceipt(link, receiptId, { reason: 'policy', grantDiedAt, requestedAt })
  return receiptId
}

/** A link whose activities are stored, and what is told of its athlete from then on. */
const synced = async (account: string) => {
  const link = await harness.link(account)
  await harness.finishedRun(await harness.request(link))
  const seen = harness.follow(link.athleteId)
  await eventually(async () => expect(ofType(seen, 'activity.ingested')).toHaveLength((await stored(link)).length))
  return { link, seen, before: await stored(link) }
}

describe('a grant that stays dead', () => {
  it('takes its workouts and its runs along, tells each, and leaves the link and its tickets', async () => {
    const { link, seen, before } = await synced('anna')
    const kept = await synced('ben')
    const receiptId = await openPolicyReceipt(link, await die(link))
    await eventually(() => expect(ofType(seen, 'athlete.erased')).toHaveLength(1))
    expect(ofType(seen, 'athlete.erased')).toMatchObject([
      { id: `${receiptId}.erased`, data: { ...link, receiptId, deleted: { workouts: before.length, sync_runs: 1 } } },
    ])
    await eventually(() => expect(ofType(seen, 'activity.deleted')).toHaveLength(before.length))
    expect(new Set(ofType(seen, 'activity.deleted').map(({ data }) => data.reason))).toEqual(new Set(['expired']))
    expect(await stored(link)).toEqual([])
    const { links, fetchTickets, syncRuns } = harness.store.collections
    expect(await syncRuns.countDocuments({ linkId: link.linkId })).toBe(0)
    expect(await links.countDocuments({ _id: link.linkId })).toBe(1)
    expect(await fetchTickets.countDocuments({ _id: link.linkId })).toBe(1)
    expect(await stored(kept.link)).toHaveLength(kept.before.length)
  })

  it('has what had gone by its age since then counted, too', async () => {
    const { link, seen, before } = await synced('chris')
    const diedAt = await die(link)
    const [first] = before
    const { workouts } = harness.store.collections
    const at = harness.clock.now()
    await workouts.updateOne(
      { _id: first!._id },
      { $set: { version: 2, deletion: { reason: 'expired', at }, outbox: [] } },
    )
    await openPolicyReceipt(link, diedAt)
    await eventually(() => expect(ofType(seen, 'athlete.erased')).toHaveLength(1))
    expect(ofType(seen, 'athlete.erased')[0]?.data.deleted.workouts).toBe(before.length)
  })

  it('keeps nobody from importing again, and each workout comes back under its id', async () => {
    const { link, seen, before } = await synced('dana')
    await openPolicyReceipt(link, await die(link))
    await eventually(() => expect(ofType(seen, 'athlete.erased')).toHaveLength(1))
    await reconnect(link)
    const run = await harness.finishedRun(await harness.request(link))
    expect(run).toMatchObject({ outcome: 'succeeded', counts: { created: before.length } })
    const ids = (workouts: { _id: string }[]) => workouts.map(({ _id }) => _id).sort()
    expect(ids(await stored(link))).toEqual(ids(before))
    expect(new Set((await stored(link)).map(({ version }) => version))).toEqual(new Set([3]))
  })

  it('may die again, under a receipt of its own', async () => {
    const { link, seen, before } = await synced('anna')
    await openPolicyReceipt(link, await die(link))
    await eventually(() => expect(ofType(seen, 'athlete.erased')).toHaveLength(1))
    await reconnect(link)
    await harness.finishedRun(await harness.request(link))
    const receiptId = await openPolicyReceipt(link, await die(link))
    await eventually(() => expect(ofType(seen, 'athlete.erased')).toHaveLength(2))
    expect(ofType(seen, 'athlete.erased')[1]?.data).toMatchObject({ receiptId, deleted: { workouts: before.length } })
    expect(await stored(link)).toEqual([])
  })
})

describe('a grant that came back', () => {
  it('before anything was erased loses nothing, and the receipt is answered', async () => {
    const { link, seen, before } = await synced('anna')
    const diedAt = await die(link)
    await reconnect(link)
    await openPolicyReceipt(link, diedAt)
    await eventually(() => expect(ofType(seen, 'athlete.erased')).toHaveLength(1))
    expect(ofType(seen, 'athlete.erased')[0]?.data.deleted).toEqual({ workouts: 0, sync_runs: 0 })
    expect(await stored(link)).toHaveLength(before.length)
  })

  it('and died again loses nothing under the receipt of its first death', async () => {
    const { link, seen, before } = await synced('ben')
    const first = await die(link)
    await reconnect(link)
    await die(link, new Date(first.getTime() + 1))
    await openPolicyReceipt(link, first)
    await eventually(() => expect(ofType(seen, 'athlete.erased')).toHaveLength(1))
    expect(await stored(link)).toHaveLength(before.length)
  })

  it('while it was being erased keeps what was fetched since', async () => {
    const { link, seen, before } = await synced('chris')
    const diedAt = await die(link)
    const { workouts, fetchTickets, erasures } = harness.store.collections
    const { lastTicket } = (await fetchTickets.findById(link.linkId).lean())!
    // A process has looked at the grant and noted the ticket, and goes no further.
    const receiptId = newId('receipt')
    await erasures.create({
      _id: receiptId,
      ...{ ...link, requestedAt: new Date(diedAt.getTime() + 7 * dayMs), upToTicket: lastTicket },
      ...{ deleted: { workouts: 0, sync_runs: 0 }, deleting: null, step: 0, attempts: 0, nextTryAt: null },
      ...{ erasedAt: null, lookAgainAt: null, outbox: [] },
    })
    await reconnect(link)
    harness.simulator.control.deleteActivity(Number(before[0]!.stravaActivityId))
    harness.simulator.control.setFaults({ rules: [{ endpoint: 'activity', effect: { kind: 'status', status: 500 } }] })
    await harness.finishedRun(await harness.request(link))
    await harness.openReceipt(link, receiptId, { reason: 'policy', grantDiedAt: diedAt })
    await eventually(() => expect(ofType(seen, 'athlete.erased')).toHaveLength(1))
    // The one that was not seen again is of the dead grant.
    expect(await workouts.countDocuments({ linkId: link.linkId })).toBe(before.length - 1)
    expect(ofType(seen, 'athlete.erased')[0]?.data.deleted.workouts).toBe(1)
  })
})

it('a receipt of the policy ends no link and holds no run back', async () => {
  const link = await harness.link('anna')
  const receipts = createReceiptReader(harness.store.collections)
  await harness.openReceipt(link, newId('receipt'), { reason: 'policy', grantDiedAt: new Date(0), erasedAt: null })
  await harness.openReceipt(link, newId('receipt'), { reason: 'policy', grantDiedAt: new Date(1), erasedAt: null })
  expect(await receipts.endOf(link.linkId)).toBeNull()
  expect(await receipts.isErasing(link.athleteId)).toBe(false)
  await harness.openReceipt(link, newId('receipt'))
  expect(await receipts.isErasing(link.athleteId)).toBe(true)
  await expect(harness.openReceipt(link, newId('receipt'))).rejects.toThrow(/E11000/)
})
