import type { Collections } from '@slipstream/persistence'
import type { Clock } from '@slipstream/runtime'
import type { Inbox, InboxRow } from '../domain/ports.ts'

const withoutOutbox = { outbox: 0 } as const

/** Notices of athletes are the gateway's to look after. */
const ofActivities = { objectType: 'activity' as const }

export const createInbox = ({ webhookInbox }: Pick<Collections<'scheduler'>, 'webhookInbox'>, clock: Clock): Inbox => ({
  find: (inboxId) =>
    webhookInbox
      .findOne({ _id: inboxId, ...ofActivities }, withoutOutbox)
      .lean<InboxRow>()
      .exec(),
  notTaken: (receivedBefore, limit) =>
    webhookInbox
      .find(
        {
          ...{ takenAt: null, receivedAt: { $lt: receivedBefore }, ...ofActivities },
          $or: [{ nextTryAt: null }, { nextTryAt: { $lte: clock.now() } }],
        },
        withoutOutbox,
      )
      .sort({ receivedAt: 1 })
      .limit(limit)
      .lean<InboxRow[]>()
      .exec(),
  newestOf: async (linkId, activityIds) => {
    const found = await webhookInbox
      .find({ linkId, ...ofActivities, objectId: { $in: [...activityIds] } }, withoutOutbox)
      .sort({ receivedAt: 1 })
      .lean<InboxRow[]>()
    return [...new Map(found.map((row) => [row.objectId, row])).values()]
  },
  putOff: async (inboxId, attempts, nextTryAt) => {
    await webhookInbox.updateOne({ _id: inboxId }, { $set: { takenAt: null, attempts, nextTryAt } })
  },
  markTaken: async (inboxId, now) => {
    await webhookInbox.updateOne({ _id: inboxId, takenAt: null }, { $set: { takenAt: now } })
  },
})
