import type { Status, Workout } from '@slipstream/contracts'
import { describe, expect, it } from 'vitest'
import { concernsShownRun, emptyDashboard, withNextPage, withProgress, withStatus } from './dashboard-state.ts'

const syncing: Status = {
  status: 'active',
  athlete: { stravaAthleteId: '1', displayName: 'Anna' },
  scopes: ['read', 'activity:read_all'],
  linkedAt: '2026-11-20T17:00:00Z',
  lastSync: null,
  sync: {
    runId: 'run_1',
    lane: 'interactive',
    state: 'queued',
    waitingFor: null,
    listed: 10,
    stored: 5,
    expected: null,
    estimatedStartAt: null,
    estimatedFinishAt: null,
  },
  nextSyncAt: null,
  syncEvery: null,
  completeUpTo: null,
  incomplete: null,
  error: null,
}

const loaded = {
  ...emptyDashboard,
  summary: {
    profile: { displayName: 'Anna', primarySport: 'Run', weeklyGoalHours: null, submittedAt: '2026-11-20T16:00:00Z' },
    strava: syncing,
    load: { method: 'm', days: [], acute: 0, chronic: 0, ratio: null },
    recentWorkouts: [],
  },
}

const progress = { athleteId: 'a', runId: 'run_1', listed: 20, stored: 12, estimatedFinishAt: '2026-11-20T18:00:04Z' }
const workout = (id: string): Workout => ({ id }) as Workout

describe('progress', () => {
  it('moves the shown run on and marks it as running', () => {
    expect(withProgress(loaded, progress).summary?.strava.sync).toMatchObject({
      state: 'running',
      listed: 20,
      stored: 12,
      estimatedFinishAt: '2026-11-20T18:00:04Z',
    })
  })

  it('never counts back on late news', () => {
    expect(withProgress(loaded, { ...progress, listed: 8, stored: 3 }).summary?.strava.sync).toMatchObject({
      listed: 10,
      stored: 5,
    })
  })

  it('leaves another run alone', () => {
    const other = { ...progress, runId: 'run_2' }
    expect(concernsShownRun(loaded, progress)).toBe(true)
    expect(concernsShownRun(loaded, other)).toBe(false)
    expect(withProgress(loaded, other)).toBe(loaded)
  })
})

describe('withStatus', () => {
  it('waits for the first load: a status alone is no page', () => {
    expect(withStatus(emptyDashboard, syncing)).toBe(emptyDashboard)
    expect(withStatus(loaded, { ...syncing, sync: null }).summary?.strava.sync).toBeNull()
  })
})

describe('withNextPage', () => {
  it('appends, and shows no workout twice', () => {
    const first = { ...loaded, workouts: { items: [workout('a'), workout('b')], nextCursor: 'c1' } }
    expect(withNextPage(first, { items: [workout('b'), workout('c')], nextCursor: null }).workouts).toEqual({
      items: [workout('a'), workout('b'), workout('c')],
      nextCursor: null,
    })
  })
})
