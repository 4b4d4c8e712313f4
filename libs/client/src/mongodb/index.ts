import type { Collection } from 'mongodb'
import type { EventStore } from '../events/store.ts'

/** What stands in the collection. */
export interface RememberedNumber {
  _id: string
  value: number
  at: Date
}

const keptSeconds = 8 * 24 * 60 * 60

/** Remembers handled events in a collection of its own, through restarts and for all replicas of a service. */
export const mongoStore = (collection: Collection<RememberedNumber>): EventStore => {
  let hasIndex = false
  const ensureIndex = async () => {
    if (hasIndex) return
    await collection.createIndex({ at: 1 }, { expireAfterSeconds: keptSeconds })
    hasIndex = true
  }
  return {
    read: async (keys) => {
      const found = await collection.find({ _id: { $in: [...keys] } }).toArray()
      return new Map(found.map(({ _id, value }) => [_id, value]))
    },
    raise: async (numbers) => {
      await ensureIndex()
      const at = new Date()
      await collection.bulkWrite(
        [...numbers].map(([_id, value]) => ({
          updateOne: { filter: { _id }, update: { $max: { value }, $set: { at } }, upsert: true },
        })),
      )
    },
  }
}
