import type { Collections } from '@slipstream/persistence'
import type { Erasures } from '../domain/ports.ts'

export const createErasures = (erasures: Collections<'gateway'>['erasures']): Erasures => ({
  done: async (receiptIds) => {
    const found = await erasures.find({ _id: { $in: receiptIds } }, { deleted: 1, erasedAt: 1 }).lean()
    return new Map(
      found.flatMap(({ _id, deleted, erasedAt }) => (erasedAt ? [[_id, { deleted, erasedAt }] as const] : [])),
    )
  },
})
