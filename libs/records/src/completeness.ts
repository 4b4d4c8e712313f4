import type { SyncRunRow } from './sync-run.ts'

// What a run proves. Complete is what is proven, never what is assumed.

/** An activity that was broken in so many runs in a row holds completeness no longer. */
export const holdingRuns = 3

/** Everything that began before then is stored, if the run lists the whole window and stores it whole. */
export const listedUpTo = ({
  startedAt,
  requestedAt,
  window,
}: Pick<SyncRunRow, 'startedAt' | 'requestedAt' | 'window'>): Date => {
  const beganAt = startedAt ?? requestedAt
  return beganAt < window.before ? beganAt : window.before
}

/** Whether the run has listed the whole window, and nothing was held back from it. One that looked at a few activities proves nothing of the others. */
export const provesWindow = ({
  outcome,
  activities = [],
  unread = [],
}: Pick<SyncRunRow, 'outcome' | 'activities' | 'unread'>): boolean =>
  outcome === 'succeeded' && activities.length === 0 && unread.every(({ runs }) => runs >= holdingRuns)
