import type { Lane, RunOutcome } from '@slipstream/contracts'
import {
  answeredCallsOf,
  answersOf,
  type LaneVersions,
  type LaneWants,
  listedUpTo,
  openLanesOf,
  provesWindow,
  type SyncRunRow,
  type Want,
  wantsOf,
} from '@slipstream/records'
import { type Backoff, backoffUntil } from '@slipstream/runtime'
import { afterLook, callsLeft, isFirstLook, type Look, withLook } from './looks.ts'
import { type Schedule, type ScheduleChange, withWants } from './schedule.ts'

/** The end of a run. 0.1 tells neither lane nor answers. */
export interface RunEnd {
  linkId: string
  runId: string
  lane: Lane | null
  answers: LaneVersions
  requestedVersion: number
  outcome: RunOutcome
  finishedAt: Date
  /** Whether it was to list the whole window. */
  isFullList: boolean
  /** Of a run that webhooks asked for: what it found, and what it cost. Null of any other. */
  look: Look | null
  /** Up to then it proves that all of the window is stored; null where it proves nothing. */
  completeUpTo: Date | null
}

/** What the row of a run adds to the event of its end. */
type EndedRun = Pick<
  SyncRunRow,
  | 'lane'
  | 'answers'
  | 'requestedVersion'
  | 'activities'
  | 'counts'
  | 'answeredCalls'
  | 'outcome'
  | 'unread'
  | 'startedAt'
  | 'requestedAt'
  | 'window'
>

const foundBy = ({ activities = [], counts: { created, updated, deleted }, outcome }: EndedRun): Look['found'] => {
  if (created + updated + deleted > 0) return 'news'
  if (outcome !== 'succeeded') return 'unknown'
  // Told of so many that it lists the window, none of them is named.
  return activities.length === 0 || activities.some(isFirstLook) ? 'nothing' : 'nothing_again'
}

/**
 * The end as the row of its run completes it: release 0.1, which tells no lane, may have ended a run that this release had
 * begun. A run that was 0.1's alone answers what was wanted in its lane when it was asked for.
 */
export const completeEnd = (
  told: Omit<RunEnd, 'isFullList' | 'look' | 'completeUpTo'>,
  run: EndedRun | null,
): RunEnd => {
  const completeUpTo = run && provesWindow(run) ? listedUpTo(run) : null
  const look = run?.lane === 'realtime' ? { found: foundBy(run), calls: answeredCallsOf(run) } : null
  const isFullList = run ? !run.activities?.length : told.lane !== 'realtime'
  const end = { ...told, isFullList, look, completeUpTo }
  if (end.lane !== null || run === null) return end
  return { ...end, lane: run.lane, answers: answersOf(run) }
}

/**
 * A list that failed is tried again well before the next turn: somebody waits for it, or the last one that succeeded may be 40 hours
 * old, and deletions are to be mirrored within 48. What still fails after some seven hours is left to the turns.
 */
const listRetries: Backoff = { firstMs: 5 * 60_000, longestMs: 60 * 60_000 }
const mostListRetries = 10

const afterList = (
  { nextDueAt, failedLists = 0 }: Schedule,
  { isFullList, outcome, finishedAt }: RunEnd,
): Pick<Schedule, 'nextDueAt' | 'failedLists'> => {
  if (!isFullList) return { nextDueAt }
  if (outcome === 'succeeded') return { nextDueAt, ...(failedLists > 0 && { failedLists: 0 }) }
  if (outcome !== 'failed') return { nextDueAt }
  const failures = failedLists + 1
  const retryAt = backoffUntil(finishedAt, listRetries, failures)
  const isTriedBefore = failures <= mostListRetries && retryAt < nextDueAt
  return { failedLists: failures, nextDueAt: isTriedBefore ? retryAt : nextDueAt }
}

const answeredUpTo = (want: Want, version: number): Want => {
  const { activities } = want
  const answered = Math.max(want.answered, version)
  return { ...want, answered, ...(activities && { activities: activities.filter(({ asked }) => asked > answered) }) }
}

/** A cancelled run answers nothing; whatever else became of one, what it was begun for is not waited for any more. */
const answer = (wants: LaneWants, { answers, outcome }: RunEnd): LaneWants =>
  Object.fromEntries(
    Object.entries(wants).map(([lane, want]) => {
      const version = outcome === 'cancelled' ? 0 : (answers[lane as Lane] ?? 0)
      return [lane, answeredUpTo(want, Math.min(version, want.asked))]
    }),
  )

/** What is still open needs a run that has not ended. */
const withNewRun = (wants: LaneWants, { runId }: RunEnd, newRunId: () => string): LaneWants => {
  const orphaned = openLanesOf(wants).filter((lane) => wants[lane]?.runId === runId)
  return Object.fromEntries(
    Object.entries(wants).map(([lane, want]) => [
      lane,
      orphaned.includes(lane as Lane) ? { ...want, runId: newRunId() } : want,
    ]),
  )
}

/** Runs of several lanes may end in another order than they began. */
const laterOf = ({ completeUpTo: known }: Schedule, { completeUpTo }: RunEnd): Pick<Schedule, 'completeUpTo'> =>
  completeUpTo && (!known || completeUpTo > known) ? { completeUpTo } : {}

const same = (one: LaneWants, other: LaneWants): boolean =>
  Object.entries(one).every(([lane, { answered, runId }]) => {
    const want = other[lane as Lane]
    return want?.answered === answered && want.runId === runId
  })

/**
 * A run ended. Null when the row learns nothing new: another link's run, or one that was counted before. What is open after
 * it is asked for: it waited for this run, and its message may have been replaced by one of the run's pages.
 */
export const decideFinished = (
  schedule: Schedule | null,
  end: RunEnd,
  { now, newRunId }: { now: Date; newRunId: () => string },
): ScheduleChange | null => {
  if (schedule?.linkId !== end.linkId) return null
  const before = wantsOf(schedule)
  const wants = withNewRun(answer(before, end), end, newRunId)
  if (same(before, wants)) return null
  const finished = (row: Schedule, left: LaneWants): ScheduleChange => ({
    schedule: withWants({ ...row, ...afterList(schedule, end) }, left, now),
    asks: openLanesOf(left),
  })
  const proven = { ...schedule, ...laterOf(schedule, end) }
  const looked = end.look === null ? proven : { ...proven, looks: afterLook(schedule, end.look, now) }
  const { realtime } = wants
  if (!realtime || realtime.runId === before.realtime?.runId) return finished(looked, wants)
  // What webhooks told during the run is looked for by one more.
  const again = { ...wants, realtime: { ...realtime, mostCalls: callsLeft(looked, now) } }
  return finished({ ...looked, looks: withLook(looked, now) }, again)
}
