import type { OutboxEvent } from '@slipstream/contracts'
import type { Model } from 'mongoose'

/** The documents of one collection as the relay sees them: events that wait, and a way to take off those published. */
export interface OutboxSource {
  readonly name: string
  /** Documents with an event from `occurredBefore` or earlier, oldest first, each with all its events in order. */
  waiting(occurredBefore: Date, limit: number): Promise<{ documentId: string; events: OutboxEvent[] }[]>
  /** Takes the named events off; others of the same document stay. */
  settle(published: { documentId: string; eventIds: string[] }[]): Promise<void>
  /** Waiting events, not documents. */
  count(): Promise<number>
}

interface WithOutbox {
  _id: string
  outbox: OutboxEvent[]
}

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
