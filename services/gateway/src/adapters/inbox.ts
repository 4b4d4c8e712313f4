import { newEvent } from '@slipstream/messaging'
import { type Collections, duplicatesIn, writePage } from '@slipstream/persistence'
import type { WebhookInboxRow } from '@slipstream/records'
import { inBatches, type NewId } from '@slipstream/runtime'
import { currentTraceparent } from '@slipstream/telemetry'
import { webhookWithinMs } from '../domain/patience.ts'
import type { AthleteNotice, Inbox } from '../domain/ports.ts'

const told = { objectType: 1, objectId: 1, aspectType: 1, eventTime: 1, updates: 1, receivedAt: 1 } as const

export const createInbox = (webhookInbox: Collections<'gateway'>['webhookInbox'], newId: NewId): Inbox => {
  const insert = inBatches(
    async (documents: readonly WebhookInboxRow[]) => {
      const inserts = documents.map((document) => ({ insertOne: { document } }))
      try {
        await writePage(webhookInbox, inserts)
        return documents.map(() => true)
      } catch (error) {
        const known = duplicatesIn(error)
        if (!known) throw error
        return documents.map((_, index) => !known.has(index))
      }
    },
    { limitMs: webhookWithinMs },
  )
  const waitingOf = (linkId: string) => ({ linkId, objectType: 'athlete' as const, takenAt: null })
  return {
    add: async (row, { isRelayed }) => {
      const { _id: inboxId, athleteId, linkId, objectType, objectId, aspectType, eventTime, receivedAt: now } = row
      const notified = {
        athleteId,
        linkId,
        inboxId,
        objectType,
        objectId,
        aspectType,
        eventTime: eventTime.toISOString(),
      }
      const outbox = isRelayed ? [newEvent('strava.notified', notified, { id: newId('evt'), now })] : []
      const traceparent = currentTraceparent()
      return insert({ ...row, ...(traceparent && { traceparent }), outbox })
    },
    toldOf: async (linkId, limit) => {
      // The order of the index `link` is another one.
      const found = await webhookInbox.find({ linkId }, told).hint('link').limit(limit).lean()
      return found
        .toSorted((one, other) => one.receivedAt.getTime() - other.receivedAt.getTime())
        .map(({ objectType, objectId, aspectType, updates, eventTime, receivedAt }) => ({
          ...{ objectType, objectId, aspectType, updates },
          ...{ eventTime: eventTime.toISOString(), receivedAt: receivedAt.toISOString() },
        }))
    },
    dueOfAthletes: (now) =>
      webhookInbox
        .findOne(
          { objectType: 'athlete', takenAt: null, nextTryAt: { $lte: now } },
          { athleteId: 1, linkId: 1, attempts: 1 },
        )
        .sort({ nextTryAt: 1 })
        .lean<AthleteNotice>()
        .exec(),
    settle: async (linkId, receivedUntil, now) => {
      await webhookInbox.updateMany(
        { ...waitingOf(linkId), receivedAt: { $lte: receivedUntil } },
        { $set: { takenAt: now } },
      )
    },
    postpone: async (linkId, next) => {
      await webhookInbox.updateMany({ ...waitingOf(linkId), nextTryAt: { $lt: next.nextTryAt } }, { $set: next })
    },
    removeOf: async (linkId) => {
      await webhookInbox.deleteMany({ linkId })
    },
  }
}
