import { statusSchema } from '@slipstream/contracts'
import { expect, test } from 'vitest'
import type { Link, RunView, ScheduleView } from './model.ts'
import { describeStatus, type StatusInput } from './status.ts'

const at = (time: string) => new Date(`2026-11-20T${time}:00Z`)
const now = at('12:00')

const link: Link = {
  linkId: 'lnk_1',
  athleteId: 'ath_1',
  stravaAthleteId: '100',
  displayName: 'Anna',
  status: 'active',
  statusSince: at('08:00'),
  errorCode: null,
  scopes: ['read', 'activity:read_all'],
  linkedAt: at('08:00'),
  manualSync: null,
}

const run: RunView = {
  runId: 'run_1',
  lane: 'scheduled',
  cause: 'hourly',
  state: 'running',
  counts: { listed: 10, created: 3, updated: 1, deleted: 0, unchanged: 4, calls: 1 },
  window: { after: at('00:00'), before: new Date('2026-11-21T12:00:00Z') },
  requestedVersion: 2,
  requestedAt: at('11:58'),
  startedAt: at('11:59'),
  resumeAt: null,
  finishedAt: null,
  outcome: null,
  errorCode: null,
}
const finished = { ...run, runId: 'run_0', state: 'finished', finishedAt: at('11:00'), outcome: 'succeeded' } as const

const request = {
  runId: 'run_1',
  lane: 'scheduled',
  cause: 'hourly',
  requestedAt: at('11:58'),
  window: run.window,
} as const
const open: ScheduleView = {
  requestedVersion: 2,
  completedVersion: 1,
  request,
  manualRunId: null,
  nextDueAt: at('12:30'),
}
const idle: ScheduleView = { ...open, completedVersion: 2 }

const describe = (facts: Partial<StatusInput>) => {
  const status = describeStatus({
    link,
    hasGrantWaiting: false,
    schedule: idle,
    runs: [],
    lastFinishedRun: null,
    lastSucceededRun: null,
    lastCompleteRun: null,
    appTroubles: [],
    isQuotaSpent: false,
    quotaOpensAt: now,
    now,
    ...facts,
  })
  expect(statusSchema.parse(status)).toEqual(status)
  return status
}

test('without a link there is nothing to tell, or a grant that waits', () => {
  expect(describe({ link: null })).toMatchObject({ status: 'not_linked', athlete: null, sync: null, error: null })
  expect(describe({ link: null, hasGrantWaiting: true }).status).toBe('pending')
})

test('how often all is listed, and that it is less often than was set', () => {
  const turns = { everyMs: 9 * 3_600_000, isStretched: true }
  expect(describe({ schedule: { ...idle, turns } }).syncEvery).toEqual({ minutes: 540, isStretched: true })
  expect(describe({ schedule: idle }).syncEvery).toBeNull()
})

test('a link at rest', () => {
  expect(describe({ lastFinishedRun: finished, lastSucceededRun: finished, lastCompleteRun: finished })).toMatchObject({
    status: 'active',
    athlete: { stravaAthleteId: '100', displayName: 'Anna' },
    lastSync: { runId: 'run_0', outcome: 'succeeded', finishedAt: '2026-11-20T11:00:00.000Z' },
    sync: null,
    nextSyncAt: '2026-11-20T12:30:00.000Z',
    completeUpTo: '2026-11-20T11:59:00.000Z',
    error: null,
  })
})

const begun = {
  ...run,
  cursor: { before: at('00:00'), page: 1, pages: 1, listedIds: [], previousIds: [], earliestStart: at('06:00') },
}
const waited: RunView = { ...run, startedAt: null, waits: [{ reason: 'strava', since: at('11:59'), until: now }] }
const parked = { ...run, state: 'waiting_for_quota', resumeAt: at('12:15') } as const

test.each<[string, RunView | null, object]>([
  ['not begun', null, { state: 'queued', listed: 0, stored: 0, estimatedStartAt: '2026-11-20T12:00:00.000Z' }],
  ['held, but has made no call', { ...run, startedAt: null }, { state: 'queued', waitingFor: null }],
  ['running', begun, { state: 'running', waitingFor: null, listed: 10, stored: 8, estimatedStartAt: null }],
  ['between two pages', { ...begun, state: 'queued' }, { state: 'running', estimatedStartAt: null }],
  [
    'about to find the end of the list',
    { ...begun, cursor: { ...begun.cursor, page: 2 } },
    { expected: 10, isEstimate: false, estimatedFinishAt: '2026-11-20T12:00:10.000Z' },
  ],
  [
    'a third through the window',
    { ...begun, window: { after: at('00:00'), before: now } },
    // Ten activities in 5 h 59 min, and another 6 h to go.
    { expected: 21, isEstimate: true, estimatedFinishAt: '2026-11-20T12:00:30.000Z' },
  ],
  ['at its first page', run, { expected: null, isEstimate: false, estimatedFinishAt: null }],
  [
    'listed to the end of the window and beyond',
    { ...begun, window: { after: at('07:00'), before: now } },
    { expected: 10, isEstimate: true },
  ],
  [
    'looking for what was not listed',
    { ...begun, missing: { isListedAgain: false, toCheck: ['7'] } },
    { expected: 10, isEstimate: false },
  ],
  [
    'going on after a wait at its first page',
    { ...waited, state: 'queued' },
    { state: 'running', estimatedStartAt: null },
  ],
  [
    'waiting, as 0.1 says it',
    parked,
    { state: 'waiting', waitingFor: 'quota', estimatedStartAt: '2026-11-20T12:15:00.000Z' },
  ],
  ['waiting for Strava', { ...parked, waitingFor: 'strava' }, { state: 'waiting', waitingFor: 'strava' }],
])('a run that is %s', (_what, current, sync) => {
  const runs = current ? [current] : []
  expect(describe({ schedule: open, runs }).sync).toMatchObject({ runId: 'run_1', lane: 'scheduled', ...sync })
})

test('a run that has ended is no longer shown as work, though its schedule does not know yet', () => {
  expect(describe({ schedule: open, runs: [{ ...run, state: 'finished' }] }).sync).toBeNull()
})

test('a queued run waits for the quota to open', () => {
  expect(describe({ schedule: open, quotaOpensAt: at('12:15') }).sync?.estimatedStartAt).toBe(
    '2026-11-20T12:15:00.000Z',
  )
})

test('the last sync is the last that succeeded; an activity that cannot be read holds back how far all is complete', () => {
  const failed = { ...finished, runId: 'run_9', outcome: 'failed' } as const
  const holding = { ...finished, runId: 'run_8', unread: [{ stravaActivityId: '7', runs: 1 }] }
  const facts = {
    lastFinishedRun: failed,
    lastSucceededRun: holding,
    lastCompleteRun: { ...finished, startedAt: at('10:00') },
  }
  expect(describe(facts)).toMatchObject({
    lastSync: { runId: 'run_8', outcome: 'succeeded' },
    completeUpTo: '2026-11-20T10:00:00.000Z',
    incomplete: { count: 1, reason: 'activity_unreadable' },
    error: { code: 'strava_unavailable' },
  })
})

test.each<[string, Partial<StatusInput>, string | null, string | null]>([
  ['all is well', {}, null, null],
  ['the grant died', { link: { ...link, status: 'reauth_required' } }, 'reauth_required', 'athlete'],
  [
    'a scope is gone',
    { link: { ...link, status: 'reauth_required', errorCode: 'scope_missing' } },
    'scope_missing',
    'athlete',
  ],
  ['an unknown code', { link: { ...link, status: 'reauth_required', errorCode: 'x' } }, 'reauth_required', 'athlete'],
  ['the app is switched off', { appTroubles: ['inactive'] }, 'app_inactive', 'operator'],
  [
    'the app is switched off and a run failed of it',
    { appTroubles: ['inactive'], lastFinishedRun: { ...finished, outcome: 'failed' } },
    'app_inactive',
    'operator',
  ],
  ['the quota is used up', { isQuotaSpent: true, schedule: open, runs: [parked] }, 'quota_exhausted', 'nobody'],
  ['the run waits for its own share', { schedule: open, runs: [parked] }, null, null],
  [
    'Strava does not answer',
    { isQuotaSpent: true, schedule: open, runs: [{ ...parked, waitingFor: 'strava' }] },
    'strava_unavailable',
    'nobody',
  ],
  [
    'Strava refuses the app’s credentials and the run waits for that',
    { appTroubles: ['credentials'], schedule: open, runs: [{ ...parked, waitingFor: 'app' }] },
    'app_misconfigured',
    'operator',
  ],
  ['Strava refuses the app’s credentials and nothing waits for that', { appTroubles: ['credentials'] }, null, null],
  [
    'Strava has closed an endpoint and the run waits for that',
    { appTroubles: ['endpoint'], schedule: open, runs: [{ ...parked, waitingFor: 'app' }] },
    'endpoint_closed',
    'operator',
  ],
  [
    'what the run waited for is over, and it is about to be woken',
    { isQuotaSpent: true, schedule: open, runs: [{ ...parked, waitingFor: 'app' }] },
    null,
    null,
  ],
  ['the last run failed', { lastFinishedRun: { ...finished, outcome: 'failed' } }, 'strava_unavailable', 'nobody'],
  ['the last run was cancelled', { lastFinishedRun: { ...finished, outcome: 'cancelled' } }, null, null],
])('%s', (_what, facts, code, actor) => {
  const { error } = describe(facts)
  expect(error?.code ?? null).toBe(code)
  expect(error?.actor ?? null).toBe(actor)
})

test('while the app is switched off the link stays active and nobody is told to reconnect', () => {
  const status = describe({ appTroubles: ['inactive'] })
  expect(status.status).toBe('active')
  expect(status.error?.action).not.toBe('reconnect')
})

test('a link without a grant promises no next sync', () => {
  const dead = describe({ link: { ...link, status: 'reauth_required' }, schedule: open, runs: [run] })
  expect(dead).toMatchObject({ sync: null, nextSyncAt: null })
})
