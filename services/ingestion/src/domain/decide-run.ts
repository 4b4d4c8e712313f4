import type { RunCounts, RunOutcome, StoredLinkStatus } from '@slipstream/contracts'
import type { SyncRunRow } from '@slipstream/records'

export type SyncRun = Omit<SyncRunRow, 'outbox'>

/** Whether it lists the whole window, and not single activities that webhooks told of. */
export const isFullPass = ({ activities }: SyncRun): boolean => activities === undefined || activities.length === 0

export interface RunInput {
  run: SyncRun
  linkStatus: StoredLinkStatus
  now: Date
}

export type RunDecision =
  | { kind: 'fetch' }
  | { kind: 'skip'; reason: 'run-finished' | 'run-waits' }
  /** Ends without a call: there is no grant to list with. */
  | { kind: 'end'; reason: 'link-inactive'; outcome: RunOutcome }

/** Whether a delivery of this run goes on to call Strava. */
export const decideRun = ({ run, linkStatus, now }: RunInput): RunDecision => {
  if (run.state === 'finished') return { kind: 'skip', reason: 'run-finished' }
  if (linkStatus === 'reauth_required') return { kind: 'end', reason: 'link-inactive', outcome: 'reauth_required' }
  if (linkStatus !== 'active') return { kind: 'end', reason: 'link-inactive', outcome: 'cancelled' }
  if (run.state === 'waiting_for_quota' && run.resumeAt && run.resumeAt > now) {
    return { kind: 'skip', reason: 'run-waits' }
  }
  return { kind: 'fetch' }
}

/** How many calls a run may still make. */
export const callsLeftOf = ({ mostCalls = Number.POSITIVE_INFINITY }: SyncRun, answeredCalls: number): number =>
  Math.max(0, mostCalls - answeredCalls)

/** Adds what one step did to the run. `listed` counts what this run had not listed before, also what could not be read. */
export const addResult = (counts: RunCounts, result: RunCounts): RunCounts => ({
  listed: counts.listed + result.listed,
  created: counts.created + result.created,
  updated: counts.updated + result.updated,
  deleted: counts.deleted + result.deleted,
  unchanged: counts.unchanged + result.unchanged,
  calls: counts.calls + result.calls,
})
