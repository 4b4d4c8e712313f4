import type { DeletionReason } from '@slipstream/contracts'
import type { WaitingEvent } from './outbox.ts'

/**
 * What is left of a workout that was deleted; `_id` is its workoutId. A fetch that started after `appliedTicket` and finds the
 * activity brings it back under the same id, with the next version; an earlier one does not.
 */
export interface TombstoneRow {
  _id: string
  athleteId: string
  linkId: string
  source: 'strava'
  stravaActivityId: string
  /** Of its `activity.deleted`. */
  version: number
  appliedTicket: number
  reason: DeletionReason
  deletedAt: Date
  deleteAt: Date
  outbox: WaitingEvent[]
}

export type Tombstone = Omit<TombstoneRow, 'outbox'>
