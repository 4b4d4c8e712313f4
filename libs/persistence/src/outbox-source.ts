import type { EventType } from '@slipstream/contracts'
import type { OutboxSource, WaitingEvent, WaitingEvents, WithOutbox } from '@slipstream/records'
import type { Model } from 'mongoose'
import { outboxDueIndex } from './collections/definition.ts'
import { writePage } from './write-page.ts'

// Casting needs no type of its own per collection: all that is read and written here is `_id`, `linkId` and `outbox`.
type OutboxModel = Model<WithOutbox>

/** A backlog larger than this is counted as this: what an operator does is the same. */
const countedDocuments = 10_000

/** Events of one type alone, or all but those: what is not in a hurry does not hold up what is. */
type Part = { only: EventType } | { allBut: EventType }

/**
 * @param model a collection that declares the fields and the indexes `outbox` of `definition.ts`
 * @param part default: all events
 */
export const mongoOutboxSource = <Doc extends WithOutbox>(
  name: string,
  model: Model<Doc>,
  part?: Part,
): OutboxSource => {
  const documents = model as unknown as OutboxModel
  const isPart = ({ type }: WaitingEvent) =>
    part === undefined || ('only' in part ? type === part.only : type !== part.allBut)
  const ofPart = part && { type: 'only' in part ? part.only : { $ne: part.allBut } }
  const cond = part && ('only' in part ? { $eq: ['$$this.type', part.only] } : { $ne: ['$$this.type', part.allBut] })
  const toWaiting = ({ _id, linkId, outbox }: WithOutbox): WaitingEvents => ({
    documentId: _id,
    linkId: linkId ?? null,
    events: outbox.filter(isPart),
  })
  // Without a sort: MongoDB would sort all that match, because the index has several keys for a document. Read along the
  // index they come in its order anyway, and no more of them than the limit.
  const read = (filter: object, limit: number) =>
    documents.find(filter, { linkId: 1, outbox: 1 }).hint(outboxDueIndex.name).limit(limit).lean<WithOutbox[]>()
  return {
    name,
    waiting: async ({ occurredBefore, now }, limit) => {
      const [due, untried] = await Promise.all([
        read({ outbox: { $elemMatch: { nextTryAt: { $lte: now }, ...ofPart } } }, limit),
        read({ outbox: { $elemMatch: { nextTryAt: null, occurredAt: { $lte: occurredBefore }, ...ofPart } } }, limit),
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
      await writePage(documents, [...taken, ...postponed])
    },
    count: async () => {
      // Documents with an empty outbox are not in the sparse index.
      const [total] = await documents.aggregate<{ events: number }>([
        { $match: { 'outbox.occurredAt': { $gt: new Date(0) } } },
        { $limit: countedDocuments },
        {
          $group: {
            _id: null,
            events: { $sum: { $size: cond ? { $filter: { input: '$outbox', cond } } : '$outbox' } },
          },
        },
      ])
      return total?.events ?? 0
    },
  }
}
