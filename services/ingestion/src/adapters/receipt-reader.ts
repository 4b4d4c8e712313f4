import type { Collections } from '@slipstream/persistence'
import type { ReceiptRow } from '@slipstream/records'
import type { EndedLink, ReceiptReader } from '../domain/ports.ts'

type ReceiptFields = Pick<ReceiptRow, '_id' | 'athleteId' | 'linkId' | 'requestedAt'>

const fields = { athleteId: 1, linkId: 1, requestedAt: 1 } as const

const toEndedLink = ({ _id: receiptId, athleteId, linkId, requestedAt }: ReceiptFields): EndedLink => ({
  ...{ receiptId, athleteId, linkId, requestedAt },
})

const behind = ({ requestedAt, receiptId }: EndedLink) => ({
  $or: [{ requestedAt: { $gt: requestedAt } }, { requestedAt, _id: { $gt: receiptId } }],
})

export const createReceiptReader = ({ receipts }: Pick<Collections<'ingestion'>, 'receipts'>): ReceiptReader => ({
  ofLink: async (linkId) => {
    const found = await receipts.findOne({ linkId }, fields).sort({ requestedAt: -1 }).lean<ReceiptFields>()
    return found && toEndedLink(found)
  },

  isErasing: async (athleteId) => (await receipts.exists({ athleteId, erasedAt: null })) !== null,

  unerased: async (after, limit) => {
    const found = await receipts
      .find({ erasedAt: null, ...(after && behind(after)) }, fields)
      .sort({ requestedAt: 1, _id: 1 })
      .limit(limit)
      .lean<ReceiptFields[]>()
    return found.map(toEndedLink)
  },
})
