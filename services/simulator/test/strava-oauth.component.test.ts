import { beforeEach, describe, expect, it } from 'vitest'
import {
  application,
  basic,
  errorsOf,
  jsonOf,
  postForm,
  settableClock,
  startSimulator,
  type TokenBody,
  withBearer,
} from './support.ts'

const clock = settableClock('2026-11-20T10:02:00Z')
const simulator = await startSimulator({}, { clock })
const redirectUri = 'http://127.0.0.1:9/callback'

const authorizeUrl = (part: Record<string, string> = {}) =>
  `${simulator.url}/oauth/authorize?${new URLSearchParams({
    client_id: application.client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'read,activity:read_all',
    state: 'st/ate',
    ...part,
  })}`

/** Fills in the consent page as a browser would: the fields it really has, and what the athlete chose. */
const consent = async (choices: { athlete: number; decision: 'allow' | 'deny'; untick?: string; url?: string }) => {
  const shown = await fetch(choices.url ?? authorizeUrl())
  const html = await shown.text()
  const hidden = [...html.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(
    ([, name, value]): [string, string] => [name!, value!.replaceAll('&amp;', '&')],
  )
  const ticked = [...html.matchAll(/name="scope" value="([\w:]+)" checked/g)]
    .map(([, scope]) => scope!)
    .filter((scope) => scope !== choices.untick)
  const action = /action="([^"]+)"/.exec(html)![1]!
  const response = await postForm(`${simulator.url}${action}`, [
    ...hidden,
    ...ticked.map((scope): [string, string] => ['scope', scope]),
    ['athlete_id', String(choices.athlete)],
    ['decision', choices.decision],
  ])
  return { response, location: response.headers.get('location') ?? '' }
}

const anna = 41_200_011
const chris = 3_100_000_033

const token = (fields: Record<string, string>, path = '/oauth/token') =>
  postForm(`${simulator.url}${path}`, { ...application, ...fields })

const connect = async (athlete: number) => {
  const { location } = await consent({ athlete, decision: 'allow' })
  const code = new URL(location).searchParams.get('code')!
  return { code, tokens: await jsonOf<TokenBody>(token({ grant_type: 'authorization_code', code })) }
}

beforeEach(() => simulator.control.reset())

describe('the consent page', () => {
  it('is plainly a simulation and cannot be framed', async () => {
    const response = await fetch(authorizeUrl())
    expect(await response.text()).toContain('Simulated Strava')
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  })

  it('returns state, code and the granted scope, with bare commas and colons', async () => {
    const { location } = await consent({ athlete: anna, decision: 'allow' })
    expect(location).toMatch(
      /^http:\/\/127\.0\.0\.1:9\/callback\?state=st%2Fate&code=[0-9a-f]{40}&scope=read,activity:read_all$/,
    )
  })

  it('returns only the scopes that stayed ticked', async () => {
    const { location } = await consent({ athlete: anna, decision: 'allow', untick: 'activity:read_all' })
    expect(new URL(location).searchParams.get('scope')).toBe('read')
  })

  it('says nothing of the scopes, when told to', async () => {
    simulator.control.setFaults({ behaviour: { scopeInReturn: false } })
    const { location } = await consent({ athlete: anna, decision: 'allow' })
    expect([...new URL(location).searchParams.keys()]).toEqual(['state', 'code'])
  })

  it('returns access_denied without a code after Cancel', async () => {
    const { location } = await consent({ athlete: anna, decision: 'deny' })
    expect(location).toBe(`${redirectUri}?state=st%2Fate&error=access_denied`)
  })

  it('works the same on the mobile path', async () => {
    const url = authorizeUrl().replace('/oauth/authorize', '/oauth/mobile/authorize')
    const { location } = await consent({ athlete: anna, decision: 'allow', url })
    expect(location).toContain('code=')
  })

  it.each([
    ['client_id', { client_id: '999' }, 'Application', 'client_id'],
    ['redirect_uri', { redirect_uri: 'https://evil.example/callback' }, 'Application', 'redirect_uri'],
    ['response_type', { response_type: 'token' }, 'Authorize', 'response_type'],
    ['scope', { scope: 'read,everything' }, 'Authorize', 'scope'],
  ])('answers a bad %s with a fault, not a redirect', async (_name, part, resource, field) => {
    const response = await fetch(authorizeUrl(part), { redirect: 'manual' })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ message: 'Bad Request', errors: [{ resource, field, code: 'invalid' }] })
  })

  it('is skipped for a known athlete and the same scopes, unless forced', async () => {
    const { response } = await consent({ athlete: anna, decision: 'allow' })
    const cookie = response.headers.get('set-cookie')!.split(';')[0]!
    const again = (part = {}) => fetch(authorizeUrl(part), { redirect: 'manual', headers: { cookie } })
    expect((await again()).status).toBe(200)
    const code = new URL(response.headers.get('location')!).searchParams.get('code')!
    await token({ grant_type: 'authorization_code', code })
    expect((await again()).status).toBe(302)
    expect((await again({ approval_prompt: 'force' })).status).toBe(200)
    expect((await again({ scope: 'read,activity:write' })).status).toBe(200)
  })
})

describe('a full application', () => {
  it("shows Strava's own page instead of redirecting, but knows those already connected", async () => {
    const small = await startSimulator({ athleteLimit: 1 })
    small.control.grant('anna')
    const post = (athlete: number) =>
      postForm(`${small.url}/oauth/authorize`, {
        client_id: application.client_id,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: 'read',
        athlete_id: String(athlete),
        decision: 'allow',
      })
    const refused = await post(chris)
    expect(refused.status).toBe(403)
    expect(await refused.text()).toContain('Limit of connected athletes exceeded')
    expect((await post(anna)).status).toBe(302)
  })
})

describe('the token endpoint', () => {
  it('exchanges a code once, for tokens and the athlete', async () => {
    const { code, tokens } = await connect(chris)
    expect(tokens).toMatchObject({
      token_type: 'Bearer',
      expires_in: 21_600,
      expires_at: clock.now().getTime() / 1000 + 21_600,
      access_token: expect.stringMatching(/^[0-9a-f]{40}$/),
      refresh_token: expect.stringMatching(/^[0-9a-f]{40}$/),
      athlete: { id: chris, firstname: 'Chris', resource_state: 2 },
    })
    expect(tokens).not.toHaveProperty('scope')
    const again = await token({ grant_type: 'authorization_code', code })
    expect(again.status).toBe(400)
    expect(await errorsOf(again)).toEqual([{ resource: 'AuthorizationCode', field: 'code', code: 'invalid' }])
  })

  it.each([
    ['refuses a code and leaves it unspent', 'code_invalid', 400, {}],
    ['gives tokens without the athlete', 'without_athlete', 200, { token_type: 'Bearer' }],
  ] as const)('%s, when told to', async (_what, kind, status, body) => {
    const { location } = await consent({ athlete: anna, decision: 'allow' })
    const code = new URL(location).searchParams.get('code')!
    simulator.control.setFaults({ rules: [{ endpoint: 'token', effect: { kind }, times: 1 }] })
    const first = await token({ grant_type: 'authorization_code', code })
    expect(first.status).toBe(status)
    const answered = await first.json()
    expect(answered).toMatchObject(body)
    expect(answered).not.toHaveProperty('athlete')
    const again = await token({ grant_type: 'authorization_code', code })
    expect(again.status).toBe(status === 400 ? 200 : 400)
  })

  it('refuses a code that has waited too long', async () => {
    const { location } = await consent({ athlete: anna, decision: 'allow' })
    clock.advanceSeconds(301)
    const code = new URL(location).searchParams.get('code')!
    expect((await token({ grant_type: 'authorization_code', code })).status).toBe(400)
  })

  it('refreshes without athlete, keeps the access token, and kills the old refresh token', async () => {
    const { tokens } = await connect(anna)
    clock.advanceSeconds(100)
    const response = await token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
    const refreshed = await jsonOf<TokenBody>(response)
    expect(Object.keys(refreshed).sort()).toEqual([
      'access_token',
      'expires_at',
      'expires_in',
      'refresh_token',
      'token_type',
    ])
    expect(refreshed).toMatchObject({ access_token: tokens.access_token, expires_in: 21_500 })
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token)
    expect([...response.headers.keys()].filter((name) => name.includes('ratelimit'))).toEqual([])

    const dead = await token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
    expect(dead.status).toBe(400)
    expect(await errorsOf(dead)).toEqual([{ resource: 'RefreshToken', field: 'refresh_token', code: 'invalid' }])
  })

  it('gives a new access token near the end, and the old one works until its own', async () => {
    const { tokens } = await connect(anna)
    clock.advanceSeconds(21_600 - 60)
    const refreshed = await jsonOf<TokenBody>(
      token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token }),
    )
    expect(refreshed.access_token).not.toBe(tokens.access_token)
    const read = (accessToken: string) => withBearer(`${simulator.url}/api/v3/athlete`, accessToken)
    expect((await read(tokens.access_token)).status).toBe(200)
    clock.advanceSeconds(61)
    expect((await read(tokens.access_token)).status).toBe(401)
    expect((await read(refreshed.access_token)).status).toBe(200)
  })

  it('keeps the refresh token when rotation is off', async () => {
    simulator.control.setFaults({ behaviour: { refreshRotation: 'never' } })
    const { tokens } = await connect(anna)
    const refreshed = await jsonOf<TokenBody>(
      token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token }),
    )
    expect(refreshed.refresh_token).toBe(tokens.refresh_token)
  })

  it.each([
    ['a wrong secret', { client_secret: 'wrong' }, 401, { resource: 'Application', field: '', code: 'invalid' }],
    ['an unknown client', { client_id: '1' }, 400, { resource: 'Application', field: 'client_id', code: 'invalid' }],
    ['no secret', { client_secret: '' }, 400, { resource: 'Application', field: 'client_id', code: 'invalid' }],
    [
      'another grant type',
      { grant_type: 'password' },
      400,
      { resource: 'Application', field: 'grant_type', code: 'invalid' },
    ],
  ])('refuses %s', async (_name, part, status, error) => {
    const response = await token({ grant_type: 'refresh_token', refresh_token: 'x', ...part })
    expect(response.status).toBe(status)
    expect(await errorsOf(response)).toEqual([error])
  })

  it('takes JSON and the query too, and has an alias', async () => {
    const { tokens } = await connect(anna)
    const fields = { ...application, grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
    const viaJson = await fetch(`${simulator.url}/api/v3/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fields),
    })
    const next = await jsonOf<TokenBody>(viaJson)
    const viaQuery = await fetch(
      `${simulator.url}/oauth/token?${new URLSearchParams({ ...fields, refresh_token: next.refresh_token })}`,
      { method: 'POST' },
    )
    expect(viaQuery.status).toBe(200)
  })
})

describe('revoking', () => {
  const revoke = (fields: Record<string, string>, headers = basic(application.client_id, application.client_secret)) =>
    postForm(`${simulator.url}/oauth/revoke`, fields, headers)

  it.each(['access_token', 'refresh_token'] as const)('by %s ends both tokens', async (kind) => {
    const { tokens } = await connect(anna)
    const response = await revoke({ token: tokens[kind] })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('')
    const read = await withBearer(`${simulator.url}/api/v3/athlete`, tokens.access_token)
    expect(read.status).toBe(401)
    expect(await errorsOf(read)).toEqual([{ resource: 'Athlete', field: 'access_token', code: 'invalid' }])
    expect((await token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })).status).toBe(400)
  })

  it('succeeds for an unknown token, and with form-encoded credentials', async () => {
    const encoded = basic(application.client_id, 'simulator%2Dsecret')
    expect((await revoke({ token: 'unknown' }, encoded)).status).toBe(200)
  })

  it('wants a token and the right credentials', async () => {
    expect((await revoke({})).status).toBe(400)
    const refused = await revoke({ token: 'x' }, basic(application.client_id, 'wrong'))
    expect(refused.status).toBe(401)
    expect(await refused.json()).toEqual({ message: 'Authorization Error', errors: [] })
  })

  it('by the older deauthorize works with the bearer token', async () => {
    const { tokens } = await connect(anna)
    const url = `${simulator.url}/oauth/deauthorize`
    const headers = { authorization: `Bearer ${tokens.access_token}` }
    expect((await fetch(url, { method: 'POST', headers })).status).toBe(200)
    expect((await fetch(url, { method: 'POST', headers })).status).toBe(401)
  })
})
