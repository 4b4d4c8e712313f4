import type { Collections } from '@slipstream/persistence'
import type { SetAsides } from '../domain/ports.ts'

export const createSetAsides = (deadLetters: Collections<'gateway'>['deadLetters']): SetAsides => ({
  newest: async (athleteId, limit) => {
    const found = await deadLetters
      .find({ athleteId }, { reason: 1, eventType: 1, createdAt: 1, payload: 1 })
      .sort({ createdAt: -1 })
      .limit(limit)
      .lean()
    return found.map(({ reason, eventType, createdAt, payload }) => ({
      ...{ reason, eventType, payload },
      at: createdAt.toISOString(),
    }))
  },
})
