import type { OutboxSource, WaitingEvents, WithOutbox } from '@slipstream/records'
import type { Model } from 'mongoose'
import { outboxDueIndex } from './collections/definition.ts'

// Casting needs no type of its own per collection: all that is read and written here is `_id`, `linkId` and `outbox`.
type OutboxModel = Model<WithOutbox>

/** A backlog larger than this is counted as this: what an operator does is the same. */
const countedDocuments = 10_000

const toWaiting = ({ _id, linkId, outbox }: WithOutbox): WaitingEvents => ({
  documentId: _id,
  linkId: linkId ?? null,
  events: outbox,
})

/** @param model a collection that declares the fields and the indexes `outbox` of `definition.ts` */
export const mongoOutboxSource = <Doc extends WithOutbox>(name: string, model: Model<Doc>): OutboxSource => {
  const documents = model as unknown as OutboxModel
  // Without a sort: MongoDB would sort all that match, because the index has several keys for a document. Read along the
  // index they come in its order anyway, and no more of them than the limit.
  const read = (filter: object, limit: number) =>
    documents.find(filter, { linkId: 1, outbox: 1 }).hint(outboxDueIndex.name).limit(limit).lean<WithOutbox[]>()
  return {
    name,
    waiting: async ({ occurredBefore, now }, limit) => {
      const [due, untried] = await Promise.all([
        read({ 'outbox.nextTryAt': { $lte: now } }, limit),
        read({ outbox: { $elemMatch: { nextTryAt: null, occurredAt: { $lte: occurredBefore } } } }, limit),
      ])
      return [...new Map([...untried, ...due].map((found) => [found._id, toWaiting(found)])).values()]
    },
    settle: async (relayed) => {
      const taken = relayed
        .filter(({ settledIds }) => settledIds.length > 0)
        .map(({ documentId, settledIds }) => ({
          updateOne: { filter: { _id: documentId }, update: { $pull: { outbox: { id: { $in: settledIds } } } } },
        }))
      const postponed = relayed.flatMap(({ documentId, failed }) => {
        if (failed === null) return []
        const { eventId, attempts, nextTryAt } = failed
        return {
          updateOne: {
            filter: { _id: documentId, 'outbox.id': eventId },
            update: { $set: { 'outbox.$[].nextTryAt': nextTryAt, 'outbox.$[first].attempts': attempts } },
            arrayFilters: [{ 'first.id': eventId }],
          },
        }
      })
      if (taken.length + postponed.length === 0) return
      await documents.bulkWrite([...taken, ...postponed], { ordered: false })
    },
    count: async () => {
      // Documents with an empty outbox are not in the sparse index.
      const [total] = await documents.aggregate<{ events: number }>([
        { $match: { 'outbox.occurredAt': { $gt: new Date(0) } } },
        { $limit: countedDocuments },
        { $group: { _id: null, events: { $sum: { $size: '$outbox' } } } },
      ])
      return total?.events ?? 0
    },
  }
}
