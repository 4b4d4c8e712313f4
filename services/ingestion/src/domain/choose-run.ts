import { type Lane, lanes } from '@slipstream/contracts'
import {
  answersOf,
  type LaneVersions,
  type LaneWants,
  openLanesOf,
  type Want,
  type WantedActivity,
  windowAt,
  windowDaysOf,
} from '@slipstream/records'
import type { SyncRun } from './decide-run.ts'

/** What the scheduler's row says is wanted of an athlete. */
export interface Wanted {
  requestedVersion: number
  wants: LaneWants
}

/** 0.1 opened its runs for what its one counter said. */
const laneVersionOf = (run: SyncRun): number => run.laneVersion ?? run.requestedVersion

/** A begun run has frozen what it answers; one that has not begun may be left for another. */
const isFrozenBy = (lane: Lane, { asked }: Want, run: SyncRun): boolean =>
  run.startedAt !== null && (answersOf(run)[lane] ?? 0) >= asked

export type RunChoice =
  | { kind: 'continue'; run: SyncRun }
  | { kind: 'open'; want: Want }
  | { kind: 'skip'; reason: 'nothing-wanted' | 'left-to-another-run' }

/**
 * The run that a wake-up of this lane is for, whatever it names: the open run first, else the one the want names. What an
 * open run of another lane will have answered is left to that.
 */
export const chooseRun = (lane: Lane, wanted: Wanted | null, openRuns: readonly SyncRun[]): RunChoice => {
  const run = openRuns.find((open) => open.lane === lane)
  if (run) return { kind: 'continue', run }
  const want = wanted?.wants[lane]
  if (!want || want.asked <= want.answered) return { kind: 'skip', reason: 'nothing-wanted' }
  if (openRuns.some((open) => isFrozenBy(lane, want, open))) return { kind: 'skip', reason: 'left-to-another-run' }
  return { kind: 'open', want }
}

/** A run of this lane that has not begun and is not needed any more: another one answers, or has answered, its want. */
export const needlessRun = (
  lane: Lane,
  wanted: Wanted | null,
  openRuns: readonly SyncRun[],
): { run: SyncRun; joinedTo: string | null } | null => {
  const want = wanted?.wants[lane]
  if (!want) return null
  const answering = openRuns.find((open) => isFrozenBy(lane, want, open))
  const run = openRuns.find(
    (open) => open.lane === lane && open.startedAt === null && (answering || want.answered >= laneVersionOf(open)),
  )
  return run ? { run, joinedTo: answering?._id ?? null } : null
}

/** What a run fixes before its first call. */
export interface Beginning {
  window: SyncRun['window']
  answers: LaneVersions
  /** Empty: it lists the whole window. */
  activities: WantedActivity[]
  mostCalls?: number
  requestedVersion: number
  startedAt: Date
}

/**
 * Freezes what a run answers for: the want of its own lane, as far as this run was named for it, and, where it lists the whole
 * window, what is wanted in less urgent lanes. A more urgent lane is not made to wait at the quota of this one. What
 * another open run has frozen is left to that: answered by this one, nobody would look after that run any more.
 */
export const beginRun = (
  run: SyncRun,
  { wanted, openRuns, now }: { wanted: Wanted | null; openRuns: readonly SyncRun[]; now: Date },
): Beginning => {
  const wants = wanted?.wants ?? {}
  const others = openRuns.filter(({ _id }) => _id !== run._id)
  const isLeftToAnother = (lane: Lane): boolean => {
    const want = wants[lane]
    return want !== undefined && others.some((open) => isFrozenBy(lane, want, open))
  }
  const own = wants[run.lane]
  const ownVersion = own?.runId === run._id ? own.asked : laneVersionOf(run)
  const activities = own?.activities?.filter(({ asked }) => asked <= ownVersion) ?? []
  const isFullPass = activities.length === 0
  const alongside = openLanesOf(wants).filter(
    // What webhooks told of is looked for by its own run: a list does not say what is not there yet.
    (lane) =>
      isFullPass &&
      !wants[lane]?.activities?.length &&
      lanes.indexOf(lane) > lanes.indexOf(run.lane) &&
      !isLeftToAnother(lane),
  )
  const answers: LaneVersions = { [run.lane]: ownVersion }
  let windowDays = windowDaysOf(run.window)
  for (const lane of [run.lane, ...alongside]) {
    const want = wants[lane]
    if (!want) continue
    if (lane !== run.lane) answers[lane] = want.asked
    windowDays = Math.max(windowDays, want.windowDays)
  }
  return {
    window: windowAt(now, windowDays),
    answers,
    activities,
    ...(own?.mostCalls && { mostCalls: own.mostCalls }),
    requestedVersion: Math.max(run.requestedVersion, wanted?.requestedVersion ?? 0),
    startedAt: now,
  }
}
