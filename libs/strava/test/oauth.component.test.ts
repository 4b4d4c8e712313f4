import { Secret } from '@slipstream/runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createStravaOAuth, type StravaCall, StravaError, type StravaOAuthOptions } from '../src/index.ts'
import { fault, startScriptedStrava } from './scripted-strava.ts'

let strava: Awaited<ReturnType<typeof startScriptedStrava>>
beforeAll(async () => {
  strava = await startScriptedStrava()
})
afterAll(() => strava.stop())

let calls: StravaCall[] = []
beforeEach(() => {
  calls = []
})

const clientSecret = new Secret('c'.repeat(40))
const oauth = (options: Partial<StravaOAuthOptions> = {}) =>
  createStravaOAuth({
    clientId: '12345',
    clientSecret,
    baseUrl: strava.url,
    redirectUri: 'https://slipstream.example/callback',
    onCall: (call) => calls.push(call),
    ...options,
  })

const tokens = {
  token_type: 'Bearer',
  expires_at: 1_794_940_199,
  expires_in: 21_600,
  refresh_token: 'e'.repeat(40),
  access_token: 'f'.repeat(40),
}
const grant = {
  ...tokens,
  athlete: { id: 4300112233, username: null, resource_state: 2, firstname: 'Ada', lastname: 'Example', premium: true },
}
const refreshToken = new Secret('b'.repeat(40))

const legs = {
  token: () => oauth().exchangeCode({ code: 'spent' }),
  refresh: () => oauth().refresh({ refreshToken }),
  revoke: () => oauth().revoke({ token: refreshToken }),
}

const failureOf = async (call: Promise<unknown>): Promise<StravaError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof StravaError)) throw new Error('expected a StravaError', { cause: error })
  return error
}

describe('the authorize address', () => {
  test.each([
    ['web', '/oauth/authorize'],
    ['mobile', '/oauth/mobile/authorize'],
  ] as const)('for %s', (platform, path) => {
    const asked = { platform, state: 'st&te', scopes: ['read', 'activity:read_all'] }
    const url = new URL(oauth().authorizeUrl({ ...asked, isConsentForced: false }))
    expect(url.origin + url.pathname).toBe(strava.url + path)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: '12345',
      redirect_uri: 'https://slipstream.example/callback',
      response_type: 'code',
      approval_prompt: 'auto',
      scope: 'read,activity:read_all',
      state: 'st&te',
    })
    const forced = new URL(oauth().authorizeUrl({ ...asked, isConsentForced: true }))
    expect(forced.searchParams.get('approval_prompt')).toBe('force')
  })
})

describe('exchanging a code', () => {
  test('gives the grant; the secret goes in the body', async () => {
    strava.answer({ body: grant })
    const given = await oauth().exchangeCode({ code: 'c0de' })
    expect(given.accessToken.reveal()).toBe(tokens.access_token)
    expect(given.refreshToken.reveal()).toBe(tokens.refresh_token)
    expect(given.accessExpiresAt).toEqual(new Date(1_794_940_199_000))
    expect(given.athlete).toEqual({ stravaAthleteId: '4300112233', displayName: 'Ada Example' })

    const [request] = strava.requests
    expect(request).toMatchObject({ method: 'POST', headers: { accept: 'application/json' } })
    expect(request?.url.href).toMatch(/\/oauth\/token$/)
    expect(request?.headers.authorization).toBeUndefined()
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toMatchObject({
      client_id: '12345',
      client_secret: clientSecret.reveal(),
      code: 'c0de',
      grant_type: 'authorization_code',
    })
    expect(calls).toEqual([{ endpoint: 'token', outcome: 'ok', seconds: expect.any(Number) }])
  })

  test('an athlete id past 2^53 keeps all digits', async () => {
    strava.answer({ body: JSON.stringify(grant).replace('4300112233', '9007199254740993') })
    expect((await oauth().exchangeCode({ code: 'c0de' })).athlete?.stravaAthleteId).toBe('9007199254740993')
  })

  test('no scope in the answer is taken for the granted one, and an odd one does not matter', async () => {
    strava.answer({ body: { ...grant, scope: ['read'], expires_in: 'soon', id_token: 7 } })
    expect(Object.keys(await oauth().exchangeCode({ code: 'c0de' })).toSorted()).toEqual([
      'accessExpiresAt',
      'accessToken',
      'athlete',
      'refreshToken',
    ])
  })

  test.each([
    ['does not say whose they are', tokens],
    ['says it in a way nobody can read', { ...tokens, athlete: { id: 'x' } }],
  ])('an answer that %s gives the tokens', async (_what, body) => {
    strava.answer({ body })
    const given = await oauth().exchangeCode({ code: 'c0de' })
    expect([given.athlete, given.accessToken.reveal()]).toEqual([null, tokens.access_token])
  })
})

describe('refreshing', () => {
  test('gives the tokens of an answer that names no athlete', async () => {
    strava.answer({ body: { ...tokens, expires_in: 14_282 } })
    const given = await oauth().refresh({ refreshToken })
    expect(given.accessToken.reveal()).toBe(tokens.access_token)
    expect(given.refreshToken?.reveal()).toBe(tokens.refresh_token)
    expect(given.accessExpiresAt).toEqual(new Date(1_794_940_199_000))
    expect(Object.fromEntries(new URLSearchParams(strava.requests[0]?.body))).toEqual({
      client_id: '12345',
      client_secret: clientSecret.reveal(),
      grant_type: 'refresh_token',
      refresh_token: refreshToken.reveal(),
    })
    expect(calls).toMatchObject([{ endpoint: 'refresh', outcome: 'ok' }])
  })

  test('an answer without a refresh token leaves the one that was used good', async () => {
    strava.answer({ body: { ...tokens, refresh_token: undefined } })
    expect(await oauth().refresh({ refreshToken })).toMatchObject({ refreshToken: null })
  })

  test('is waited for longer than any other call, as its answer may be the only copy of the grant', async () => {
    strava.answer({ body: tokens, afterMs: 300 })
    const client = oauth({ timeoutMs: 100 })
    expect((await client.refresh({ refreshToken })).accessToken.reveal()).toBe(tokens.access_token)
    expect(await failureOf(client.revoke({ token: refreshToken }))).toMatchObject({ code: 'strava_timeout' })
  })

  test.each([
    ['an empty refresh token', { ...tokens, refresh_token: '' }],
    ['an empty access token', { ...tokens, access_token: '' }],
    ['a token that no header could carry', { ...tokens, access_token: 'two\nlines' }],
    ['no expiry', { ...tokens, expires_at: null }],
    ['a page of text', '<html>captive portal</html>'],
    ['nothing', ''],
  ])('refuses an answer with %s', async (_case, body) => {
    strava.answer({ body })
    expect(await failureOf(legs.refresh())).toMatchObject({ kind: 'unexpected', endpoint: 'refresh', httpStatus: 200 })
    expect(calls).toMatchObject([{ endpoint: 'refresh', outcome: 'unexpected' }])
  })
})

describe('revoking', () => {
  test('sends the client in a Basic header and the token in the body; the answer is empty', async () => {
    strava.answer({ status: 200, body: '' })
    await expect(legs.revoke()).resolves.toBeUndefined()
    const [request] = strava.requests
    expect(request?.url.href).toMatch(/\/oauth\/revoke$/)
    expect(request?.headers.authorization).toBe(`Basic ${btoa(`12345:${clientSecret.reveal()}`)}`)
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({ token: refreshToken.reveal() })
    expect(calls).toMatchObject([{ endpoint: 'revoke', outcome: 'ok' }])
  })
})

describe('refused calls', () => {
  test.each([
    ['token', 400, fault('AuthorizationCode', 'code', 'invalid'), 'code_invalid'],
    ['token', 400, fault('Application', 'client_id', 'invalid'), 'client_credentials_invalid'],
    ['token', 403, '<title>Error 403: Limit of connected athletes exceeded</title>', 'athlete_limit_reached'],
    ['refresh', 400, fault('RefreshToken', 'refresh_token', 'invalid'), 'refresh_token_dead'],
    ['refresh', 401, fault('Application', '', 'invalid'), 'client_credentials_invalid'],
    ['refresh', 403, fault('Application', 'Status', 'Inactive', 'Forbidden'), 'app_inactive'],
    ['refresh', 429, '', 'rate_limited'],
    ['refresh', 502, '<h1>Bad Gateway</h1>', 'transient'],
    ['refresh', 400, { error: 'invalid_grant' }, 'unexpected'],
    ['revoke', 401, { message: 'Authorization Error', errors: [] }, 'client_credentials_invalid'],
    ['revoke', 503, '', 'transient'],
    ['revoke', 302, '', 'unexpected'],
  ] as const)('%s: %i %j is %s, after one attempt', async (leg, status, body, kind) => {
    strava.answer({ status, body, headers: { 'www-authenticate': 'Bearer realm="x"' } })
    const error = await failureOf(legs[leg]())
    expect(error).toMatchObject({ kind, code: `strava_${kind}`, endpoint: leg, httpStatus: status })
    expect(strava.requests).toHaveLength(1)
    expect(calls).toMatchObject([{ endpoint: leg, outcome: kind }])
  })

  test.each(['token', 'refresh', 'revoke'] as const)('%s: a connection that breaks', async (leg) => {
    strava.answer({ cut: 'before' })
    expect(await failureOf(legs[leg]())).toMatchObject({ code: 'strava_network', cause: expect.any(Error) })
    expect(strava.requests).toHaveLength(1)
  })

  test('no answer in time', async () => {
    strava.answer({ cut: 'never' })
    const error = await failureOf(oauth({ refreshTimeoutMs: 50 }).refresh({ refreshToken }))
    expect(error).toMatchObject({ kind: 'transient', code: 'strava_timeout' })
  })

  test('the caller can give up, with a reason of its own', async () => {
    strava.answer({ cut: 'never' })
    const controller = new AbortController()
    const reason = new Error('lease lost')
    const call = oauth().refresh({ refreshToken, signal: controller.signal })
    call.catch(() => {})
    await vi.waitFor(() => expect(strava.requests).toHaveLength(1))
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
    expect(calls).toMatchObject([{ endpoint: 'refresh', outcome: 'aborted' }])
  })
})
