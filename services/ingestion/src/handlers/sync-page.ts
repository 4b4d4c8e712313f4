import type { EventData } from '@slipstream/contracts'
import type { Gate } from '@slipstream/gate'
import { type Delivery, done, maxAttempts, type Outcome, skipped, TransientError } from '@slipstream/messaging'
import { progressOf, type UnreadActivity } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import type { StravaActivity, UnreadableActivity } from '@slipstream/strava'
import { decidePage } from '../domain/decide-page.ts'
import { addPage, type PageResult, type SyncRun } from '../domain/decide-run.ts'
import { cursorOf, type ListedPage, pageSize, stepAfter } from '../domain/list-cursor.ts'
import type {
  Erasure,
  FetchTickets,
  FinishedRun,
  LinkReader,
  ReceiptReader,
  RunLease,
  RunStore,
  UnreadableKeeper,
  WorkoutStore,
} from '../domain/ports.ts'
import { addUnread } from '../domain/unread.ts'
import type { Facts } from '../facts.ts'
import { keepLease } from './keep-lease.ts'

export interface SyncPageDeps {
  links: LinkReader
  runs: RunStore
  tickets: FetchTickets
  strava: Pick<Gate, 'listActivities'>
  workouts: WorkoutStore
  unreadable: UnreadableKeeper
  receipts: Pick<ReceiptReader, 'ofLink'>
  erasure: Pick<Erasure, 'erase'>
  facts: Facts
  clock: Clock
  newWorkoutId: () => string
  announceProgress: (data: EventData<'sync.progress'>) => void
  /** Publishes what was just committed. */
  nudge: () => void
  keepForMs: number | null
  leaseTimings: { leaseMs: number; renewEveryMs: number }
}

/** Ends a run and tells it. */
export const finishRun = async (deps: SyncPageDeps, lease: RunLease, end: FinishedRun): Promise<void> => {
  if (!(await deps.runs.finish(lease, end))) return
  deps.nudge()
  deps.facts.runFinished(lease.run, end)
}

/** What was begun before the link went away may have left something behind since its erasure. */
export const eraseGone = async ({ receipts, erasure, nudge }: SyncPageDeps, linkId: string): Promise<Outcome> => {
  // A receipt is written before its link is removed.
  const ended = await receipts.ofLink(linkId)
  if (ended) {
    await erasure.erase(ended)
    nudge()
  }
  return skipped('link-gone')
}

/** Nobody relies on it, and the page is committed: a failure here must not make it look undone. */
const announce = (deps: SyncPageDeps, run: SyncRun) => {
  const { counts } = run
  try {
    const { estimatedFinishAt } = progressOf(run, deps.clock.now())
    deps.announceProgress({
      athleteId: run.athleteId,
      runId: run._id,
      listed: counts.listed,
      stored: counts.created + counts.updated + counts.unchanged,
      estimatedFinishAt: (run.finishedAt ?? estimatedFinishAt)?.toISOString() ?? null,
    })
  } catch (error) {
    deps.facts.progressNotAnnounced(run, error)
  }
}

interface StravaPage {
  activities: StravaActivity[]
  unreadable: UnreadableActivity[]
}

const listedOn = ({ activities, unreadable }: StravaPage): ListedPage => ({
  length: activities.length + unreadable.length,
  ids: [...activities, ...unreadable].flatMap(({ stravaActivityId }) => stravaActivityId ?? []),
  starts: activities.map(({ startDate }) => new Date(startDate)),
})

/** Kept as dead letters too, so that an operator can look at them. */
const keepUnreadable = async (deps: SyncPageDeps, run: SyncRun, { unreadable }: StravaPage) => {
  const known: UnreadActivity[] = run.unread ?? []
  if (unreadable.length === 0) return known
  for (const activity of unreadable) {
    await deps.unreadable.keep(run, activity)
    deps.facts.activityUnreadable(run, activity)
  }
  const ids = unreadable.map(({ stravaActivityId }) => stravaActivityId)
  return addUnread(known, ids, await deps.runs.unreadBefore(run))
}

interface PageWork {
  /** Before the token was read. */
  begunAt: Date
  signal: AbortSignal
  isLastAttempt: boolean
  onCall: () => void
  callsMade: () => number
}

type NoPage = Exclude<Awaited<ReturnType<Gate['listActivities']>>, { kind: 'answered' }>

/** What becomes of the run where no page came. */
const withoutPage = async (
  deps: SyncPageDeps,
  lease: RunLease,
  outcome: NoPage,
  { begunAt, isLastAttempt, callsMade }: PageWork,
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

const fetchAndStore = async (deps: SyncPageDeps, lease: RunLease, work: PageWork): Promise<Outcome> => {
  const { run } = lease
  const { callsMade, onCall, signal } = work
  const cursor = cursorOf(run)
  const ticket = await deps.tickets.next(run.linkId)
  const { athleteId, linkId, lane } = run
  const outcome = await deps.strava.listActivities(
    { athleteId, linkId, lane, isFirstImport: run.cause === 'linked', signal, onCall },
    // Both bounds: with `after` alone Strava lists the oldest first.
    { after: run.window.after, before: cursor.before, page: cursor.page, perPage: pageSize },
  )
  if (outcome.kind !== 'answered') return withoutPage(deps, lease, outcome, work)
  const fetched: StravaPage = { activities: outcome.answer.data, unreadable: outcome.answer.unreadable }
  const now = deps.clock.now()

  // An unlink may pass by while Strava is asked. Checked before the write, so that nothing is stored after it; and again
  // after, because the erasure may have run between check and write. A crash in between is met by the guard of the
  // redelivered message and by the sweep, which looks at erased links once more.
  if ((await deps.links.status(run.linkId)) === null) return eraseGone(deps, run.linkId)
  // What this run has listed before is listed again where two queries overlap.
  const listed = new Set(cursor.listedIds)
  const activities = fetched.activities.filter(({ stravaActivityId }) => !listed.has(stravaActivityId))
  const tally = await deps.workouts.apply({
    linkId: run.linkId,
    activities,
    decide: (open, stored) =>
      decidePage({
        context: run,
        activities: open,
        stored,
        ticket,
        now,
        newWorkoutId: deps.newWorkoutId,
        keepForMs: deps.keepForMs,
      }),
  })
  for (const activity of fetched.activities) {
    if (activity.implausible.length > 0) deps.facts.valuesImplausible(run, activity)
  }
  const unread = await keepUnreadable(deps, run, fetched)
  if ((await deps.links.status(run.linkId)) === null) return eraseGone(deps, run.linkId)

  const page: PageResult = {
    ...tally,
    listed: activities.length + unread.length - (run.unread?.length ?? 0),
    calls: callsMade(),
  }
  deps.facts.pageStored(run, cursor, page, tally)
  const counts = addPage(run.counts, page)
  const step = stepAfter(cursor, listedOn(fetched))
  if (step.kind === 'next') {
    if (!(await deps.runs.continueWith(lease, { cursor: step.cursor, counts, unread }))) return skipped('lease-lost')
    deps.nudge()
    announce(deps, { ...run, cursor: step.cursor, counts })
    return done()
  }
  if (step.kind === 'broken') deps.facts.listBroken(run, step.problem)
  const ended =
    step.kind === 'end'
      ? ({ outcome: 'succeeded', errorCode: null } as const)
      : ({ outcome: 'failed', errorCode: 'strava_unavailable' } as const)
  await finishRun(deps, lease, { ...ended, counts, finishedAt: now })
  announce(deps, { ...run, counts, finishedAt: now })
  return done()
}

/** Fetches and stores the next page of a leased run, and commits what comes after it, or that it waits. */
export const syncPage = async (deps: SyncPageDeps, lease: RunLease, delivery: Delivery): Promise<Outcome> => {
  const kept = keepLease(deps.runs, lease, deps.leaseTimings)
  let calls = 0
  try {
    return await fetchAndStore(deps, lease, {
      begunAt: deps.clock.now(),
      signal: AbortSignal.any([delivery.signal, kept.signal]),
      isLastAttempt: delivery.attempt >= maxAttempts,
      onCall: () => {
        calls += 1
      },
      callsMade: () => calls,
    })
  } catch (error) {
    const counts = { ...lease.run.counts, calls: lease.run.counts.calls + calls }
    try {
      await deps.runs.release(lease, counts)
    } catch (second) {
      // The lease ends by itself; the first error is the one that decides what happens to the message.
      deps.facts.giveBackFailed(lease.run, second)
    }
    throw error
  } finally {
    kept.stop()
  }
}
