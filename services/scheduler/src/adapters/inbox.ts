import type { Collections } from '@slipstream/persistence'
import type { Told } from '../domain/overtaken.ts'
import type { AskedNotice, Inbox, InboxRow } from '../domain/ports.ts'

/** Of one activity, however much is made up of it. */
const mostSaid = 100

const withoutOutbox = { outbox: 0 } as const

/** Notices of athletes are the gateway's to look after. */
const ofActivities = { objectType: 'activity' as const }

const dueBy = (now: Date) => ({ ...ofActivities, takenAt: null, nextTryAt: { $lte: now } })

const notTakenOf = (rows: readonly InboxRow[]) => ({ _id: { $in: rows.map(({ _id }) => _id) }, takenAt: null })

export const createInbox = ({ webhookInbox }: Pick<Collections<'scheduler'>, 'webhookInbox'>): Inbox => {
  /**
   * The end of a run may be heard twice, and before its notice was marked as taken. So each that is written of it raises `returned`,
   * and neither an older run nor an older mark goes over it.
   */
  const writeOnce = async ({ inboxId, returned = 0 }: AskedNotice, change: Partial<InboxRow>): Promise<boolean> => {
    const { matchedCount } = await webhookInbox.updateOne(
      { _id: inboxId, returned: returned === 0 ? null : returned },
      { $set: { ...change, returned: returned + 1 } },
    )
    return matchedCount === 1
  }

  return {
    find: (inboxId) =>
      webhookInbox
        .findOne({ _id: inboxId, ...ofActivities }, withoutOutbox)
        .lean<InboxRow>()
        .exec(),
    notTaken: (now, limit) =>
      webhookInbox.find(dueBy(now), withoutOutbox).sort({ nextTryAt: 1 }).limit(limit).lean<InboxRow[]>().exec(),
    saidSince: ({ _id, linkId, objectId, eventTime }) =>
      webhookInbox
        .find(
          { linkId, objectId, ...ofActivities, eventTime: { $gte: eventTime }, _id: { $ne: _id } },
          { aspectType: 1, eventTime: 1, receivedAt: 1, updates: 1 },
        )
        .sort({ eventTime: -1 })
        .limit(mostSaid)
        .lean<Told[]>()
        .exec(),
    markTaken: async (rows, now) => {
      for (const [returned, same] of Map.groupBy(rows, (row) => row.returned ?? null)) {
        await webhookInbox.updateMany({ ...notTakenOf(same), returned }, { $set: { takenAt: now } })
      }
    },
    putOff: async (rows, { until }) => {
      await webhookInbox.updateMany(notTakenOf(rows), { $set: { nextTryAt: until } })
    },
    putOffDue: async (linkId, { until, holds }, now) => {
      await webhookInbox.updateMany(
        { ...dueBy(now), linkId, ...(holds === 'first_looks' && { attempts: { $in: [null, 0] } }) },
        { $set: { nextTryAt: until } },
        { hint: 'not_taken' },
      )
    },
    postpone: async (rows, again) => {
      await webhookInbox.updateMany(notTakenOf(rows), { $set: again })
    },
    putBack: (asked, again) => writeOnce(asked, { ...again, takenAt: null }),
    giveUp: (asked, now) => writeOnce(asked, { takenAt: now }),
  }
}
