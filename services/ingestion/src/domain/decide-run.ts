import type { RunCounts, RunOutcome, StoredLinkStatus } from '@slipstream/contracts'
import type { SyncRunRow } from '@slipstream/records'

/** Activities asked for per page: the most Strava gives. */
export const pageSize = 200

export type SyncRun = Omit<SyncRunRow, 'outbox'>

export interface RunFacts {
  run: SyncRun
  linkStatus: StoredLinkStatus
  /** The newest request the scheduler made for this athlete; null when it has no row for them. */
  newestVersion: number | null
  now: Date
}

export type RunDecision =
  | { kind: 'fetch' }
  | { kind: 'skip'; reason: 'run-finished' | 'run-waits-for-quota' }
  /** Ends without a call: a newer request lists the same window anew, or there is no grant to list it with. */
  | { kind: 'end'; reason: 'superseded' | 'link-inactive'; outcome: RunOutcome }

/** Whether a delivery of this run goes on to call Strava. */
export const decideRun = ({ run, linkStatus, newestVersion, now }: RunFacts): RunDecision => {
  if (run.state === 'finished') return { kind: 'skip', reason: 'run-finished' }
  if (newestVersion !== null && newestVersion > run.requestedVersion) {
    return { kind: 'end', reason: 'superseded', outcome: 'cancelled' }
  }
  if (linkStatus === 'reauth_required') return { kind: 'end', reason: 'link-inactive', outcome: 'reauth_required' }
  if (linkStatus !== 'active') return { kind: 'end', reason: 'link-inactive', outcome: 'cancelled' }
  if (run.state === 'waiting_for_quota' && run.resumeAt && run.resumeAt > now) {
    return { kind: 'skip', reason: 'run-waits-for-quota' }
  }
  return { kind: 'fetch' }
}

/** What one page did to the run. `listed` counts all items on it, also those that could not be read. */
export interface PageResult {
  listed: number
  created: number
  updated: number
  unchanged: number
  calls: number
}

export const addPage = (counts: RunCounts, page: PageResult): RunCounts => ({
  listed: counts.listed + page.listed,
  created: counts.created + page.created,
  updated: counts.updated + page.updated,
  deleted: counts.deleted,
  unchanged: counts.unchanged + page.unchanged,
  calls: counts.calls + page.calls,
})

/** Only the empty page is the last one: Strava may give fewer items than asked for while more follow. */
export const isLastPage = (page: PageResult): boolean => page.listed === 0

/**
 * When the run will probably be over, or null while that cannot be said: a full page says nothing about how many
 * follow, a short one is nearly always followed by the empty one, which takes about as long as the pages before it.
 */
export const estimateFinish = (run: SyncRun, page: PageResult, now: Date): Date | null => {
  if (isLastPage(page)) return now
  if (page.listed >= pageSize || run.startedAt === null) return null
  const msPerPage = Math.max(0, now.getTime() - run.startedAt.getTime()) / run.nextPage
  return new Date(now.getTime() + msPerPage)
}
