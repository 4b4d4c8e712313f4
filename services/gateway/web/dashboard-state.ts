import type { ActionableError, EventData, Status, Summary, WorkoutPage } from '@slipstream/contracts'

/** What the signed-in page shows. `summary` and `workouts` are null until first loaded. */
export interface DashboardState {
  summary: Summary | null
  workouts: WorkoutPage | null
  /** Why the last load failed; the next one that succeeds clears it. */
  loadError: ActionableError | null
  /** Why the last thing the person asked for failed; it stays until they ask for the next. */
  actionError: ActionableError | null
  /** Whether live updates arrive. */
  connected: boolean
}

export const emptyDashboard: DashboardState = {
  summary: null,
  workouts: null,
  loadError: null,
  actionError: null,
  connected: true,
}

export const withStatus = (state: DashboardState, strava: Status): DashboardState =>
  state.summary === null ? state : { ...state, summary: { ...state.summary, strava } }

export const withLoaded = (state: DashboardState, summary: Summary, workouts: WorkoutPage): DashboardState => ({
  ...state,
  summary,
  workouts,
  loadError: null,
})

/** Whether the news is about the run on display; if not, the status has to be asked for. */
export const concernsShownRun = (state: DashboardState, { runId }: EventData<'sync.progress'>): boolean =>
  state.summary?.strava.sync?.runId === runId

/** Counts never go back: news may be older than what was loaded in the meantime. */
export const withProgress = (state: DashboardState, progress: EventData<'sync.progress'>): DashboardState => {
  const strava = state.summary?.strava
  if (strava?.sync?.runId !== progress.runId) return state
  return withStatus(state, {
    ...strava,
    sync: {
      ...strava.sync,
      state: 'running',
      waitingFor: null,
      listed: Math.max(strava.sync.listed, progress.listed),
      stored: Math.max(strava.sync.stored, progress.stored),
      estimatedFinishAt: progress.estimatedFinishAt,
    },
  })
}

/** Adds the next page; a workout that is shown already (it moved between pages) is not shown twice. */
export const withNextPage = (state: DashboardState, page: WorkoutPage): DashboardState => {
  const shown = state.workouts?.items ?? []
  const ids = new Set(shown.map(({ id }) => id))
  const items = [...shown, ...page.items.filter(({ id }) => !ids.has(id))]
  return { ...state, workouts: { items, nextCursor: page.nextCursor } }
}
