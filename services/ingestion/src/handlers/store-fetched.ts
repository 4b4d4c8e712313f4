import type { UnreadActivity } from '@slipstream/records'
import type { StravaActivity, UnreadableActivity } from '@slipstream/strava'
import { decidePage } from '../domain/decide-page.ts'
import type { SyncRun } from '../domain/decide-run.ts'
import type { Applied } from '../domain/ports.ts'
import { addUnread } from '../domain/unread.ts'
import type { RunDeps } from './run-step.ts'

export interface Fetched {
  activities: readonly StravaActivity[]
  unreadable: readonly UnreadableActivity[]
  /** Taken before the call. */
  ticket: number
}

/** Kept as dead letters too, so that an operator can look at them. */
const keepUnreadable = async (deps: RunDeps, run: SyncRun, unreadable: readonly UnreadableActivity[]) => {
  const known: UnreadActivity[] = run.unread ?? []
  if (unreadable.length === 0) return known
  for (const activity of unreadable) {
    await deps.unreadable.keep(run, activity)
    deps.facts.activityUnreadable(run, activity)
  }
  const ids = unreadable.map(({ stravaActivityId }) => stravaActivityId)
  const before = await deps.runs.passBefore(run)
  return addUnread(known, ids, before?.unread ?? [])
}

/** Writes what was fetched. @returns what that changed, and all that the run could not read so far */
export const storeFetched = async (
  deps: RunDeps,
  run: SyncRun,
  { activities, unreadable, ticket }: Fetched,
): Promise<Applied & { unread: UnreadActivity[] }> => {
  const now = deps.clock.now()
  const applied = await deps.workouts.apply({
    linkId: run.linkId,
    activities,
    decide: (open, known) =>
      decidePage({
        context: run,
        activities: open,
        ...known,
        ticket,
        now,
        newWorkoutId: deps.newWorkoutId,
        keepForMs: deps.keepForMs,
      }),
  })
  // Told while the run goes on with what comes next.
  if (applied.tally.created + applied.tally.updated > 0) deps.nudge()
  for (const activity of activities) {
    if (activity.implausible.length > 0) deps.facts.valuesImplausible(run, activity)
  }
  return { ...applied, unread: await keepUnreadable(deps, run, unreadable) }
}
