import { statusSchema } from '@slipstream/contracts'
import { expect, test } from 'vitest'
import type { Link, RunView, ScheduleView } from './model.ts'
import { describeStatus, openRequest, type StatusFacts } from './status.ts'

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
  state: 'running',
  counts: { listed: 10, created: 3, updated: 1, deleted: 0, unchanged: 4, calls: 1 },
  window: { after: at('00:00'), before: new Date('2026-11-21T12:00:00Z') },
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

const describe = (facts: Partial<StatusFacts>) => {
  const status = describeStatus({
    link,
    hasGrantWaiting: false,
    schedule: idle,
    currentRun: null,
    lastFinishedRun: null,
    lastSucceededRun: null,
    appInactiveSince: null,
    stravaUnavailableSince: null,
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

test('a link at rest', () => {
  expect(describe({ lastFinishedRun: finished, lastSucceededRun: finished })).toMatchObject({
    status: 'active',
    athlete: { stravaAthleteId: '100', displayName: 'Anna' },
    lastSync: { runId: 'run_0', outcome: 'succeeded', finishedAt: '2026-11-20T11:00:00.000Z' },
    sync: null,
    nextSyncAt: '2026-11-20T12:30:00.000Z',
    completeUpTo: '2026-11-20T11:59:00.000Z',
    error: null,
  })
})

test.each([
  ['not begun', null, { state: 'queued', listed: 0, stored: 0, estimatedStartAt: '2026-11-20T12:00:00.000Z' }],
  ['running', run, { state: 'running', listed: 10, stored: 8, estimatedStartAt: null }],
  [
    'waiting for quota',
    { ...run, state: 'waiting_for_quota', resumeAt: at('12:15') } as const,
    { state: 'waiting_for_quota', estimatedStartAt: '2026-11-20T12:15:00.000Z' },
  ],
])('a run that is %s', (_what, currentRun, sync) => {
  expect(describe({ schedule: open, currentRun }).sync).toMatchObject({ runId: 'run_1', lane: 'scheduled', ...sync })
})

test('a run that has ended is no longer shown as work, though its schedule does not know yet', () => {
  expect(describe({ schedule: open, currentRun: { ...run, state: 'finished' } }).sync).toBeNull()
})

test('a queued run waits for the quota to open', () => {
  expect(describe({ schedule: open, quotaOpensAt: at('12:15') }).sync?.estimatedStartAt).toBe(
    '2026-11-20T12:15:00.000Z',
  )
})

test('a manual request is shown before the scheduler has taken it in', () => {
  const asking = { ...link, manualSync: { runId: 'run_9', requestedAt: at('12:00') } }
  expect(describe({ link: asking }).sync).toMatchObject({ runId: 'run_9', lane: 'interactive', state: 'queued' })
  expect(describe({ link: asking, schedule: { ...idle, manualRunId: 'run_9' } }).sync).toBeNull()
  expect(openRequest({ link: asking, schedule: null, currentRun: null })?.runId).toBe('run_9')
})

test.each<[string, Partial<StatusFacts>, string | null, string | null]>([
  ['all is well', {}, null, null],
  ['the grant died', { link: { ...link, status: 'reauth_required' } }, 'reauth_required', 'athlete'],
  [
    'a scope is gone',
    { link: { ...link, status: 'reauth_required', errorCode: 'scope_missing' } },
    'scope_missing',
    'athlete',
  ],
  ['an unknown code', { link: { ...link, status: 'reauth_required', errorCode: 'x' } }, 'reauth_required', 'athlete'],
  ['the app is switched off', { appInactiveSince: now }, 'app_inactive', 'operator'],
  [
    'the app is switched off and a run failed of it',
    { appInactiveSince: now, lastFinishedRun: { ...finished, outcome: 'failed' } },
    'app_inactive',
    'operator',
  ],
  [
    'the quota is used up',
    { isQuotaSpent: true, schedule: open, currentRun: { ...run, state: 'waiting_for_quota', resumeAt: at('12:15') } },
    'quota_exhausted',
    'nobody',
  ],
  [
    'the run waits for its own share',
    { schedule: open, currentRun: { ...run, state: 'waiting_for_quota', resumeAt: at('12:15') } },
    null,
    null,
  ],
  [
    'Strava does not answer',
    { stravaUnavailableSince: now, schedule: open, currentRun: { ...run, state: 'waiting_for_quota' } },
    'strava_unavailable',
    'nobody',
  ],
  ['the last run failed', { lastFinishedRun: { ...finished, outcome: 'failed' } }, 'strava_unavailable', 'nobody'],
  ['the last run was cancelled', { lastFinishedRun: { ...finished, outcome: 'cancelled' } }, null, null],
])('%s', (_what, facts, code, actor) => {
  const { error } = describe(facts)
  expect(error?.code ?? null).toBe(code)
  expect(error?.actor ?? null).toBe(actor)
})

test('while the app is switched off the link stays active and nobody is told to reconnect', () => {
  const status = describe({ appInactiveSince: now })
  expect(status.status).toBe('active')
  expect(status.error?.action).not.toBe('reconnect')
})

test('a link without a grant promises no next sync', () => {
  const dead = describe({ link: { ...link, status: 'reauth_required' }, schedule: open, currentRun: run })
  expect(dead).toMatchObject({ sync: null, nextSyncAt: null })
})
