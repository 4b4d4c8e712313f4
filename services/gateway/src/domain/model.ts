import type { OutboxEvent } from '@slipstream/contracts'
import type { LinkAttemptRow, LinkRow, Named, ReceiptRow, ScheduleRow, SyncRunRow } from '@slipstream/records'

/** Who calls, as the access token says. */
export interface Caller {
  athleteId: string
  /** The claim `profile_submitted`; only looked at with PROFILE_GATE=claim. */
  profileClaimed: boolean
  /** Has the role `slipstream:operator`. */
  isOperator: boolean
  tokenExpiresAt: Date
}

export type Link = Named<LinkRow, 'linkId'>
export type NewLink = Omit<Link, 'status' | 'statusSince' | 'errorCode' | 'manualSync'>

export type LinkAttempt = Omit<Named<LinkAttemptRow, 'id'>, 'linkTokenHash' | 'stateHash' | 'resultHash' | 'deleteAt'>
export type NewLinkAttempt = Pick<
  LinkAttemptRow,
  'athleteId' | 'platform' | 'linkTokenHash' | 'browserHash' | 'codeChallenge' | 'returnTo' | 'expiresAt'
>

export type UnlinkReceipt = Named<ReceiptRow, 'receiptId'>

/** What the scheduler holds for an athlete; read here only. */
export type ScheduleView = Pick<
  ScheduleRow,
  'requestedVersion' | 'completedVersion' | 'request' | 'wants' | 'manualRunId' | 'nextDueAt' | 'turns'
>

/** What ingestion holds of a run; read here only. */
export type RunView = Pick<
  Named<SyncRunRow, 'runId'>,
  | 'runId'
  | 'lane'
  | 'state'
  | 'counts'
  | 'window'
  | 'requestedVersion'
  | 'laneVersion'
  | 'answers'
  | 'requestedAt'
  | 'startedAt'
  | 'resumeAt'
  | 'waitingFor'
  | 'cursor'
  | 'missing'
  | 'unread'
  | 'cause'
  | 'activities'
  | 'waits'
  | 'joinedTo'
  | 'finishedAt'
  | 'outcome'
  | 'errorCode'
>

/** A run of ingestion's that ended because the grant cannot be used any more. */
export type LostGrant = Pick<SyncRunRow, '_id' | 'athleteId' | 'linkId' | 'errorCode' | 'finishedAt' | 'grantLostAt'>

export type LinkedEvent = OutboxEvent<'athlete.linked'>
