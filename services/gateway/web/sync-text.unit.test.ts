import { actionableError, type Status } from '@slipstream/contracts'
import { describe, expect, it } from 'vitest'
import {
  completeSentence,
  countsSentence,
  incompleteSentence,
  isWindowOpen,
  lastSyncLabel,
  lastSyncSentence,
  nextSyncSentence,
  noWorkoutsSentence,
  shareDone,
  syncButtonWords,
  syncSentence,
} from './sync-text.ts'

const now = new Date('2026-11-20T18:00:00Z')
const running: NonNullable<Status['sync']> = {
  runId: 'run_1',
  lane: 'interactive',
  state: 'running',
  waitingFor: null,
  listed: 31,
  stored: 12,
  expected: 31,
  isEstimate: false,
  estimatedStartAt: null,
  estimatedFinishAt: '2026-11-20T18:00:04Z',
}

describe('syncSentence', () => {
  it('tells how far a running sync is and when it will be done', () => {
    expect(syncSentence(running, now)).toBe('12 of 31 stored, about 4 s left')
    expect(syncSentence({ ...running, estimatedFinishAt: null }, now)).toBe('12 of 31 stored')
  })

  it.each<[Partial<typeof running>, string]>([
    [{ expected: 48, isEstimate: true }, '12 of about 48 stored, about 4 s left'],
    [{ expected: null }, '12 stored, about 4 s left'],
    [{ expected: 200, isEstimate: true, stored: 200, listed: 200 }, '200 of about 200 stored, about 4 s left'],
    // Only the page that proves the end is missing: nothing to count down to.
    [{ stored: 31 }, '31 stored, looking whether there are more'],
    [{ stored: 31, estimatedFinishAt: null }, '31 stored, looking whether there are more'],
  ])('%j: %s', (part, sentence) => expect(syncSentence({ ...running, ...part }, now)).toBe(sentence))

  it('says what it does before the first page is there', () => {
    expect(syncSentence({ ...running, listed: 0, stored: 0 }, now)).toBe('Asking Strava for your recent activities')
  })

  it('tells a wait for its turn only when it is noticeable', () => {
    const queued = { ...running, state: 'queued' as const, listed: 0, stored: 0, estimatedFinishAt: null }
    expect(syncSentence(queued, now)).toBe('Starting')
    expect(syncSentence({ ...queued, estimatedStartAt: '2026-11-20T18:00:01Z' }, now)).toBe('Starting')
    expect(syncSentence({ ...queued, estimatedStartAt: '2026-11-20T18:03:00Z' }, now)).toBe(
      'Waiting for its turn, starts in about 3 min',
    )
  })

  it('tells that Strava makes it wait, and what is stored so far', () => {
    const parked = {
      ...running,
      ...{ state: 'waiting' as const, waitingFor: 'quota' as const, estimatedStartAt: '2026-11-20T18:12:00Z' },
    }
    expect(syncSentence(parked, now)).toBe('12 of 31 stored; Strava allows more requests in about 12 min')
    expect(syncSentence({ ...parked, listed: 0, estimatedStartAt: null }, now)).toBe(
      'Waiting until Strava allows more requests',
    )
    expect(syncSentence({ ...parked, waitingFor: 'strava' }, now)).toBe(
      '12 of 31 stored; Strava does not answer, next try in about 12 min',
    )
    expect(syncSentence({ ...parked, listed: 0, waitingFor: 'app' }, now)).toBe(
      'Waiting until Strava lets this app in again',
    )
  })
})

describe('the last sync', () => {
  const counts = { listed: 31, created: 12, updated: 1, deleted: 0, unchanged: 18, calls: 2 }
  const lastSync = { runId: 'run_0', outcome: 'succeeded' as const, finishedAt: '2026-11-19T08:00:00Z', counts }

  it('is told with its time', () => {
    expect(lastSyncSentence(null, now)).toBe('Not yet')
    expect(lastSyncSentence(lastSync, now)).toMatch(/^Thu 19 Nov, \d\d:00$/)
  })

  it('calls the last sync a good one only where there was one', () => {
    const error = actionableError('strava_unavailable')
    expect(lastSyncLabel({ lastSync: null, error })).toBe('Last sync')
    expect(lastSyncLabel({ lastSync, error: null })).toBe('Last sync')
    expect(lastSyncLabel({ lastSync, error })).toBe('Last good sync')
  })

  it('tells when the next sync comes, and why so late', () => {
    const nextSyncAt = now.toISOString()
    const soon = nextSyncSentence({ nextSyncAt, syncEvery: { minutes: 60, isStretched: false } }, now)
    expect(nextSyncSentence({ nextSyncAt, syncEvery: null }, now)).toBe(soon)
    expect(nextSyncSentence({ nextSyncAt, syncEvery: { minutes: 345, isStretched: true } }, now)).toBe(
      `${soon} (every 5 h 45, as often as Strava lets this app ask)`,
    )
    expect(nextSyncSentence({ nextSyncAt: null, syncEvery: null }, now)).toBe('–')
  })

  it('lists only what changed', () => {
    expect(countsSentence(counts)).toBe('31 activities checked, 12 new, 1 changed')
    expect(countsSentence({ ...counts, created: 0, updated: 0 })).toBe('31 activities checked, nothing new')
    expect(countsSentence({ ...counts, listed: 1, created: 0, updated: 0, deleted: 2 })).toBe(
      '1 activity checked, 2 removed',
    )
  })
})

it('the button says what goes on', () => {
  const waiting = { ...running, state: 'waiting' as const, waitingFor: 'app' as const }
  expect([null, running, waiting].map(syncButtonWords)).toEqual(['Sync now', 'Syncing…', 'Waiting…'])
})

describe('the bar', () => {
  it.each<[Partial<typeof running>, number | null]>([
    [{ expected: null }, null],
    [{ expected: 0, listed: 0, stored: 0 }, null],
    [{ stored: 0 }, 0],
    [{ stored: 10, expected: 40, isEstimate: true }, 0.25],
    // Never full before the end, which takes it away.
    [{ stored: 31 }, 0.95],
    [{ stored: 500, expected: 400, isEstimate: true }, 0.95],
  ])('%j: %s', (part, share) => expect(shareDone({ ...running, ...part })).toBe(share))
})

describe('where there are no workouts', () => {
  const counts = { listed: 0, created: 0, updated: 0, deleted: 0, unchanged: 0, calls: 1 }
  const lastSync = { runId: 'run_0', outcome: 'succeeded' as const, finishedAt: '2026-11-19T08:00:00Z', counts }
  it('says that there are none only once that is known', () => {
    expect(noWorkoutsSentence({ lastSync, error: null }, true)).toBe('No workouts in the last four weeks.')
    expect(noWorkoutsSentence({ lastSync, error: null }, false)).toBe('The first ones appear in a moment.')
    expect(noWorkoutsSentence({ lastSync: null, error: null }, true)).toBe('The first ones appear in a moment.')
  })

  it('promises no moment where something is in the way', () => {
    const error = actionableError('strava_unavailable')
    expect(noWorkoutsSentence({ lastSync: null, error }, true)).toBe('They arrive as soon as syncing goes on.')
  })

  it('the window is open until all of it was listed once', () => {
    expect(isWindowOpen({ completeUpTo: null, lastSync: null, sync: running })).toBe(true)
    expect(isWindowOpen({ completeUpTo: null, lastSync, sync: null })).toBe(true)
    expect(isWindowOpen({ completeUpTo: lastSync.finishedAt, lastSync: null, sync: running })).toBe(true)
    expect(isWindowOpen({ completeUpTo: lastSync.finishedAt, lastSync, sync: running })).toBe(false)
  })
})

describe('up to when all is here', () => {
  it.each<[Status['completeUpTo'], string]>([
    ['2026-11-20T17:28:00.000Z', 'Everything up to 17:28 is here'],
    ['2026-11-18T22:28:00.000Z', 'Everything up to Wed 18 Nov, 22:28 is here'],
    [null, 'Not everything of the last four weeks is here yet'],
  ])('%s: %s', (completeUpTo, sentence) => expect(completeSentence({ completeUpTo }, now, 'UTC')).toBe(sentence))

  it('is told in the zone of the reader', () => {
    const completeUpTo = '2026-11-20T17:28:00.000Z'
    expect(completeSentence({ completeUpTo }, now, 'Asia/Kolkata')).toBe('Everything up to 22:58 is here')
  })

  it.each<[Status['incomplete'], string | null]>([
    [null, null],
    [
      { count: 1, reason: 'activity_unreadable' },
      '1 activity could not be read as Strava sent it. Each sync asks again.',
    ],
    [
      { count: 3, reason: 'activity_unreadable' },
      '3 activities could not be read as Strava sent them. Each sync asks again.',
    ],
  ])('what is missing: %j', (incomplete, sentence) => expect(incompleteSentence({ incomplete })).toBe(sentence))
})
