import { describe, expect, it } from 'vitest'
import { addResult, decideRun, type SyncRun } from './decide-run.ts'

const now = new Date('2026-11-21T10:00:00Z')
const at = (seconds: number) => new Date(now.getTime() + seconds * 1000)

const run: SyncRun = {
  _id: 'run_1',
  athleteId: 'athlete_1',
  linkId: 'link_1',
  lane: 'interactive',
  cause: 'linked',
  window: { after: at(-28 * 86_400), before: at(86_400) },
  requestedVersion: 3,
  requestedAt: at(-10),
  state: 'queued',
  nextPage: 1,
  counts: { listed: 0, created: 0, updated: 0, deleted: 0, unchanged: 0, calls: 0 },
  resumeAt: null,
  startedAt: null,
  finishedAt: null,
  outcome: null,
  errorCode: null,
  leaseOwner: null,
  leaseUntil: null,
  fence: 0,
}
const facts = { run, linkStatus: 'active' as const, now }
const parked = { ...run, state: 'waiting_for_quota' as const, resumeAt: at(1) }

describe('decideRun', () => {
  it.each([
    ['a queued run of an active link', facts, { kind: 'fetch' }],
    [
      'a run in other hands (the lease decides)',
      { ...facts, run: { ...run, state: 'running' as const } },
      { kind: 'fetch' },
    ],
    [
      'a finished run',
      { ...facts, run: { ...run, state: 'finished' as const } },
      { kind: 'skip', reason: 'run-finished' },
    ],
    [
      'a link without a grant',
      { ...facts, linkStatus: 'reauth_required' as const },
      { kind: 'end', reason: 'link-inactive', outcome: 'reauth_required' },
    ],
    [
      'a paused link',
      { ...facts, linkStatus: 'paused' as const },
      { kind: 'end', reason: 'link-inactive', outcome: 'cancelled' },
    ],
    ['a parked run before its time', { ...facts, run: parked }, { kind: 'skip', reason: 'run-waits' }],
    ['a parked run whose time has come', { ...facts, run: { ...parked, resumeAt: now } }, { kind: 'fetch' }],
  ])('%s', (_, given, expected) => {
    expect(decideRun(given)).toEqual(expected)
  })
})

it('steps add up', () => {
  const page = { listed: 12, created: 10, updated: 1, deleted: 1, unchanged: 1, calls: 2 }
  const once = addResult(run.counts, page)
  expect(once).toEqual(page)
  expect(addResult(once, page)).toEqual({ listed: 24, created: 20, updated: 2, deleted: 2, unchanged: 2, calls: 4 })
})
