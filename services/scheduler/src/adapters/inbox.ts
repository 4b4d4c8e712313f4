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
  notTaken: (receivedBefore, limit) =>
    webhookInbox
      .find({ takenAt: null, receivedAt: { $lt: receivedBefore }, ...ofActivities }, withoutOutbox)
      .sort({ receivedAt: 1 })
      .limit(limit)
      .lean<InboxRow[]>()
      .exec(),
  markTaken: async (inboxId, now) => {
    await webhookInbox.updateOne({ _id: inboxId, takenAt: null }, { $set: { takenAt: now } })
  },
})
