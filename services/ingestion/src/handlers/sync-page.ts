import type { EventData } from '@slipstream/contracts'
import { type Delivery, done, maxAttempts, type Outcome, skipped, ThrottledError } from '@slipstream/messaging'
import type { Clock } from '@slipstream/runtime'
import { decidePage } from '../domain/decide-page.ts'
import { addPage, estimateFinish, isLastPage, type PageResult, type SyncRun } from '../domain/decide-run.ts'
import type {
  Erasure,
  FetchTickets,
  FinishedRun,
  LinkReader,
  ReceiptReader,
  RunLease,
  RunStore,
  StravaPages,
  UnreadableKeeper,
  WorkoutStore,
} from '../domain/ports.ts'
import type { Facts } from '../facts.ts'
import { keepLease } from './keep-lease.ts'

export interface SyncPageDeps {
  links: LinkReader
  runs: RunStore
  tickets: FetchTickets
  pages: StravaPages
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
const announce = (deps: SyncPageDeps, run: SyncRun, page: PageResult) => {
  const counts = addPage(run.counts, page)
  try {
    deps.announceProgress({
      athleteId: run.athleteId,
      runId: run._id,
      listed: counts.listed,
      stored: counts.created + counts.updated + counts.unchanged,
      estimatedFinishAt: estimateFinish(run, page, deps.clock.now())?.toISOString() ?? null,
    })
  } catch (error) {
    deps.facts.progressNotAnnounced(run, error)
  }
}

interface PageWork {
  signal: AbortSignal
  isLastAttempt: boolean
  onCall: () => void
  callsMade: () => number
}

const fetchAndStore = async (
  deps: SyncPageDeps,
  lease: RunLease,
  { callsMade, ...call }: PageWork,
): Promise<Outcome> => {
  const { run } = lease
  const ticket = await deps.tickets.next(run.linkId)
  const fetched = await deps.pages.fetch({
    athleteId: run.athleteId,
    linkId: run.linkId,
    lane: run.lane,
    isFirstImport: run.cause === 'linked',
    window: run.window,
    page: run.nextPage,
    ...call,
  })
  const now = deps.clock.now()
  if (fetched.kind === 'grant_lost') {
    const counts = { ...run.counts, calls: run.counts.calls + callsMade() }
    await finishRun(deps, lease, { outcome: 'reauth_required', errorCode: fetched.code, counts, finishedAt: now })
    return done()
  }

  // An unlink may pass by while Strava is asked. Checked before the write, so that nothing is stored after it; and again
  // after, because the erasure may have run between check and write. A crash in between is met by the guard of the
  // redelivered message and by the sweep, which looks at erased links once more.
  if ((await deps.links.status(run.linkId)) === null) return eraseGone(deps, run.linkId)
  const tally = await deps.workouts.apply({
    linkId: run.linkId,
    activities: fetched.activities,
    decide: (activities, stored) =>
      decidePage({
        context: run,
        activities,
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
  for (const unreadable of fetched.unreadable) {
    await deps.unreadable.keep(run, unreadable)
    deps.facts.activityUnreadable(run, unreadable)
  }
  if ((await deps.links.status(run.linkId)) === null) return eraseGone(deps, run.linkId)

  const page: PageResult = {
    ...tally,
    listed: fetched.activities.length + fetched.unreadable.length,
    calls: callsMade(),
  }
  deps.facts.pageStored(run, page, tally)
  const counts = addPage(run.counts, page)
  if (isLastPage(page)) {
    await finishRun(deps, lease, { outcome: 'succeeded', errorCode: null, counts, finishedAt: now })
  } else if (await deps.runs.continueWith(lease, run.nextPage + 1, counts)) deps.nudge()
  else return skipped('lease-lost')
  announce(deps, run, page)
  return done()
}

/**
 * Fetches and stores the next page of a leased run, and commits what comes after it. While the quota is spent the run
 * is parked in MongoDB instead and the message is done with: waiting spends no attempt.
 */
export const syncPage = async (deps: SyncPageDeps, lease: RunLease, delivery: Delivery): Promise<Outcome> => {
  const kept = keepLease(deps.runs, lease, deps.leaseTimings)
  let calls = 0
  try {
    return await fetchAndStore(deps, lease, {
      signal: AbortSignal.any([delivery.signal, kept.signal]),
      isLastAttempt: delivery.attempt >= maxAttempts,
      onCall: () => {
        calls += 1
      },
      callsMade: () => calls,
    })
  } catch (error) {
    const counts = { ...lease.run.counts, calls: lease.run.counts.calls + calls }
    if (error instanceof ThrottledError) {
      if (!(await deps.runs.park(lease, error.retryAt, counts))) return skipped('lease-lost')
      deps.facts.runParked(lease.run, error.retryAt)
      return skipped('waits-for-quota')
    }
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
