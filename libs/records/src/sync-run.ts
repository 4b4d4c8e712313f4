import type { Cause, Lane, RunCounts, RunOutcome, WaitReason } from '@slipstream/contracts'
import type { WaitingEvent } from './outbox.ts'
import type { WantedActivity } from './schedule.ts'
import type { StoredWindow } from './window.ts'

export const storedRunStates = ['queued', 'running', 'waiting_for_quota', 'finished'] as const
export type StoredRunState = (typeof storedRunStates)[number]

/** Runs in these states are at most one for each link and lane. */
export const openRunStates = storedRunStates.filter((state) => state !== 'finished')

/** Versions of the wants in a schedule row, by lane. */
export type LaneVersions = Partial<Record<Lane, number>>

/** How far a run has listed: page `page` of what started before `before` comes next. */
export interface ListCursor {
  /** Null: of all there are. */
  before: Date | null
  /** Activities asked for per page; absent: 200. */
  perPage?: number
  /** From 1. */
  page: number
  /** Pages fetched so far, over all queries. */
  pages: number
  /** Ids of all activities listed so far; none once the run has finished. */
  listedIds: string[]
  /** Ids on the page before this one of the same query. */
  previousIds: string[]
  /** The earliest start that was shown so far. */
  earliestStart: Date | null
}

/** What is stored in the window and was not listed, and how a run finds out what became of it. */
export interface MissingActivities {
  /** Many were missing, so the list was asked a second time. */
  isListedAgain: boolean
  /** Activities to ask for one by one; null until the list has ended. */
  toCheck: string[] | null
}

/** An activity that Strava lists and that cannot be read; null: not even its id. `runs`: so many in a row found it so. */
export interface UnreadActivity {
  stravaActivityId: string | null
  runs: number
}

/**
 * One bounded attempt to catch up; `_id` is the runId. States: `queued` (waits for a delivery) → `running` (one delivery
 * holds the lease and works on the next page) → `queued` again with the page after it, until the list ends → `finished`.
 * From `running` it goes to `waiting_for_quota` when no call may be made before `resumeAt`, for the reason in `waitingFor`,
 * and from there back to `queued`. `finished` is final. The lease keeps two deliveries of one run apart.
 *
 * A run begins (`startedAt`) with the delivery that makes its first call. There it sets its window and freezes in `answers`
 * the wants it will have answered; until then it may still take in new ones. Release 0.1 has neither `answers` nor `cursor`:
 * it answers all that was wanted up to `requestedVersion`, and `nextPage` counts the pages of the whole window.
 */
export interface SyncRunRow {
  _id: string
  athleteId: string
  linkId: string
  lane: Lane
  cause: Cause
  window: StoredWindow
  requestedVersion: number
  /** The version of its lane's want it was opened for. */
  laneVersion?: number
  answers?: LaneVersions
  /** What it was asked for by webhooks, fixed when it begins; none: it lists the whole window. */
  activities?: WantedActivity[]
  /** With more calls answered it makes none, but for the pages of a list; fixed when it begins. Absent: as many as it takes. */
  mostCalls?: number
  /** Of those, what was said to be new or changed and is not seen so yet. */
  unseen?: string[]
  /** Of what is unseen, that which Strava says it does not have. */
  absent?: string[]
  /** Of those, what it did not ask for, as it had no call left. */
  unchecked?: string[]
  requestedAt: Date
  state: StoredRunState
  nextPage: number
  cursor?: ListCursor
  /** The fetch ticket of its first page: what carries a lower one afterwards was not listed. */
  firstTicket?: number
  missing?: MissingActivities
  unread?: UnreadActivity[]
  counts: RunCounts
  /** Of its calls those that Strava answered, were it with a 404; a call whose maker died counts. Absent: all of them. */
  answeredCalls?: number
  resumeAt: Date | null
  /** Absent in a run that waits: for quota. */
  waitingFor?: WaitReason | null
  /** The last ten times it waited. */
  waits?: RunWaitRow[]
  /** What this full list found new, changed in what webhooks tell of, or gone; no more than fifty of them. */
  changedIds?: string[]
  /** When the full list before this one began. */
  passBefore?: Date
  /** When somebody looks whether webhooks have told of `changedIds`; null once that is done. */
  noticesDueAt?: Date | null
  /** Tries of a sweep to look after it that failed in a row; its time moved on with each. */
  failures?: number
  /** Of how many none has told, and when that was found. */
  missed?: number
  missedAt?: Date
  /** The run that has done what this one was asked for. */
  joinedTo?: string
  startedAt: Date | null
  finishedAt: Date | null
  outcome: RunOutcome | null
  errorCode: string | null
  /** Of a lost grant: it was given before this. Absent in rows of 0.1. */
  grantLostAt?: Date
  /** Set when the run ends; absent in rows of 0.1, which stay. */
  deleteAt?: Date
  leaseOwner: string | null
  leaseUntil: Date | null
  fence: number
  outbox: WaitingEvent[]
}

/** Why and for how long a run was put off. */
export interface RunWaitRow {
  reason: WaitReason
  since: Date
  until: Date
}

/** What Strava's own failures cost is no matter of whoever caused the calls. */
export const answeredCallsOf = ({ answeredCalls, counts }: Pick<SyncRunRow, 'answeredCalls' | 'counts'>): number =>
  answeredCalls ?? counts.calls

/** The wants a run answers. Where it froze none (0.1 does not), that of its own lane. */
export const answersOf = (
  run: Pick<SyncRunRow, 'lane' | 'answers' | 'laneVersion' | 'requestedVersion'>,
): LaneVersions => run.answers ?? { [run.lane]: run.laneVersion ?? run.requestedVersion }

/** The last fetch ticket handed out for a link (`_id`): whoever fetches later holds the higher number. */
export interface FetchTicketRow {
  _id: string
  lastTicket: number
}
