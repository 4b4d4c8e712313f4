import type { Collections } from '@slipstream/persistence'
import type { Inbox, InboxRow } from '../domain/ports.ts'

const withoutOutbox = { outbox: 0 } as const

/** Notices of athletes are the gateway's to look after. */
const ofActivities = { objectType: 'activity' as const }

export const createInbox = ({ webhookInbox }: Pick<Collections<'scheduler'>, 'webhookInbox'>): Inbox => ({
  find: (inboxId) =>
    webhookInbox
      .findOne({ _id: inboxId, ...ofActivities }, withoutOutbox)
      .lean<InboxRow>()
      .exec(),
  notTaken: (now, limit) =>
    webhookInbox
      .find({ ...ofActivities, takenAt: null, nextTryAt: { $lte: now } }, withoutOutbox)
      .sort({ nextTryAt: 1 })
      .limit(limit)
      .lean<InboxRow[]>()
      .exec(),
  isOvertaken: async ({ linkId, objectId, eventTime, receivedAt }) => {
    const later = [{ eventTime: { $gt: eventTime } }, { eventTime, receivedAt: { $gt: receivedAt } }]
    return (await webhookInbox.exists({ linkId, objectId, ...ofActivities, $or: later })) !== null
  },
  putOff: async (inboxId, attempts, nextTryAt) => {
    await webhookInbox.updateOne({ _id: inboxId }, { $set: { takenAt: null, attempts, nextTryAt } })
  },
  markTaken: async ({ _id, attempts }, now) => {
    // Put off meanwhile, because its run was quicker, it stays.
    await webhookInbox.updateOne({ _id, takenAt: null, attempts: attempts ?? null }, { $set: { takenAt: now } })
  },
})
