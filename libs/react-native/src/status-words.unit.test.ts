import type { ErrorCode, Status } from '@slipstream/contracts'
import { actionableError } from '@slipstream/contracts/errors'
import { describe, expect, test } from 'vitest'
import { buttonFor, lastSyncSentence, progressWords } from './status-words.ts'

const now = new Date('2026-11-26T18:00:00Z')
type Sync = NonNullable<Status['sync']>

const active = {
  status: 'active',
  athlete: { stravaAthleteId: '1', displayName: 'Anna Ahorn' },
  lastSync: null,
  sync: null,
  error: null,
} as Status
const sync = (facts: Partial<Sync>): Sync => ({
  ...{ runId: 'run_1', lane: 'interactive', state: 'running', waitingFor: null },
  ...{ listed: 0, stored: 0, expected: null, isEstimate: false, estimatedStartAt: null, estimatedFinishAt: null },
  ...facts,
})
const syncedAt = (finishedAt: string): Status => ({ ...active, lastSync: { finishedAt } as Status['lastSync'] })

describe('the last sync', () => {
  test.each<[Status, string | null]>([
    [syncedAt('2026-11-26T17:59:30Z'), 'Last sync just now'],
    // The phone's clock is behind.
    [syncedAt('2026-11-26T18:02:00Z'), 'Last sync just now'],
    [syncedAt('2026-11-26T17:01:00Z'), 'Last sync 59 min ago'],
    [syncedAt('2026-11-26T16:59:00Z'), 'Last sync 1 h ago'],
    [syncedAt('2026-11-25T17:00:00Z'), 'Last sync yesterday'],
    [syncedAt('2026-11-23T17:00:00Z'), 'Last sync 3 days ago'],
    [{ ...active, sync: sync({}) }, 'First sync under way'],
    [active, 'Not synced yet'],
    [{ ...active, status: 'not_linked' }, null],
  ])('%#', (status, sentence) => {
    expect(lastSyncSentence(status, now)).toBe(sentence)
  })
})

describe('the run in progress', () => {
  test.each<[Sync | null, string | null]>([
    [null, null],
    [sync({}), 'Asking Strava for your activities'],
    [sync({ listed: 12, stored: 12 }), '12 workouts so far'],
    [sync({ listed: 12, stored: 12, expected: 31, isEstimate: true }), '12 of about 31 workouts'],
    [sync({ listed: 31, stored: 31, expected: 31 }), '31 of 31 workouts'],
    [sync({ waitingFor: 'quota' }), 'Paused: waiting until Strava allows more requests'],
  ])('%#', (given, words) => {
    expect(progressWords({ sync: given })).toBe(words)
  })
})

describe('a button beside an error', () => {
  const actions = { connect: () => {}, reconnect: () => {}, sign_in: () => {} }
  test.each<[ErrorCode, string | null]>([
    ['reauth_required', 'Connect again'],
    // The operator's in the end, but this may help.
    ['strava_refuses', 'Connect again'],
    ['scope_missing', 'Connect with Strava'],
    ['unauthorized', 'Sign in'],
    // The host has left it out.
    ['profile_required', null],
    ['strava_account_in_use', null],
    ['app_inactive', null],
    ['internal_error', null],
    ['quota_exhausted', null],
  ])('%s: %s', (code, label) => {
    expect(buttonFor(actionableError(code), actions)?.label ?? null).toBe(label)
  })

  test('does what the host gave for it', () => {
    expect(buttonFor(actionableError('strava_refuses'), actions)?.press).toBe(actions.reconnect)
  })
})
