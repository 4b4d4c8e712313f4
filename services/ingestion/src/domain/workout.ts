import type { Workout } from '@slipstream/contracts'

/** What the provider says about a workout, apart from our ids, versions and times. */
export type WorkoutFacts = Omit<
  Workout,
  'id' | 'stravaActivityId' | 'source' | 'startedAt' | 'version' | 'firstIngestedAt' | 'updatedAt'
> & { startedAt: Date }

/** A workout as it is stored. `appliedTicket` is the fetch it was last seen in, `fetchedAt` the time of that fetch. */
export interface StoredWorkout extends WorkoutFacts {
  _id: string
  athleteId: string
  linkId: string
  source: 'strava'
  stravaActivityId: string
  version: number
  appliedTicket: number
  firstIngestedAt: Date
  updatedAt: Date
  fetchedAt: Date
}

/** The stored workout as events and the API show it. */
export const toContract = (stored: StoredWorkout): Workout => {
  const { _id, athleteId, linkId, appliedTicket, fetchedAt, startedAt, firstIngestedAt, updatedAt, ...rest } = stored
  return {
    id: _id,
    ...rest,
    startedAt: startedAt.toISOString(),
    firstIngestedAt: firstIngestedAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}
