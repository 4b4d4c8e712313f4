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
  /**
   * Decided, with the version and the ticket that the tombstone will have: the row is about to be replaced by that. Where that has
   * failed, so often in a row, it is not tried again before `nextTryAt`.
   */
  deletion?: { reason: DeletionReason; at: Date; failures?: number; nextTryAt?: Date }
  /** The run in which Strava answered for it with a 404 that says nothing; a second such run believes it. */
  doubtedBy?: string
  outbox: WaitingEvent[]
}

export type StoredWorkout = Omit<WorkoutRow, 'outbox'>

const valuesOfNewFields = defaultsOf(workoutSchema)
const shownFields = Object.keys(workoutSchema.shape) as (keyof Workout)[]

/** What `toContract` reads; the rest need not be fetched for it. */
export const shownInContract = ['_id', ...shownFields.filter((field) => field !== 'id')]

/**
 * The one translation of a stored workout to what events and the API show. The fields shown are set one by one: copying the row,
 * or going over entries, takes several times as long, and reading a page is made of little else.
 */
export const toContract = (stored: StoredWorkout): Workout => {
  const fields = stored as unknown as Record<string, unknown>
  const shown: Record<string, unknown> = {}
  for (const field of shownFields) {
    const value = field === 'id' ? stored._id : fields[field]
    if (value === undefined) shown[field] = valuesOfNewFields[field as keyof typeof valuesOfNewFields]
    else shown[field] = value instanceof Date ? value.toISOString() : value
  }
  return shown as Workout
}
