import type { WaitingEvent } from './outbox.ts'
import type { SyncRunRow } from './sync-run.ts'

/** What is asked of ingestion. */
export interface RunRequest extends Pick<SyncRunRow, 'lane' | 'cause' | 'window' | 'requestedAt'> {
  runId: string
}

/**
 * When an athlete is due, and what is asked for now. `_id` is the athleteId. Work is open while
 * `requestedVersion > completedVersion`; a new request raises the first, a finished run the second. `publishedAt` is set
 * exactly while work is open: when NATS was last asked. That row is the truth, the NATS message only a hint: losing every
 * message loses nothing, open rows are asked for again.
 */
export interface ScheduleRow {
  _id: string
  linkId: string
  requestedVersion: number
  completedVersion: number
  /** The newest request; kept after completion as the last one. */
  request: RunRequest | null
  /** The last manual request taken in, so that a repeated or late trigger is known. */
  manualRunId: string | null
  publishedAt: Date | null
  nextDueAt: Date
  outbox: WaitingEvent[]
}
