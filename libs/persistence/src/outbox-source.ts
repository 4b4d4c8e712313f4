import type { OutboxSource, WithOutbox } from '@slipstream/records'
import type { Model } from 'mongoose'

// Casting needs no type of its own per collection: all that is read and written here is `_id` and `outbox`.
type OutboxModel = Model<WithOutbox>

/** @param model a collection that declares the fields and the index `outbox` of `definition.ts` */
export const mongoOutboxSource = <Doc extends WithOutbox>(name: string, model: Model<Doc>): OutboxSource => {
  const documents = model as unknown as OutboxModel
  return {
    name,
    waiting: async (occurredBefore, limit) => {
      const found = await documents
        .find({ 'outbox.occurredAt': { $lte: occurredBefore } }, { outbox: 1 })
        .sort({ 'outbox.occurredAt': 1 })
        .limit(limit)
        .lean()
      return found.map(({ _id, outbox }) => ({ documentId: _id, events: outbox }))
    },
    settle: async (published) => {
      if (published.length === 0) return
      await documents.bulkWrite(
        published.map(({ documentId, eventIds }) => ({
          updateOne: { filter: { _id: documentId }, update: { $pull: { outbox: { id: { $in: eventIds } } } } },
        })),
        { ordered: false },
      )
    },
    count: async () => {
      // The comparison keeps this on the sparse index: documents with an empty outbox are not in it.
      const [total] = await documents.aggregate<{ events: number }>([
        { $match: { 'outbox.occurredAt': { $gt: new Date(0) } } },
        { $group: { _id: null, events: { $sum: { $size: '$outbox' } } } },
      ])
      return total?.events ?? 0
    },
  }
}
