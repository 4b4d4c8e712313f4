import { behindPlace, type Collections } from '@slipstream/persistence'
import { endingReasons } from '@slipstream/records'
import type { EndedLink, ReceiptReader } from '../domain/ports.ts'

const fields = { athleteId: 1, linkId: 1, requestedAt: 1 } as const

export const createReceiptReader = ({ receipts }: Pick<Collections<'scheduler'>, 'receipts'>): ReceiptReader => ({
  ended: {
    behind: async (place, limit) => {
      const { filter, sort } = behindPlace('requestedAt', place)
      return await receipts
        .find({ ...filter, reason: { $in: endingReasons } }, fields)
        .sort(sort)
        .limit(limit)
        .lean<EndedLink[]>()
    },
    placeOf: ({ _id, requestedAt }) => ({ time: requestedAt, id: _id }),
  },
})
