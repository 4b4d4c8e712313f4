import type { EventData, Status } from '@slipstream/contracts'
import { describe, expect, it } from 'vitest'
import { concernsShownRun, emptyDashboard, withLoaded, withProgress, withStatus } from './dashboard-state.ts'

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
    isEstimate: false,
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
    sportTypes: [],
  },
}

const progress: EventData<'sync.progress'> = {
  ...{ athleteId: 'a', runId: 'run_1', listed: 20, stored: 12, estimatedFinishAt: '2026-11-20T18:00:04Z' },
  ...{ state: 'running', waitingFor: null },
}

describe('progress', () => {
  it('moves the shown run on and marks it as running', () => {
    expect(withProgress(loaded, progress).summary?.strava.sync).toMatchObject({
      state: 'running',
      listed: 20,
      stored: 12,
      estimatedFinishAt: '2026-11-20T18:00:04Z',
    })
  })

  it('tells that a run waits; its end is told by the status', () => {
    const waiting = withProgress(loaded, { ...progress, state: 'waiting', waitingFor: 'strava' })
    expect(waiting.summary?.strava.sync).toMatchObject({ state: 'waiting', waitingFor: 'strava' })
    const ended = withProgress(waiting, { ...progress, state: 'finished', listed: 21 })
    expect(ended.summary?.strava.sync).toMatchObject({ state: 'waiting', listed: 21 })
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

  it('takes a run onwards only, and begins another one anew', () => {
    const running = withProgress(loaded, progress)
    const { sync } = withStatus(running, syncing).summary?.strava ?? {}
    expect(sync).toMatchObject({ state: 'running', listed: 20, stored: 12 })
    const next = { ...syncing.sync, runId: 'run_2' } as Status['sync']
    expect(withStatus(running, { ...syncing, sync: next }).summary?.strava.sync).toEqual(next)
  })
})

describe('withLoaded', () => {
  const lastSync = {
    ...{ runId: 'run_1', outcome: 'succeeded' as const, finishedAt: '2026-11-20T18:00:05Z' },
    counts: { listed: 20, created: 20, updated: 0, deleted: 0, unchanged: 0, calls: 1 },
  }
  const ended = { ...syncing, sync: null, lastSync }
  const workouts = { items: [], nextCursor: null }

  it('keeps the status that was told while it was loading', () => {
    const told = withStatus(loaded, ended)
    expect(withLoaded(told, { summary: loaded.summary, workouts, isOvertaken: true }).summary?.strava).toEqual(ended)
    expect(withLoaded(told, { summary: loaded.summary, workouts, isOvertaken: false }).summary?.strava).toEqual(syncing)
  })

  it('notes which sync the workouts come after', () => {
    expect(withLoaded(loaded, { summary: loaded.summary, workouts, isOvertaken: true }).workoutsAsOf).toBeNull()
    const summary = { ...loaded.summary, strava: ended }
    expect(withLoaded(loaded, { summary, workouts, isOvertaken: false }).workoutsAsOf).toBe('run_1')
  })
})
