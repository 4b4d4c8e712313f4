import { type Cause, type Lane, lanes, type NoticeAspect } from '@slipstream/contracts'
import type { WaitingEvent } from './outbox.ts'
import type { SyncRunRow } from './sync-run.ts'
import { windowDaysOf } from './window.ts'

/**
 * What is wanted in one lane: the activities of the last `windowDays`. It names no times, they are set when a run makes its
 * first call. `asked` is the row's `requestedVersion` as the newest want raised it; a run that ends raises `answered` to the
 * `asked` it had read before that call.
 */
export interface Want {
  asked: number
  answered: number
  /** The run that will do the newest want. */
  runId: string
  cause: Cause
  windowDays: number
  /** When the newest want came. */
  requestedAt: Date
  /** Only these, told by webhooks; absent: the whole window. */
  activities?: WantedActivity[]
  /** How many calls webhooks may still cause for the athlete this hour. */
  mostCalls?: number
}

/** An activity that webhooks spoke of: the newest of them, or the one that told of a new activity. */
export interface WantedActivity {
  stravaActivityId: string
  aspect: NoticeAspect
  eventTime: Date
  /** Where it stands. */
  inboxId: string
  /** Looks in vain before this one. */
  attempts?: number
  /** How often its notice had been put back when it was asked for: once only is it put back after this. */
  returned?: number
  /** What an update has set, as far as it said. */
  expects?: { title?: string; type?: string; isPrivate?: boolean }
  /** W3C trace context of the request that told it. */
  traceparent?: string
  /** The want of its lane as it raised it: a run that froze an earlier one does not answer it. */
  asked: number
}

/** A lane that nothing was ever wanted in is absent. */
export type LaneWants = Partial<Record<Lane, Want>>

/** What release 0.1 asks of ingestion. */
export interface RunRequest extends Pick<SyncRunRow, 'lane' | 'cause' | 'window' | 'requestedAt'> {
  runId: string
}

/**
 * When an athlete is due, and what is wanted, in every lane side by side. `_id` is the athleteId. The row is the truth, a
 * NATS message only a wake-up: losing every message loses nothing, open rows are asked for again.
 *
 * Release 0.1 knows one counter for all lanes: each want raises `requestedVersion`, and `completedVersion` reaches it when
 * no lane is open. Its schedulers raise it without a want; `wantsOf` reads that.
 */
export interface ScheduleRow {
  _id: string
  linkId: string
  requestedVersion: number
  completedVersion: number
  /** The newest want as 0.1 tells it; kept after completion as the last one. */
  request: RunRequest | null
  wants?: LaneWants
  /** Up to then all that Strava lists in the window is stored; absent until a full list has proven so. */
  completeUpTo?: Date
  /** How often its turns come, and whether the quota carries no more; as of the last one. */
  turns?: { everyMs: number; isStretched: boolean }
  /**
   * Calls that webhooks have caused since then. The last `inVain` of all of them found nothing new; for that, none begins
   * before `notBefore`.
   */
  looks?: { since: Date; count: number; inVain?: number; notBefore?: Date | null }
  /** Raised with every write, so that none goes over a state that was not read. */
  revision?: number
  /** The last manual request taken in, so that a repeated or late trigger is known. */
  manualRunId: string | null
  /** Set exactly while a lane is open: when NATS was last asked, or, while runs wait, when that is to be looked at. */
  publishedAt: Date | null
  nextDueAt: Date
  /** Lists of the whole window in a row that failed; absent: none. */
  failedLists?: number
  outbox: WaitingEvent[]
}

type WantFields = Pick<ScheduleRow, 'requestedVersion' | 'completedVersion' | 'request' | 'wants'>

export const isWantOpen = ({ asked, answered }: Want): boolean => asked > answered

/** A counter above every lane's was raised by 0.1: one more want of the lane in its `request`. */
const withWantOf01 = ({ requestedVersion, request, wants = {} }: WantFields): LaneWants => {
  const newest = Math.max(0, ...Object.values(wants).map(({ asked }) => asked))
  if (!request || requestedVersion <= newest) return wants
  const { lane, window, ...rest } = request
  const answered = wants[lane]?.answered ?? 0
  return { ...wants, [lane]: { ...rest, asked: requestedVersion, answered, windowDays: windowDaysOf(window) } }
}

/** The wants of a row, whichever release wrote it last. A lane is answered up to where 0.1 completed the counter. */
export const wantsOf = (row: WantFields): LaneWants =>
  Object.fromEntries(
    Object.entries(withWantOf01(row)).map(([lane, want]) => [
      lane,
      { ...want, answered: Math.min(want.asked, Math.max(want.answered, row.completedVersion)) },
    ]),
  )

/** Lanes in which something is wanted and not answered, most urgent first. */
export const openLanesOf = (wants: LaneWants): Lane[] =>
  lanes.filter((lane) => {
    const want = wants[lane]
    return want !== undefined && isWantOpen(want)
  })
