import { describe, expect, it } from 'vitest'
import { actionableError, connectionWords, type Status } from './index.ts'

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

describe('the connection in few words', () => {
  const at = { sync: null, error: null }
  const waiting = (waitingFor: 'quota' | 'strava' | 'app') => ({ ...running, state: 'waiting' as const, waitingFor })
  it.each<[string, Parameters<typeof connectionWords>[0], string]>([
    ['at rest', { ...at, status: 'active' }, 'Connected'],
    ['running', { status: 'active', sync: running, error: null }, 'Connected'],
    [
      'app off, nothing running',
      { ...at, status: 'active', error: actionableError('app_inactive') },
      'Connected, paused',
    ],
    [
      'a key is missing here',
      { ...at, status: 'active', error: actionableError('app_misconfigured') },
      'Connected, paused',
    ],
    [
      'an endpoint is closed',
      { ...at, status: 'active', error: actionableError('endpoint_closed') },
      'Connected, paused',
    ],
    ['refused for a day', { ...at, status: 'active', error: actionableError('strava_refuses') }, 'Connected, paused'],
    ['waiting for the app', { ...at, status: 'active', sync: waiting('app') }, 'Connected, paused'],
    ['waiting for Strava', { ...at, status: 'active', sync: waiting('strava') }, 'Connected, paused'],
    ['waiting for quota', { ...at, status: 'active', sync: waiting('quota') }, 'Connected'],
    ['last run failed', { ...at, status: 'active', error: actionableError('internal_error') }, 'Connected'],
    ['grant dead', { ...at, status: 'reauth_required', error: actionableError('reauth_required') }, 'Access refused'],
    [
      'grant dead, app off',
      { ...at, status: 'reauth_required', error: actionableError('app_inactive') },
      'Access refused',
    ],
    ['being connected', { ...at, status: 'pending' }, 'Being connected'],
    ['not connected', { ...at, status: 'not_linked' }, 'Not connected'],
  ])('%s', (_what, connection, words) => expect(connectionWords(connection)).toBe(words))

  it('names the athlete where there is a connection', () => {
    expect(connectionWords({ ...at, status: 'active' }, 'Anna Ahorn')).toBe('Connected as Anna Ahorn')
    const held = { ...at, status: 'active' as const, sync: waiting('strava') }
    expect(connectionWords(held, 'Anna Ahorn')).toBe('Connected as Anna Ahorn, paused')
    expect(connectionWords({ ...at, status: 'reauth_required' }, 'Anna Ahorn')).toBe('Access refused')
  })
})
