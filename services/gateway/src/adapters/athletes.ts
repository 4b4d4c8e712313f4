import type { Collections } from '@slipstream/persistence'
import type { Clock, NewId } from '@slipstream/runtime'
import { createBoundedMap } from './bounded-map.ts'

export interface AthleteDirectory {
  /** The athleteId of an issuer's subject; made at the first call, the same ever after. */
  identify(issuer: string, subject: string): Promise<string>
}

const cacheSize = 10_000

export const createAthleteDirectory = (
  athletes: Collections<'gateway'>['athletes'],
  { clock, newId }: { clock: Clock; newId: NewId },
): AthleteDirectory => {
  const known = createBoundedMap<string>(cacheSize)

  const findOrMake = async (issuer: string, subject: string): Promise<string> => {
    const found = await athletes.findOne({ issuer, subject }).lean()
    if (found) return found._id
    // An upsert on the unique index: of several first calls at once one inserts and the driver retries the others.
    const made = await athletes
      .findOneAndUpdate(
        { issuer, subject },
        { $setOnInsert: { _id: newId('ath'), createdAt: clock.now() } },
        { upsert: true, returnDocument: 'after' },
      )
      .lean()
    return made._id
  }

  return {
    identify: async (issuer, subject) => {
      const key = JSON.stringify([issuer, subject])
      const cached = known.get(key)
      if (cached !== undefined) return cached
      const athleteId = await findOrMake(issuer, subject)
      known.set(key, athleteId)
      return athleteId
    },
  }
}
