import { type Collections, isDuplicateKey } from '@slipstream/persistence'
import type { PushSubscriptionRow } from '@slipstream/records'
import { inBatches } from '@slipstream/runtime'
import { webhookWithinMs } from '../domain/patience.ts'
import type { Subscriptions } from '../domain/ports.ts'

export const createSubscriptions = (
  pushSubscription: Collections<'gateway'>['pushSubscription'],
  clientId: string,
): Subscriptions => {
  const isDue = (now: Date, notBeyond: Date | null) => ({
    _id: clientId,
    $or: [{ nextCheckAt: { $lte: now } }, ...(notBeyond ? [{ nextCheckAt: { $gt: notBeyond } }] : [])],
  })
  const unknown = { subscriptionId: null, makingUntil: null }
  const find = inBatches(
    async (asked: readonly undefined[]) => {
      const found = await pushSubscription.findById(clientId).lean<PushSubscriptionRow>()
      return asked.map(() => found)
    },
    { limitMs: webhookWithinMs },
  )
  return {
    find: () => find(undefined),
    takeCheck: async (now, { until, notBeyond }) => {
      const { matchedCount } = await pushSubscription.updateOne(isDue(now, notBeyond), { $set: { nextCheckAt: until } })
      if (matchedCount === 1) return true
      try {
        const { upsertedCount } = await pushSubscription.updateOne(
          { _id: clientId },
          { $setOnInsert: { ...unknown, nextCheckAt: until } },
          { upsert: true },
        )
        return upsertedCount === 1
      } catch (error) {
        if (isDuplicateKey(error)) return false
        throw error
      }
    },
    set: async (change) => {
      await pushSubscription.updateOne({ _id: clientId }, { $set: change })
    },
  }
}
