import type { Cause, Lane, LinkTokenRequest, OutboxEvent, Receipt, RunCounts, RunOutcome } from '@slipstream/contracts'

/** Who calls, as the access token says. */
export interface Caller {
  athleteId: string
  /** The claim `profile_submitted`; only looked at with PROFILE_GATE=claim. */
  profileClaimed: boolean
  tokenExpiresAt: Date
}

export interface StravaIdentity {
  stravaAthleteId: string
  displayName: string
}

export interface Link extends StravaIdentity {
  linkId: string
  athleteId: string
  status: 'active' | 'reauth_required' | 'paused'
  statusSince: Date
  errorCode: string | null
  scopes: string[]
  linkedAt: Date
  manualSync: { runId: string; requestedAt: Date } | null
}

export type NewLink = Omit<Link, 'status' | 'statusSince' | 'errorCode' | 'manualSync'>

/** A grant that waits to become a link. */
export interface PendingLink extends StravaIdentity {
  linkId: string
  scopes: string[]
}

/**
 * One attempt to link. Steps: `issued` → (GET /connect consumes the link token) → `authorizing` → (GET /callback
 * consumes the state) → `exchanging` → web: `completed`; mobile: `pending` → (POST callback consumes the result) →
 * `exchanging` → `completed`. Any step may end in `failed`. `expiresAt` is the deadline of the current step; an
 * attempt that stays in `exchanging` or `pending` past it was abandoned, and its grant is taken back.
 */
export interface LinkAttempt {
  id: string
  athleteId: string
  platform: LinkTokenRequest['platform']
  step: 'issued' | 'authorizing' | 'exchanging' | 'pending' | 'completed' | 'failed'
  browserHash: string | null
  transactionCookieHash: string | null
  codeChallenge: string | null
  returnTo: string | null
  pendingLink: PendingLink | null
  expiresAt: Date
}

export interface NewLinkAttempt
  extends Pick<LinkAttempt, 'athleteId' | 'platform' | 'browserHash' | 'codeChallenge' | 'returnTo' | 'expiresAt'> {
  linkTokenHash: string
}

export interface UnlinkReceipt {
  receiptId: string
  athleteId: string
  linkId: string
  reason: Receipt['reason']
  requestedAt: Date
  revokedAtStrava: boolean
  revocationSettledAt: Date | null
  erasedAt: Date | null
  completedAt: Date | null
  deleted: Record<string, number>
}

/** What the scheduler holds for an athlete; read here only. */
export interface ScheduleView {
  requestedVersion: number
  completedVersion: number
  request: { runId: string; lane: Lane; cause: Cause; requestedAt: Date } | null
  manualRunId: string | null
  nextDueAt: Date
}

/** What ingestion holds of a run; read here only. */
export interface RunView {
  runId: string
  lane: Lane
  state: 'queued' | 'running' | 'waiting_for_quota' | 'finished'
  counts: RunCounts
  window: { after: Date; before: Date }
  requestedAt: Date
  startedAt: Date | null
  resumeAt: Date | null
  finishedAt: Date | null
  outcome: RunOutcome | null
  errorCode: string | null
}

export type LinkedEvent = OutboxEvent<'athlete.linked'>
