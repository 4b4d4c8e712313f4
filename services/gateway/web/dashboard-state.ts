import type { ActionableError, EventData, ShownError, Status, Summary, WorkoutPage } from '@slipstream/contracts'

/** What the signed-in page shows. `summary` and `workouts` are null until first loaded. */
export interface DashboardState {
  summary: Summary | null
  workouts: WorkoutPage | null
  /** The one sport that workouts are asked for of; null: all. */
  sportType: string | null
  /** The last sync that the workouts were asked for after; null: none had ended. */
  workoutsAsOf: string | null
  /** Why the last load failed; the next one that succeeds clears it. */
  loadError: ActionableError | null
  /** Why the last thing the person asked for failed; it stays until they ask for the next. */
  actionError: ShownError | null
  /** Whether live updates arrive. */
  connected: boolean
}

export const emptyDashboard: DashboardState = {
  summary: null,
  workouts: null,
  sportType: null,
  workoutsAsOf: null,
  loadError: null,
  actionError: null,
  connected: true,
}

/** A run goes on, and never back, whichever of two answers came later. */
const onwards = (shown: Status['sync'], next: Status['sync']): Status['sync'] => {
  if (shown === null || next === null || shown.runId !== next.runId) return next
  return {
    ...next,
    state: next.state === 'queued' ? shown.state : next.state,
    waitingFor: next.state === 'queued' ? shown.waitingFor : next.waitingFor,
    listed: Math.max(shown.listed, next.listed),
    stored: Math.max(shown.stored, next.stored),
  }
}

export const withStatus = (state: DashboardState, strava: Status): DashboardState => {
  if (state.summary === null) return state
  const sync = onwards(state.summary.strava.sync, strava.sync)
  return { ...state, summary: { ...state.summary, strava: { ...strava, sync } } }
}

/** `isOvertaken`: the status was told by the event stream in the meantime, which also tells what comes after. */
export const withLoaded = (
  state: DashboardState,
  { summary, workouts, isOvertaken }: { summary: Summary; workouts: WorkoutPage; isOvertaken: boolean },
): DashboardState => {
  const shown = state.summary?.strava
  const strava =
    isOvertaken && shown ? shown : { ...summary.strava, sync: onwards(shown?.sync ?? null, summary.strava.sync) }
  const workoutsAsOf = summary.strava.lastSync?.runId ?? null
  return { ...state, summary: { ...summary, strava }, workouts, workoutsAsOf, loadError: null }
}

/** Whether the news is about the run on display; if not, the status has to be asked for. */
export const concernsShownRun = (state: DashboardState, { runId }: EventData<'sync.progress'>): boolean =>
  state.summary?.strava.sync?.runId === runId

/** Counts never go back: news may be older than what was loaded in the meantime. The end is told by the status alone. */
export const withProgress = (state: DashboardState, progress: EventData<'sync.progress'>): DashboardState => {
  const strava = state.summary?.strava
  if (strava?.sync?.runId !== progress.runId) return state
  return withStatus(state, {
    ...strava,
    sync: {
      ...strava.sync,
      ...(progress.state === null || progress.state === 'finished'
        ? {}
        : { state: progress.state, waitingFor: progress.waitingFor }),
      listed: Math.max(strava.sync.listed, progress.listed),
      stored: Math.max(strava.sync.stored, progress.stored),
      estimatedFinishAt: progress.estimatedFinishAt,
    },
  })
}
