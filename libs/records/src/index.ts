export type { AccountRow, OwedRevocation } from './account.ts'
export type { AthleteRow, ProfileRow } from './athlete.ts'
export { type CredentialRow, type CredentialStatus, credentialStatuses, type SealedText } from './credential.ts'
export type { DeadLetter, DeadLetterRow, DeliveryAttemptRow, DeliveryLog } from './delivery.ts'
export type { ErasureBatch, ErasureRow } from './erasure.ts'
export type { LinkRow, ReceiptRow, StravaIdentity } from './link.ts'
export { type AttemptStep, attemptSteps, type LinkAttemptRow, type PendingLink } from './link-attempt.ts'
export { type Named, named } from './named.ts'
export type { OutboxSource, RelayedEvents, WaitingEvent, WaitingEvents, WithOutbox } from './outbox.ts'
export {
  type AllowanceRow,
  type BucketName,
  bucketNames,
  type ClockLead,
  type QuotaBucket,
  type QuotaRow,
} from './quota.ts'
export type { RunRequest, ScheduleRow } from './schedule.ts'
export {
  type FetchTicketRow,
  type StoredRunState,
  type StoredWindow,
  type SyncRunRow,
  storedRunStates,
} from './sync-run.ts'
export { type StoredWorkout, toContract, type WorkoutRow, type WorkoutValues } from './workout.ts'
