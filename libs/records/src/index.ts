export type { AccountRow, KeySeen, OwedRevocation } from './account.ts'
export type { AthleteRow, ProfileRow } from './athlete.ts'
export type { AnsweredRequestRow, RequestCountRow } from './caller.ts'
export { holdingRuns, listedUpTo, provesWindow } from './completeness.ts'
export { type CredentialRow, type CredentialStatus, credentialStatuses, type SealedText } from './credential.ts'
export type { DeadLetter, DeadLetterRow, DeliveryAttemptRow, DeliveryLog } from './delivery.ts'
export type { ErasureBatch, ErasureRow } from './erasure.ts'
export {
  activeSinceOf,
  endingReasons,
  importRunIdOf,
  type LinkRow,
  policyReceiptIdOf,
  type ReceiptRow,
  type StravaIdentity,
} from './link.ts'
export {
  type AttemptAnswer,
  type AttemptStep,
  attemptSteps,
  type LinkAttemptRow,
  type PendingLink,
} from './link-attempt.ts'
export { type Named, named } from './named.ts'
export type { OutboxSource, RelayedEvents, WaitingEvent, WaitingEvents, WithOutbox } from './outbox.ts'
export {
  type AllowanceRow,
  type BucketName,
  bucketNames,
  type ClockLead,
  type LaneCalls,
  type Operation,
  operations,
  type QuotaBucket,
  type QuotaRow,
  type StopName,
  type StopRow,
  type StopRows,
  type StopTrouble,
  stopNames,
  stopTroubles,
} from './quota.ts'
export { progressOf } from './run-progress.ts'
export {
  isWantOpen,
  type LaneWants,
  openLanesOf,
  type RunRequest,
  type ScheduleRow,
  type Want,
  type WantedActivity,
  wantsOf,
} from './schedule.ts'
export type { ChangeSource, SweepMarkRow, SweepPlace } from './sweep-mark.ts'
export {
  answeredCallsOf,
  answersOf,
  type FetchTicketRow,
  type LaneVersions,
  type ListCursor,
  type MissingActivities,
  openRunStates,
  type RunWaitRow,
  type StoredRunState,
  type SyncRunRow,
  storedRunStates,
  type UnreadActivity,
} from './sync-run.ts'
export type { Tombstone, TombstoneRow } from './tombstone.ts'
export type { PushSubscriptionRow, WebhookInboxRow } from './webhook.ts'
export { type StoredWindow, windowAt, windowDaysOf } from './window.ts'
export { type StoredWorkout, shownInContract, toContract, type WorkoutRow, type WorkoutValues } from './workout.ts'
