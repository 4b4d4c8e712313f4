import { inspect } from 'node:util'
import { Secret } from '@slipstream/runtime'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createStravaApi, createStravaOAuth } from '../src/index.ts'
import { fault, type PlannedAnswer, startScriptedStrava } from './scripted-strava.ts'

const canary = 'canary0123456789'
const planted = (name: string) => new Secret(`${name}-${canary}`)

let strava: Awaited<ReturnType<typeof startScriptedStrava>>
beforeAll(async () => {
  strava = await startScriptedStrava()
})
afterAll(() => strava.stop())

const reported: unknown[] = []
const onCall = (call: unknown) => reported.push(call)

const attempts = (baseUrl = strava.url) => {
  const oauth = createStravaOAuth({
    clientId: '12345',
    clientSecret: planted('client-secret'),
    baseUrl,
    redirectUri: 'https://slipstream.example/callback',
    timeoutMs: 200,
    refreshTimeoutMs: 200,
    onCall,
  })
  const api = createStravaApi({ baseUrl, timeoutMs: 200, retry: { maxRetries: 0 }, onCall })
  const accessToken = planted('access')
  return [
    oauth.exchangeCode({ code: `code-${canary}` }),
    oauth.refresh({ refreshToken: planted('refresh') }),
    oauth.revoke({ token: planted('refresh') }),
    api.listActivities({ accessToken, page: 1, perPage: 200 }),
    api.getActivity({ accessToken, stravaActivityId: '1' }),
    api.getAthlete({ accessToken }),
  ]
}

/** Everything that a logger, a crash report or a trace could take from a value. */
const everythingIn = (value: unknown): string => {
  const own = inspect(value, { depth: 20, showHidden: true, getters: true, maxStringLength: null })
  const inner = value instanceof Error ? everythingIn(value.cause) : ''
  const texts = value instanceof Error ? [value.message, value.stack, String(value)] : []
  return [own, JSON.stringify(value), ...texts, inner].join('\n')
}

const secretBody = {
  ...fault(`Athlete-${canary}`, `access_token-${canary}`, `invalid-${canary}`, canary),
  token_type: canary,
  access_token: `access-${canary}`,
  refresh_token: `refresh-${canary}`,
  expires_at: 1_794_940_199,
  id: canary,
  athlete: { id: canary },
}

const answers: [string, PlannedAnswer][] = [
  ['400 that repeats everything', { status: 400, body: secretBody }],
  [
    '401 that repeats everything',
    { status: 401, body: secretBody, headers: { 'www-authenticate': `Bearer ${canary}` } },
  ],
  ['403 in a page of text', { status: 403, body: `<p>${canary}</p>` }],
  ['429', { status: 429, body: canary, headers: { 'X-RateLimit-Usage': canary } }],
  ['500', { status: 500, body: canary }],
  ['redirect', { status: 302, headers: { location: `https://strava.invalid/${canary}` } }],
  ['200 that is not JSON', { status: 200, body: `{"access_token":"${canary}` }],
  ['200 of another shape', { status: 200, body: secretBody }],
  ['connection cut', { cut: 'before' }],
  ['answer cut', { cut: 'halfway', body: secretBody }],
  ['no answer', { cut: 'never' }],
]

test.each(answers)('no secret is in what is thrown or reported: %s', async (_case, answer) => {
  strava.answer(answer)
  reported.length = 0
  const results = await Promise.allSettled(attempts())
  const failures = results.filter((result) => result.status === 'rejected')
  // A revocation is done whatever a 2xx answer holds.
  expect(failures.length).toBeGreaterThanOrEqual(5)
  for (const { reason } of failures) expect(everythingIn(reason)).not.toContain(canary)
  expect(inspect(reported)).not.toContain(canary)
  // The canaries were really on the wire.
  expect(strava.requests.map(({ headers, body }) => `${headers.authorization} ${body}`).join()).toContain(canary)
})

test('no secret is in what is thrown when the host cannot be reached', async () => {
  const results = await Promise.allSettled(attempts('http://127.0.0.1:1'))
  for (const result of results) {
    expect(result.status).toBe('rejected')
    expect(everythingIn(result.status === 'rejected' && result.reason)).not.toContain(canary)
  }
})

test('a token that fetch refuses to send is not quoted', async () => {
  const api = createStravaApi({ baseUrl: strava.url, onCall })
  const accessToken = new Secret(`${canary}\n${canary}`)
  const error = await api.getAthlete({ accessToken }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'strava_unexpected' })
  expect(everythingIn(error)).not.toContain(canary)
})

test('no secret is in a printed grant or in the address of a call', async () => {
  strava.answer({
    body: {
      token_type: 'Bearer',
      access_token: `access-${canary}`,
      refresh_token: `refresh-${canary}`,
      expires_at: 1_794_940_199,
      athlete: { id: 1 },
    },
  })
  const [exchange, refresh] = await Promise.allSettled(attempts())
  for (const given of [exchange, refresh]) {
    expect(given).toMatchObject({ status: 'fulfilled', value: { accessToken: expect.any(Secret) } })
    expect(inspect(given, { depth: 20, showHidden: true })).not.toContain(canary)
    expect(JSON.stringify(given)).not.toContain(canary)
  }
  for (const { url } of strava.requests) expect(url.href).not.toContain(canary)
})
