import type { WebhookInboxRow } from '@slipstream/records'
import { newId } from '@slipstream/runtime'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createInbox } from '../src/adapters/inbox.ts'
import { type Harness, startHarness } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
  await harness.startScheduler({ sweepEveryMs: 100 })
})
afterAll(() => harness?.stop())

const minuteAgo = () => new Date(Date.now() - 60_000)
/** A notice whose event was lost. */
const noticed = async (link: { _id: string; athleteId: string }, changes: Partial<WebhookInboxRow> = {}) => {
  const row: WebhookInboxRow = {
    ...{ _id: newId('inbox'), athleteId: link.athleteId, linkId: link._id, subscriptionId: '1' },
    ...{ objectType: 'activity', objectId: '7', aspectType: 'create', eventTime: minuteAgo(), updates: {} },
    ...{
      receivedAt: minuteAgo(),
      nextTryAt: minuteAgo(),
      takenAt: null,
      deleteAt: new Date(Date.now() + 3_600_000),
      outbox: [],
    },
    ...changes,
  }
  await harness.store.connection.collection<WebhookInboxRow>('webhook_inbox').insertOne(row)
  return row._id
}
const taken = (inboxId: string) =>
  vi.waitFor(async () => {
    const row = await harness.store.collections.webhookInbox.findById(inboxId).lean()
    expect(row?.takenAt).not.toBeNull()
  })
const realtimeOf = async ({ athleteId }: { athleteId: string }) =>
  (await harness.store.collections.schedules.findById(athleteId).lean())?.wants?.realtime

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
    await harness.store.collections.schedules.updateOne({ _id: link.athleteId }, { $set: full })
    const tooMuch = await noticed(link, { objectId: '8' })
    await vi.waitFor(async () => {
      const row = await harness.store.collections.webhookInbox.findById(tooMuch).lean()
      expect(row).toMatchObject({ takenAt: null, nextTryAt: new Date(full.looks.since.getTime() + 3_600_000) })
    })
  })

  it('of an athlete is left to the gateway', async () => {
    const link = await harness.link()
    const ofAthlete = await noticed(link, { objectType: 'athlete' })
    await taken(await noticed(link))
    expect(await harness.store.collections.webhookInbox.findById(ofAthlete).lean()).toMatchObject({ takenAt: null })
  })

  it('is overtaken by what is said of the same activity later', async () => {
    const link = await harness.link()
    const inbox = createInbox(harness.store.collections)
    const first = (await inbox.find(await noticed(link)))!
    await noticed(link, { objectId: '8', receivedAt: new Date() })
    expect(await inbox.isOvertaken(first)).toBe(false)
    const before = new Date(first.eventTime.getTime() - 1_000)
    await noticed(link, { aspectType: 'update', eventTime: before, receivedAt: new Date() })
    expect(await inbox.isOvertaken(first)).toBe(false)
    await noticed(link, { aspectType: 'update', eventTime: first.eventTime, receivedAt: new Date() })
    expect(await inbox.isOvertaken(first)).toBe(true)
  })

  it('and is put off is taken in at its time', async () => {
    const link = await harness.link()
    const inbox = createInbox(harness.store.collections)
    const later = await noticed(link, { objectId: '8' })
    await taken(later)
    await inbox.putOff(later, 1, new Date(Date.now() + 3_600_000))
    await taken(await noticed(link, { objectId: '9' }))
    const waiting = await harness.store.collections.webhookInbox.findById(later).lean()
    expect(waiting).toMatchObject({ takenAt: null, attempts: 1 })
    await inbox.putOff(later, 1, minuteAgo())
    await taken(later)
  })
})
