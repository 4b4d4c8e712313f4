import type { Cause, Lane, RunCounts, RunOutcome } from '@slipstream/contracts'
import type { WaitingEvent } from './outbox.ts'

/** Bounds on the start times of activities. */
export interface StoredWindow {
  after: Date
  before: Date
}

export const storedRunStates = ['queued', 'running', 'waiting_for_quota', 'finished'] as const
export type StoredRunState = (typeof storedRunStates)[number]

/**
 * One bounded attempt to catch up; `_id` is the runId. States: `queued` (waits for a delivery) → `running` (one delivery
 * holds the lease and works on `nextPage`) → `queued` again with the next page, until a page is empty → `finished`. From
 * `running` it goes to `waiting_for_quota` when no call may be made before `resumeAt`, and from there back to `queued`.
 * `finished` is final. The lease keeps two deliveries of one run apart.
 */
export interface SyncRunRow {
  _id: string
  athleteId: string
  linkId: string
  lane: Lane
  cause: Cause
  window: StoredWindow
  requestedVersion: number
  requestedAt: Date
  state: StoredRunState
  nextPage: number
  counts: RunCounts
  resumeAt: Date | null
  startedAt: Date | null
  finishedAt: Date | null
  outcome: RunOutcome | null
  errorCode: string | null
  leaseOwner: string | null
  leaseUntil: Date | null
  fence: number
  outbox: WaitingEvent[]
}

/** The last fetch ticket handed out for a link (`_id`): whoever fetches later holds the higher number. */
export interface FetchTicketRow {
  _id: string
  lastTicket: number
}
