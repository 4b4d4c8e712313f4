import type { Collections } from '@slipstream/persistence'
import { endingReasons, type ReceiptRow } from '@slipstream/records'
import type { OpenReceipt, ReceiptReader } from '../domain/ports.ts'

type ReceiptFields = Pick<ReceiptRow, '_id' | 'athleteId' | 'linkId' | 'requestedAt' | 'grantDiedAt'>

const fields = { athleteId: 1, linkId: 1, requestedAt: 1, grantDiedAt: 1 } as const

const endsLink = { reason: { $in: endingReasons } }

const toOpenReceipt = ({ _id: receiptId, ...receipt }: ReceiptFields): OpenReceipt => ({ receiptId, ...receipt })

const behind = ({ requestedAt, receiptId }: OpenReceipt) => ({
  $or: [{ requestedAt: { $gt: requestedAt } }, { requestedAt, _id: { $gt: receiptId } }],
})

export const createReceiptReader = ({ receipts }: Pick<Collections<'ingestion'>, 'receipts'>): ReceiptReader => ({
  endOf: async (linkId) => {
    const found = await receipts.findOne({ linkId, ...endsLink }, fields).lean<ReceiptFields>()
    return found && toOpenReceipt(found)
  },

  isErasing: async (athleteId) => (await receipts.exists({ athleteId, erasedAt: null, ...endsLink })) !== null,

  unerased: async (after, limit) => {
    const found = await receipts
      .find({ erasedAt: null, ...(after && behind(after)) }, fields)
      .sort({ requestedAt: 1, _id: 1 })
      .limit(limit)
      .lean<ReceiptFields[]>()
    return found.map(toOpenReceipt)
  },
})
