import type { EventData, Lane, RunCounts, RunOutcome } from '@slipstream/contracts'
import type { ErasureRow, ReceiptRow, StoredWorkout } from '@slipstream/records'
import type { StravaActivity, UnreadableActivity } from '@slipstream/strava'
import type { PageDecision } from './decide-page.ts'
import type { RunFacts, SyncRun } from './decide-run.ts'

export type SyncRequested = EventData<'sync.requested'>

/** Why a grant cannot be used any more; an entry of the error catalogue. */
export type LostGrantCode = 'reauth_required' | 'scope_missing'

export type FetchedPage =
  | { kind: 'page'; activities: StravaActivity[]; unreadable: UnreadableActivity[] }
  | { kind: 'grant_lost'; code: LostGrantCode }

/** The way to Strava: quota, token and call in one. */
export interface StravaPages {
  /**
   * Lists one page of the window. `onCall` is called before every HTTP attempt.
   * @throws ThrottledError while no call may be made; TransientError for what passes by itself.
   */
  fetch(request: {
    athleteId: string
    linkId: string
    lane: Lane
    /** The first list of a new link, which may take more of the quota than later ones. */
    isFirstImport: boolean
    window: { after: Date; before: Date }
    page: number
    /** On the last one a token that is still missing counts as a lost grant; before, it may be about to be stored. */
    isLastAttempt: boolean
    signal: AbortSignal
    onCall: () => void
  }): Promise<FetchedPage>
}

export interface LinkReader {
  status(linkId: string): Promise<RunFacts['linkStatus'] | null>
  /** The highest version the scheduler has asked for, null when it has no row for this link. */
  newestVersion(athleteId: string, linkId: string): Promise<number | null>
}

export interface FetchTickets {
  /** The next number for this link: higher than all before it. */
  next(linkId: string): Promise<number>
}

/** The right to work on a run until the lease ends; `fence` tells this holder from earlier ones. */
export interface RunLease {
  run: SyncRun
  fence: number
}

export interface FinishedRun {
  outcome: RunOutcome
  errorCode: string | null
  counts: RunCounts
  finishedAt: Date
}

export interface RunStore {
  /** The run of a request, stored on first sight. */
  open(request: SyncRequested): Promise<SyncRun>
  /** Null when another delivery holds the run or it has finished. */
  lease(runId: string): Promise<RunLease | null>
  /** Each of these answers false, and changes nothing, when the lease has passed to another holder or was given up. */
  renew(lease: RunLease): Promise<boolean>
  /** Gives the run back as it was, for another try. */
  release(lease: RunLease, counts: RunCounts): Promise<boolean>
  park(lease: RunLease, resumeAt: Date, counts: RunCounts): Promise<boolean>
  /** The next page becomes a request of its own. */
  continueWith(lease: RunLease, nextPage: number, counts: RunCounts): Promise<boolean>
  /** Ends the run and tells it; with `errorCode` of a lost grant, that too. */
  finish(lease: RunLease, end: FinishedRun): Promise<boolean>
  /** Asks again for parked runs whose time has come. Returns how many. */
  resumeDue(now: Date, limit: number): Promise<number>
}

/** What happened to the activities of a page. */
export interface PageTally {
  created: number
  updated: number
  unchanged: number
  stale: number
}

export interface WorkoutStore {
  /**
   * Decides and writes until nothing was changed by others in between.
   * @throws TransientError when others keep changing the same workouts.
   */
  apply(page: {
    linkId: string
    activities: readonly StravaActivity[]
    decide: (activities: readonly StravaActivity[], stored: readonly StoredWorkout[]) => PageDecision
  }): Promise<PageTally>
}

/** A link that was ended, and the receipt that says so. */
export interface EndedLink extends Pick<ReceiptRow, 'athleteId' | 'linkId' | 'requestedAt'> {
  receiptId: string
}

export interface ReceiptReader {
  ofLink(linkId: string): Promise<EndedLink | null>
  /** Receipts that do not say yet what was erased, oldest first, from the one behind `after` on. */
  unerased(after: EndedLink | null, limit: number): Promise<EndedLink[]>
}

export type ErasureState = Pick<ErasureRow, 'erasedAt' | 'nextTryAt' | 'attempts'>

export interface Erasure {
  /**
   * Deletes what this service holds of a link, and tells it once. May be done again, also at the same time: whatever comes
   * in between, each document is counted once. Resolves to the documents deleted under this receipt by collection.
   */
  erase(link: EndedLink): Promise<Record<string, number>>
  states(receiptIds: string[]): Promise<Map<string, ErasureState>>
  /** Links erased a while ago where a late write may have left something, longest waiting first. */
  toLookAt(now: Date, limit: number): Promise<{ link: EndedLink; attempts: number }[]>
  /** An erasure that failed is not tried before `until`. */
  postpone(receiptId: string, attempts: number, until: Date): Promise<void>
}

export interface UnreadableKeeper {
  keep(run: SyncRun, unreadable: UnreadableActivity): Promise<void>
}
