import type { Status } from '@slipstream/contracts'
import { describe, expect, it } from 'vitest'
import { countsSentence, lastSyncSentence, nextSyncSentence, syncSentence } from './sync-text.ts'

const now = new Date('2026-11-20T18:00:00Z')
const running: NonNullable<Status['sync']> = {
  runId: 'run_1',
  lane: 'interactive',
  state: 'running',
  waitingFor: null,
  listed: 31,
  stored: 12,
  expected: null,
  estimatedStartAt: null,
  estimatedFinishAt: '2026-11-20T18:00:04Z',
}

describe('syncSentence', () => {
  it('tells how far a running sync is and when it will be done', () => {
    expect(syncSentence(running, now)).toBe('12 of 31 stored, about 4 s left')
    expect(syncSentence({ ...running, estimatedFinishAt: null }, now)).toBe('12 of 31 stored')
  })

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

  it('is told with its outcome when it did not succeed', () => {
    expect(lastSyncSentence(null, now)).toBe('Not yet')
    expect(lastSyncSentence(lastSync, now)).not.toContain('(')
    expect(lastSyncSentence({ ...lastSync, outcome: 'failed' }, now)).toContain('(failed)')
  })

  it('tells when the next sync comes, and why so late', () => {
    const nextSyncAt = now.toISOString()
    const soon = nextSyncSentence({ nextSyncAt, syncEvery: { minutes: 60, isStretched: false } }, now)
    expect(nextSyncSentence({ nextSyncAt, syncEvery: null }, now)).toBe(soon)
    expect(nextSyncSentence({ nextSyncAt, syncEvery: { minutes: 345, isStretched: true } }, now)).toBe(
      `${soon} (every 5:45 h, as often as Strava lets this app ask)`,
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
