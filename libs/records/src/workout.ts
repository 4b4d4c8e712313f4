import { type DeletionReason, defaultsOf, type Workout, type WorkoutInput, workoutSchema } from '@slipstream/contracts'
import type { WaitingEvent } from './outbox.ts'

type OursAlone = 'id' | 'stravaActivityId' | 'source' | 'startedAt' | 'version' | 'firstIngestedAt' | 'updatedAt'

/** What the provider says about a workout, apart from our ids, versions and times. */
export type WorkoutValues = Omit<Workout, OursAlone> & { startedAt: Date }

/** Absent, never undefined: that is what MongoDB gives back. */
type Absentable<T> = { [Key in keyof T]: Exclude<T[Key], undefined> }

/** The same as stored: a value that was added to the contract later is absent where the row has never had it. */
type StoredValues = Absentable<Omit<WorkoutInput, OursAlone>> & { startedAt: Date }

/**
 * `_id` is the workoutId. `appliedTicket` is the fetch it was last seen in, `fetchedAt` the time of that fetch: a fetch that
 * took a ticket at or below it is out of date and changes nothing.
 */
export interface WorkoutRow extends StoredValues, Pick<Workout, 'source' | 'stravaActivityId' | 'version'> {
  _id: string
  athleteId: string
  linkId: string
  appliedTicket: number
  firstIngestedAt: Date
  updatedAt: Date
  fetchedAt: Date
  /** Until when receivers were told they may keep it; absent: by release 0.1, or without end. */
  toldUntil?: Date
  /** Decided, with the version and the ticket that the tombstone will have: the row is about to be replaced by that. */
  deletion?: { reason: DeletionReason; at: Date }
  /** The run in which Strava answered for it with a 404 that says nothing; a second such run believes it. */
  doubtedBy?: string
  outbox: WaitingEvent[]
}

export type StoredWorkout = Omit<WorkoutRow, 'outbox'>

const valuesOfNewFields = defaultsOf(workoutSchema)
const shownFields = Object.keys(workoutSchema.shape) as (keyof Workout)[]

/**
 * The one translation of a stored workout to what events and the API show. The fields shown are picked: leaving the others out
 * of a copy takes several times as long, and reading a page is made of little else.
 */
export const toContract = (stored: StoredWorkout): Workout => {
  const values: Workout = {
    ...valuesOfNewFields,
    ...stored,
    id: stored._id,
    startedAt: stored.startedAt.toISOString(),
    firstIngestedAt: stored.firstIngestedAt.toISOString(),
    updatedAt: stored.updatedAt.toISOString(),
  }
  return Object.fromEntries(shownFields.map((field) => [field, values[field]])) as Workout
}
