import type { DeletionReason, EventData, Lane, RunCounts, RunOutcome, WaitReason } from '@slipstream/contracts'
import type {
  ErasureRow,
  ListCursor,
  MissingActivities,
  ReceiptRow,
  StoredWorkout,
  Tombstone,
  UnreadActivity,
  Want,
} from '@slipstream/records'
import type { StravaActivity, UnreadableActivity } from '@slipstream/strava'
import type { Beginning, Wanted } from './choose-run.ts'
import type { PageDecision } from './decide-page.ts'
import type { RunInput, SyncRun } from './decide-run.ts'
import type { Unlisted } from './missing.ts'
import type { Notices } from './notices.ts'

export type SyncRequested = EventData<'sync.requested'>

export interface LinkReader {
  status(linkId: string): Promise<RunInput['linkStatus'] | null>
  /** Whose activities are the link's; null when it is gone. */
  stravaAthleteId(linkId: string): Promise<string | null>
  /** What the scheduler wants of this link; null when it has no row for it. */
  wanted(athleteId: string, linkId: string): Promise<Wanted | null>
}

export interface GrantReader {
  /** When the link's grant died; null while it lives. */
  diedAt(linkId: string): Promise<Date | null>
}

export interface FetchTickets {
  /** The next number for this link: higher than all before it. */
  next(linkId: string): Promise<number>
}

/** What a run is opened with. */
export interface NewRun {
  athleteId: string
  linkId: string
  lane: Lane
  want: Want
  requestedVersion: number
}

/** The right to work on a run, alone in its link and lane, until the lease ends; `fence` tells this holder from earlier ones. */
export interface RunLease {
  run: SyncRun
  fence: number
}

export interface FinishedRun {
  outcome: RunOutcome
  errorCode: string | null
  counts: RunCounts
  answeredCalls?: number
  finishedAt: Date
  unread?: UnreadActivity[]
  unseen?: string[]
  absent?: string[]
  unchecked?: string[]
  changedIds?: string[]
  passBefore?: Date
  noticesDueAt?: Date
  joinedTo?: string
  /** Of a lost grant: before the call that found it lost, and before its token was read. A later consent is not meant. */
  grantLostAt?: Date
}

/** How far a run has come. */
export interface RunProgress {
  cursor: ListCursor
  counts: RunCounts
  answeredCalls: number
  unread: UnreadActivity[]
  firstTicket?: number
  missing?: MissingActivities
  unseen?: string[]
  absent?: string[]
  unchecked?: string[]
  changedIds?: string[]
}

/** Why a run may not call, and when it may again. */
export interface RunWait {
  until: Date
  reason: WaitReason
}

export interface DueNotices extends Notices {
  /** Looks at it that failed. */
  failures: number
  runId: string
  linkId: string
  athleteId: string
}

/** When a sweep comes back to a row that failed, after so many failures in a row. */
export interface LaterTry {
  failures: number
  nextTryAt: Date
}

/** Rows of a sweep: so many are done, and these failed; each of those was put off, and is passed over until its time. */
export interface SweptRows {
  done: number
  failures: RowFailure[]
}

export interface RowFailure {
  athleteId: string
  err: unknown
}

/** What Strava has pushed. */
export interface WebhookReader {
  /** Since when it pushes without a break; null while it does not. */
  pushedSince(): Promise<Date | null>
  /** Of which of these activities webhooks have spoken since then. */
  told(linkId: string, activityIds: readonly string[], from: Date): Promise<string[]>
}

export interface RunStore {
  /** Runs of a link that have not finished, the longest asked for first. */
  openOf(linkId: string): Promise<SyncRun[]>
  /** The run that a want names, stored on first sight. */
  open(run: NewRun): Promise<SyncRun>
  /** Null when another delivery holds the run, or another run of its link and lane, or it has finished. */
  lease(runId: string): Promise<RunLease | null>
  /** What the run fixes before its first call; null, with nothing changed, when the lease has passed on. */
  begin(lease: RunLease, beginning: Beginning): Promise<RunLease | null>
  /** Each of these answers false, and changes nothing, when the lease has passed to another holder or was given up. */
  renew(lease: RunLease): Promise<boolean>
  /** Gives the run back as it was, for another try. */
  release(lease: RunLease, counts: RunCounts): Promise<boolean>
  park(lease: RunLease, wait: RunWait, counts: RunCounts): Promise<boolean>
  /** The next step becomes a request of its own. */
  continueWith(lease: RunLease, progress: RunProgress): Promise<boolean>
  /** Ends the run and tells it; where it has found that the grant is lost (`reauth_required` with an `errorCode`), that too. */
  finish(lease: RunLease, end: FinishedRun): Promise<boolean>
  /** Removes finished runs of an athlete beyond the newest 49 and the last that has listed the whole window; never an open one. */
  trim(athleteId: string): Promise<void>
  /** Asks again for parked runs whose time has come. Returns those. */
  resumeDue(now: Date, limit: number): Promise<Pick<SweptRows, 'failures'> & { resumed: SyncRun[] }>
  /** So many of those that wait for this longer than `spreadMs` go on within it instead. Returns how many. */
  wake(reason: WaitReason, now: Date, spreadMs: number, limit: number): Promise<number>
  /** The link's last full list that succeeded: when it began, and what it could not read. */
  passBefore(run: SyncRun): Promise<{ startedAt: Date; unread: UnreadActivity[] } | null>
  /** Runs of which it is time to look whether webhooks have told what they found, longest waiting first. */
  noticesDue(now: Date, limit: number): Promise<DueNotices[]>
  /** False when another process was faster. */
  settleNotices(runId: string, missed: number, now: Date): Promise<boolean>
  /** How many webhooks were found missed between these times, counted over so many runs at most; each has missed one or more. */
  missedBetween(since: Date, before: Date, limit: number): Promise<number>
  /** It could not be looked at so many times, whether webhooks have told what the run found, and is again at that time. */
  postponeNotices(runId: string, again: LaterTry): Promise<void>
}

/** What happened to the activities of a page. */
export interface PageTally {
  created: number
  updated: number
  unchanged: number
  stale: number
}

export interface Applied {
  tally: PageTally
  /** What was created, or changed in what webhooks tell of. */
  tellable: string[]
}

export interface WorkoutStore {
  /**
   * Decides and writes until nothing was changed by others in between.
   * @throws TransientError when others keep changing the same workouts.
   */
  apply(page: {
    linkId: string
    activities: readonly StravaActivity[]
    decide: (activities: readonly StravaActivity[], known: KnownWorkouts) => PageDecision
  }): Promise<Applied>
  /** How many are stored that started since then; one page's worth at most. */
  countSince(linkId: string, since: Date): Promise<number>
  /** What was stored by fetches before `firstTicket` and has not been seen since, apart from `except`. */
  unlisted(which: { linkId: string; since: Date; firstTicket: number; except: readonly string[] }): Promise<Unlisted>
  /**
   * Puts a tombstone in the place of a workout, with the event that tells it. False, with nothing changed, when none is
   * stored, or it was seen by a later fetch.
   */
  remove(removal: Removal): Promise<boolean>
  /** When what was fetched longest ago was fetched; null: nothing is stored. */
  oldestFetch(): Promise<Date | null>
  /** Removes what was last fetched before then, so many at once, longest ago first. `done`: how many it looked at. */
  expire(fetchedBefore: Date, limit: number): Promise<SweptRows>
  /**
   * Removes what was last fetched under this ticket or an earlier one, so many at once; no fetch under one of those brings it
   * back. Returns how many it looked at.
   */
  expireUpTo(which: { linkId: string; ticket: number }, limit: number): Promise<number>
  /** Ends removals that were decided before then and that a crash has left behind, so many at once. */
  endRemovals(before: Date, limit: number): Promise<SweptRows>
  /** Notes that a run was told nothing but 404. @returns whether another run was before */
  doubt(which: { linkId: string; stravaActivityId: string; runId: string }): Promise<boolean>
}

export interface KnownWorkouts {
  stored: readonly StoredWorkout[]
  tombstones: readonly Tombstone[]
}

export interface Removal {
  linkId: string
  stravaActivityId: string
  /** Of the fetch that found it gone. */
  ticket: number
  reason: DeletionReason
  now: Date
}

/** What is to be erased: all of a link that was ended or, with `grantDiedAt`, what came under a grant that has died. */
export interface OpenReceipt extends Pick<ReceiptRow, 'athleteId' | 'linkId' | 'requestedAt' | 'grantDiedAt'> {
  receiptId: string
}

export interface ReceiptReader {
  /** The receipt that ends the link. */
  endOf(linkId: string): Promise<OpenReceipt | null>
  /** Whether something of an earlier link of the athlete is still to be erased. */
  isErasing(athleteId: string): Promise<boolean>
  /** Receipts that do not say yet what was erased, oldest first, from the one behind `after` on. */
  unerased(after: OpenReceipt | null, limit: number): Promise<OpenReceipt[]>
}

export type ErasureState = Pick<ErasureRow, 'erasedAt' | 'nextTryAt' | 'attempts'>

export interface Erasure {
  /**
   * Deletes what this service holds of a link, or of a dead grant, and tells it once. May be done again, also at the same time: whatever comes
   * in between, each document is counted once. Resolves to the documents deleted under this receipt by collection.
   */
  erase(link: OpenReceipt): Promise<Record<string, number>>
  states(receiptIds: string[]): Promise<Map<string, ErasureState>>
  /** Links erased a while ago where a late write may have left something, longest waiting first. */
  toLookAt(now: Date, limit: number): Promise<{ link: OpenReceipt; attempts: number }[]>
  /** Call before the first call of a run. What was told until now is of earlier links, and goes with those; not what it tells. */
  letGo(run: Pick<SyncRun, 'athleteId' | 'linkId'>): Promise<void>
  /** Somebody waits for the athlete's erasures: those that failed are due now. */
  hurry(athleteId: string): Promise<void>
  /** An erasure that failed is not tried before `until`. */
  postpone(receiptId: string, attempts: number, until: Date): Promise<void>
}

export interface UnreadableKeeper {
  keep(run: SyncRun, unreadable: UnreadableActivity): Promise<void>
}
