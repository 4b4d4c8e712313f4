import type { EventData } from '@slipstream/contracts'
import type { Gate } from '@slipstream/gate'
import { done, type Outcome, skipped, TransientError } from '@slipstream/messaging'
import { progressOf } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import type { SyncRun } from '../domain/decide-run.ts'
import { isToldByWebhooks, noticesDueAt } from '../domain/notices.ts'
import type {
  Erasure,
  FetchTickets,
  FinishedRun,
  LinkReader,
  ReceiptReader,
  RunLease,
  RunProgress,
  RunStore,
  UnreadableKeeper,
  WorkoutStore,
} from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

// What the steps of a run share. A step is one call to Strava and what is committed of it: a page, or a single activity.

export interface RunDeps {
  links: Pick<LinkReader, 'status' | 'wanted'>
  runs: RunStore
  tickets: FetchTickets
  strava: Pick<Gate, 'listActivities' | 'getActivity'>
  workouts: WorkoutStore
  unreadable: UnreadableKeeper
  receipts: Pick<ReceiptReader, 'endOf' | 'isErasing'>
  erasure: Pick<Erasure, 'erase' | 'letGo' | 'hurry'>
  facts: Facts
  clock: Clock
  newWorkoutId: () => string
  announceProgress: (data: EventData<'sync.progress'>) => void
  /** Publishes what was just committed. */
  nudge: () => void
  keepForMs: number | null
  leaseTimings: { leaseMs: number; renewEveryMs: number }
}

export interface Step {
  lease: RunLease
  /** Before the token was read. */
  begunAt: Date
  signal: AbortSignal
  isLastAttempt: boolean
  onCall: () => void
  callsMade: () => number
}

/** For whom a step calls. */
export const callerOf = ({ lease: { run }, signal, onCall }: Step) => ({
  athleteId: run.athleteId,
  linkId: run.linkId,
  lane: run.lane,
  isFirstImport: run.cause === 'linked',
  signal,
  onCall,
})

/** Ends a run and tells it. */
export const finishRun = async (deps: RunDeps, lease: RunLease, end: FinishedRun): Promise<void> => {
  if (!(await deps.runs.finish(lease, end))) return
  deps.nudge()
  deps.facts.runFinished(lease.run, end)
  await deps.runs.trim(lease.run.athleteId)
}

/** What was begun before the link went away may have left something behind since its erasure. */
export const eraseGone = async ({ receipts, erasure, nudge }: RunDeps, linkId: string): Promise<Outcome> => {
  // A receipt is written before its link is removed.
  const ended = await receipts.endOf(linkId)
  if (ended) {
    await erasure.erase(ended)
    nudge()
  }
  return skipped('link-gone')
}

type Progress = EventData<'sync.progress'>

/** Nobody relies on it, and the step is committed: a failure here must not make it look undone. */
export const announce = (
  deps: Pick<RunDeps, 'announceProgress' | 'facts' | 'clock'>,
  run: SyncRun,
  { state, waitingFor = null }: Pick<Progress, 'state'> & Partial<Pick<Progress, 'waitingFor'>>,
): void => {
  const { counts } = run
  try {
    const { estimatedFinishAt } = progressOf(run, deps.clock.now())
    deps.announceProgress({
      athleteId: run.athleteId,
      runId: run._id,
      listed: counts.listed,
      stored: counts.created + counts.updated + counts.unchanged,
      estimatedFinishAt: (run.finishedAt ?? estimatedFinishAt)?.toISOString() ?? null,
      ...{ state, waitingFor },
    })
  } catch (error) {
    deps.facts.progressNotAnnounced(run, error)
  }
}

/** What is looked at later: whether webhooks told what the run has found. */
const noticesOf = async (deps: RunDeps, run: SyncRun, end: FinishedRun): Promise<Partial<FinishedRun>> => {
  const before = isToldByWebhooks(run, end) ? await deps.runs.passBefore(run) : null
  return before ? { passBefore: before.startedAt, noticesDueAt: noticesDueAt(end.finishedAt) } : {}
}

/** Leaves the rest of the run to its next step. */
export const goOn = async (deps: RunDeps, { lease }: Step, progress: RunProgress): Promise<Outcome> => {
  if (!(await deps.runs.continueWith(lease, progress))) return skipped('lease-lost')
  deps.nudge()
  announce(deps, { ...lease.run, ...progress }, { state: 'running' })
  return done()
}

/** Ends a run whose last call was answered. */
export const endAnswered = async (deps: RunDeps, lease: RunLease, end: FinishedRun): Promise<Outcome> => {
  await finishRun(deps, lease, { ...end, ...(await noticesOf(deps, lease.run, end)) })
  announce(deps, { ...lease.run, counts: end.counts, finishedAt: end.finishedAt }, { state: 'finished' })
  return done()
}

export type NoAnswer = Exclude<Awaited<ReturnType<Gate['listActivities']>>, { kind: 'answered' }>

/** What becomes of the run where no answer came. */
export const withoutAnswer = async (
  deps: RunDeps,
  outcome: NoAnswer,
  { lease, begunAt, isLastAttempt, callsMade }: Step,
): Promise<Outcome> => {
  const { run } = lease
  const counts = { ...run.counts, calls: run.counts.calls + callsMade() }
  const finishedAt = deps.clock.now()
  const lost = { outcome: 'reauth_required', counts, finishedAt, grantLostAt: begunAt } as const
  switch (outcome.kind) {
    case 'wait':
      // Waiting spends no attempt: the run is parked in MongoDB, and its message is done with.
      if (!(await deps.runs.park(lease, outcome, counts))) return skipped('lease-lost')
      deps.facts.runParked(run, outcome)
      announce(deps, { ...run, counts, resumeAt: outcome.until }, { state: 'waiting', waitingFor: outcome.reason })
      return skipped('run-waits')
    case 'grant_lost':
      await finishRun(deps, lease, { ...lost, errorCode: outcome.code })
      return done()
    case 'failed':
      await finishRun(deps, lease, { outcome: 'failed', errorCode: outcome.code, counts, finishedAt })
      return done()
    case 'no_token':
      // It may be about to be stored; where it never comes, there is no grant.
      if (!isLastAttempt) throw new TransientError('no token stored yet')
      await finishRun(deps, lease, { ...lost, errorCode: 'reauth_required' })
      return done()
  }
}
