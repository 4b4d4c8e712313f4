import type { WebhookInboxRow } from '@slipstream/records'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createInbox } from '../src/adapters/inbox.ts'
import { type Harness, startHarness } from './harness.ts'
import { minuteAgo, noticeOf } from './support/notices.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
  await harness.startScheduler({ inboxEveryMs: 100 })
})
afterAll(() => harness?.stop())

const noticed = async (...told: Parameters<typeof noticeOf>) => {
  const row = noticeOf(...told)
  await harness.store.connection.collection<WebhookInboxRow>('webhook_inbox').insertOne(row)
  return row._id
}
const rowOf = (inboxId: string) => harness.store.collections.webhookInbox.findById(inboxId).lean()
const taken = (inboxId: string) =>
  vi.waitFor(async () => {
    expect((await rowOf(inboxId))?.takenAt).not.toBeNull()
  })
const realtimeOf = async ({ athleteId }: { athleteId: string }) =>
  (await harness.store.collections.schedules.findById(athleteId).lean())?.wants?.realtime

/** What sweeps have read of the row until now is not written over it. */
const unseenBefore = { $inc: { revision: 1 } }

describe('what a webhook said', () => {
  it('is asked for though its event was lost, and marked', async () => {
    const link = await harness.link()
    await taken(await noticed(link))
    expect(await realtimeOf(link)).toMatchObject({
      ...{ cause: 'webhook', answered: 0, activities: [{ stravaActivityId: '7', aspect: 'create' }] },
    })
  })

  it('of a link that cannot be used is done with', async () => {
    const link = await harness.link({ status: 'reauth_required' })
    await taken(await noticed(link))
    expect(await realtimeOf(link)).toBeUndefined()
  })

  it('is put off once webhooks have asked for ten runs of the athlete in an hour', async () => {
    const link = await harness.link()
    await taken(await noticed(link))
    const full = { looks: { since: new Date(), count: 10 }, 'wants.realtime.answered': 1_000, publishedAt: null }
    await harness.store.collections.schedules.updateOne({ _id: link.athleteId }, { $set: full, ...unseenBefore })
    const tooMuch = await noticed(link, { objectId: '8' })
    await vi.waitFor(async () => {
      expect(await rowOf(tooMuch)).toMatchObject({
        takenAt: null,
        nextTryAt: new Date(full.looks.since.getTime() + 3_600_000),
      })
    })
  })

  it('waits out a pause, unless it is looked for again', async () => {
    const link = await harness.link()
    await taken(await noticed(link))
    const notBefore = new Date(Date.now() + 3_600_000)
    const paused = { looks: { since: new Date(), count: 2, inVain: 5, notBefore } }
    await harness.store.collections.schedules.updateOne({ _id: link.athleteId }, { $set: paused, ...unseenBefore })
    const first = await noticed(link, { objectId: '8' })
    await taken(await noticed(link, { objectId: '9', attempts: 1, returned: 1 }))
    await vi.waitFor(async () => expect(await rowOf(first)).toMatchObject({ takenAt: null, nextTryAt: notBefore }))
  })

  it('of an athlete is left to the gateway', async () => {
    const link = await harness.link()
    const ofAthlete = await noticed(link, { objectType: 'athlete' })
    await taken(await noticed(link))
    expect(await rowOf(ofAthlete)).toMatchObject({ takenAt: null })
  })

  it('is measured by what else is said of the same activity, in its second or later', async () => {
    const link = await harness.link()
    const inbox = createInbox(harness.store.collections)
    const first = (await inbox.find(await noticed(link)))!
    await noticed(link, { objectId: '8', receivedAt: new Date() })
    const before = new Date(first.eventTime.getTime() - 1_000)
    await noticed(link, { aspectType: 'update', eventTime: before, receivedAt: new Date() })
    expect(await inbox.saidSince(first)).toEqual([])
    await noticed(link, { aspectType: 'update', eventTime: first.eventTime, receivedAt: new Date() })
    expect(await inbox.saidSince(first)).toMatchObject([{ aspectType: 'update', eventTime: first.eventTime }])
  })

  it('and is put back is taken in at its time', async () => {
    const link = await harness.link()
    const inbox = createInbox(harness.store.collections)
    const later = await noticed(link, { objectId: '8' })
    await taken(later)
    await inbox.putBack({ inboxId: later }, { attempts: 1, nextTryAt: new Date(Date.now() + 3_600_000) })
    await taken(await noticed(link, { objectId: '9' }))
    expect(await rowOf(later)).toMatchObject({ takenAt: null, attempts: 1 })
    await inbox.putBack({ inboxId: later, returned: 1 }, { attempts: 2, nextTryAt: minuteAgo() })
    await taken(later)
    const want = await realtimeOf(link)
    expect(want?.activities?.find(({ inboxId }) => inboxId === later)).toMatchObject({ attempts: 2, returned: 2 })
  })

  it.each(['before', 'after'])('and was not found yet is put back once, %s it is marked as taken', async (order) => {
    const inbox = createInbox(harness.store.collections)
    const nextTryAt = new Date(Date.now() + 3_600_000)
    const inboxId = await noticed(await harness.link(), { nextTryAt })
    const row = (await inbox.find(inboxId))!
    // Not looked at: what a run had no call left for counts as no attempt.
    const putBack = () => inbox.putBack({ inboxId }, { attempts: 0, nextTryAt })
    if (order === 'after') await inbox.markTaken([row], new Date())
    expect(await putBack()).toBe(true)
    if (order === 'before') await inbox.markTaken([row], new Date())
    expect(await putBack()).toBe(false)
    expect(await rowOf(inboxId)).toMatchObject({ takenAt: null, returned: 1 })
    const asked = { inboxId, returned: 1 }
    expect([await inbox.giveUp(asked, new Date()), await inbox.giveUp(asked, new Date())]).toEqual([true, false])
    expect((await rowOf(inboxId))?.takenAt).not.toBeNull()
  })
})
