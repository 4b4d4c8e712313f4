import { newEvent } from '@slipstream/messaging'
import { type Collections, duplicatesIn, writePage } from '@slipstream/persistence'
import type { WebhookInboxRow } from '@slipstream/records'
import { inBatches, type NewId } from '@slipstream/runtime'
import { webhookWithinMs } from '../domain/patience.ts'
import type { AthleteNotice, Inbox } from '../domain/ports.ts'

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
  return {
    add: async (row, { isRelayed }) => {
      const { _id: inboxId, athleteId, linkId, objectType, objectId, aspectType, eventTime, receivedAt: now } = row
      const told = { athleteId, linkId, inboxId, objectType, objectId, aspectType, eventTime: eventTime.toISOString() }
      const outbox = isRelayed ? [newEvent('strava.notified', told, { id: newId('evt'), now })] : []
      return insert({ ...row, outbox })
    },
    ofAthletes: (now, limit) =>
      webhookInbox
        .find({ objectType: 'athlete', takenAt: null, nextTryAt: { $lte: now } }, { outbox: 0 })
        .sort({ nextTryAt: 1 })
        .limit(limit)
        .lean<AthleteNotice[]>()
        .exec(),
    settle: async (linkId, receivedUntil, now) => {
      await webhookInbox.updateMany(
        { linkId, objectType: 'athlete', takenAt: null, receivedAt: { $lte: receivedUntil } },
        { $set: { takenAt: now } },
      )
    },
    postpone: async (inboxId, attempts, nextTryAt) => {
      await webhookInbox.updateOne({ _id: inboxId }, { $set: { attempts, nextTryAt } })
    },
    settleOne: async (inboxId, now) => {
      await webhookInbox.updateOne({ _id: inboxId }, { $set: { takenAt: now } })
    },
    lastSettledAt: async (linkId) => {
      const last = await webhookInbox
        .findOne(
          {
            ...{ linkId, objectType: 'athlete', takenAt: { $ne: null } },
            $or: [{ aspectType: 'delete' }, { 'updates.authorized': 'false' }],
          },
          { takenAt: 1 },
        )
        .sort({ takenAt: -1 })
        .lean<Pick<AthleteNotice, '_id'> & { takenAt: Date }>()
      return last?.takenAt ?? null
    },
    postponeOf: async (linkId, nextTryAt) => {
      const sooner = { nextTryAt: { $lt: nextTryAt } }
      await webhookInbox.updateMany(
        { linkId, objectType: 'athlete', takenAt: null, ...sooner },
        { $set: { nextTryAt } },
      )
    },
    removeOf: async (linkId) => {
      await webhookInbox.deleteMany({ linkId })
    },
  }
}
