import { actionableError, errorCatalogue, type Run } from '@slipstream/contracts'
import { describe, expect, it } from 'vitest'
import { runSentence, waitSentence } from './runs-text.ts'

const now = new Date('2026-11-20T23:00:00Z')
const run: Run = {
  runId: 'run_1',
  joinedTo: null,
  cause: 'manual',
  lane: 'interactive',
  state: 'finished',
  outcome: 'succeeded',
  error: null,
  activityIds: [],
  window: null,
  counts: { listed: 31, created: 2, updated: 0, deleted: 0, unchanged: 29, calls: 2 },
  waits: [],
  requestedAt: '2026-11-20T22:39:00.000Z',
  startedAt: '2026-11-20T22:39:01.000Z',
  finishedAt: '2026-11-20T22:39:03.000Z',
}
const counts = { ...run.counts, created: 0, calls: 1 }
const open = { outcome: null, finishedAt: null }

describe('a run in a line', () => {
  it.each<[Partial<Run>, string]>([
    [{}, '22:39, by you, 2 calls, 2 new'],
    [{ cause: 'linked' }, '22:39, after connecting, 2 calls, 2 new'],
    [{ cause: 'hourly', counts }, '22:39, regular check, 1 call, nothing new'],
    [{ cause: 'reconcile', counts }, '22:39, full check, 1 call, nothing new'],
    [{ cause: 'backfill' }, '22:39, older activities, 2 calls, 2 new'],
    [
      { cause: 'webhook', counts: { ...counts, updated: 1, deleted: 3 } },
      '22:39, Strava told of a change, 1 call, 1 changed, 3 removed',
    ],
    [{ requestedAt: '2026-11-18T07:12:00.000Z' }, 'Wed 18 Nov, 07:12, by you, 2 calls, 2 new'],
    [
      { outcome: 'failed', counts, error: actionableError('strava_unavailable') },
      `22:39, by you, 1 call, did not work: ${errorCatalogue.strava_unavailable.title}`,
    ],
    [{ outcome: 'failed', counts }, '22:39, by you, 1 call, did not work: the reason is not known'],
    [
      { outcome: 'reauth_required', error: actionableError('reauth_required') },
      `22:39, by you, did not work: ${errorCatalogue.reauth_required.title}`,
    ],
    [{ outcome: 'cancelled' }, '22:39, by you, stopped'],
    [{ outcome: 'cancelled', joinedTo: 'run_0' }, '22:39, by you, done together with another sync'],
    [{ ...open, state: 'queued' }, '22:39, by you, has not begun'],
    [{ ...open, state: 'waiting' }, '22:39, by you, waits'],
    [{ ...open, state: 'running' }, '22:39, by you, is running'],
  ])('%j: %s', (fields, sentence) => expect(runSentence({ ...run, ...fields }, now, 'UTC')).toBe(sentence))
})

it.each<[Run['waits'][number]['reason'], string]>([
  ['quota', '22:40 to 22:45: the share of requests that Strava allows was used up'],
  ['strava', '22:40 to 22:45: Strava did not answer'],
  ['app', '22:40 to 22:45: Strava did not let this app in'],
])('what it waited for: %s', (reason, sentence) => {
  const wait = { reason, since: '2026-11-20T22:40:00.000Z', until: '2026-11-20T22:45:00.000Z' }
  expect(waitSentence(wait, now, 'UTC')).toBe(sentence)
})
