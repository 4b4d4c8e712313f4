import type { Lane } from '@slipstream/contracts'
import { openLanesOf, type SyncRunRow, type Want, wantsOf } from '@slipstream/records'
import { completeEnd, decideFinished } from './finish.ts'
import type { Schedule, ScheduleChange } from './schedule.ts'

/** A run as ingestion has it. */
export type RunState = Pick<
  SyncRunRow,
  | '_id'
  | 'linkId'
  | 'lane'
  | 'requestedVersion'
  | 'answers'
  | 'state'
  | 'resumeAt'
  | 'leaseUntil'
  | 'outcome'
  | 'finishedAt'
  | 'unseen'
  | 'absent'
  | 'unchecked'
  | 'missing'
  | 'activities'
  | 'counts'
  | 'answeredCalls'
  | 'unread'
  | 'startedAt'
  | 'requestedAt'
  | 'window'
>

export interface OpenRowTiming {
  now: Date
  /** How long a parked run may be overdue before it counts as forgotten. */
  staleAfterMs: number
  newRunId: () => string
}

export interface OpenRowJudgement extends ScheduleChange {
  /** Runs that ended unheard. */
  ended: RunState[]
}

/** The run counts as if its end had just been heard. */
const withEndOf = (judged: OpenRowJudgement, run: RunState, { now, newRunId }: OpenRowTiming): OpenRowJudgement => {
  const { outcome, finishedAt } = run
  if (run.state !== 'finished' || !outcome) return judged
  const { _id: runId, linkId, requestedVersion } = run
  const untold = { linkId, runId, requestedVersion, lane: null, answers: {}, outcome, finishedAt: finishedAt ?? now }
  const change = decideFinished(judged.schedule, completeEnd(untold, run), { now, newRunId })
  return change ? { ...change, ended: [...judged.ended, run] } : judged
}

const isHeldBy = (lane: Lane, { asked }: Want, run: RunState): boolean =>
  run.state !== 'finished' && (run.lane === lane || (run.answers?.[lane] ?? 0) >= asked)

/** Until when a run that is in hand, or parked, needs no message; null: it may have been forgotten. */
const quietUntil = ({ leaseUntil, resumeAt }: RunState, { now, staleAfterMs }: OpenRowTiming): Date | null => {
  if (leaseUntil && leaseUntil > now) return now
  // Parked runs are resumed by ingestion; only one that is long overdue has been forgotten.
  if (resumeAt && resumeAt.getTime() > now.getTime() - staleAfterMs) return resumeAt > now ? resumeAt : now
  return null
}

/**
 * What an open row needs that nobody was asked about lately. Runs that ended unheard are counted; each lane that is open
 * then is asked for again, unless a run of it is in hand or parked. That a message waits proves nothing. The row is looked at
 * again when the first of its runs may need it.
 */
export const judgeOpenRow = (
  schedule: Schedule,
  runs: readonly RunState[],
  timing: OpenRowTiming,
): OpenRowJudgement => {
  const unheard: OpenRowJudgement = { schedule, asks: [], ended: [] }
  const judged = runs.reduce((so, run) => withEndOf(so, run, timing), unheard)
  const wants = wantsOf(judged.schedule)
  const looks = openLanesOf(wants).map((lane) => {
    const want = wants[lane]
    const holders = want ? runs.filter((run) => isHeldBy(lane, want, run)) : []
    return { lane, at: holders.map((run) => quietUntil(run, timing)).find((at) => at !== null) ?? null }
  })
  if (looks.length === 0) return judged
  const publishedAt = new Date(Math.min(...looks.map(({ at }) => (at ?? timing.now).getTime())))
  const asks = looks.filter(({ at }) => at === null).map(({ lane }) => lane)
  return { ...judged, schedule: { ...judged.schedule, wants, publishedAt }, asks }
}
