import { createHash, randomBytes } from 'node:crypto'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { jsonOf, postForm, startSimulator, type TokenBody } from './support.ts'

const webOrigin = 'http://localhost:3000'
const simulator = await startSimulator({ webOrigin })
const issuer = `${simulator.url}/oidc`
const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`))
const verify = (token: string) => jwtVerify(token, keys, { issuer, audience: 'slipstream-api', typ: 'at+jwt' })

/** Follows redirects with cookies, as a browser would, until one leaves the simulator. */
const browser = () => {
  const cookies = new Map<string, string>()
  const visit = async (url: string, body?: URLSearchParams): Promise<{ url: string; response: Response | null }> => {
    if (!url.startsWith(simulator.url)) return { url, response: null }
    const response = await fetch(url, {
      method: body ? 'POST' : 'GET',
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(body ? { body } : {}),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (value === '') cookies.delete(name!)
      else cookies.set(name!, value!)
    }
    const location = response.headers.get('location')
    return location ? visit(new URL(location, url).href) : { url, response }
  }
  return { visit }
}

const authorizationUrl = (part: Record<string, string>) => {
  const verifier = randomBytes(32).toString('base64url')
  const url = `${issuer}/auth?${new URLSearchParams({
    response_type: 'code',
    scope: 'openid profile',
    state: 'abc',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...part,
  })}`
  return { url, verifier }
}

const web = { client_id: 'slipstream-web', redirect_uri: `${webOrigin}/` }
const app = { client_id: 'slipstream-app', redirect_uri: 'coachai://oauth/login' }

const signIn = async (client: typeof web, account: string) => {
  const { visit } = browser()
  const { url, verifier } = authorizationUrl(client)
  const page = await visit(url)
  expect(await page.response!.text()).toContain(`data-testid="account-${account}"`)
  const landed = await visit(page.url, new URLSearchParams({ account }))
  const answer = new URL(landed.url)
  const response = await postForm(
    `${issuer}/token`,
    { ...client, grant_type: 'authorization_code', code: answer.searchParams.get('code')!, code_verifier: verifier },
    { origin: webOrigin },
  )
  return { landed: answer, response, tokens: await jsonOf<TokenBody>(response) }
}

describe('signing in', () => {
  it.each([
    ['the web page', web],
    ['the app', app],
  ])('on %s ends with a JWT for the API, without asking for a resource or consent', async (_name, client) => {
    const { landed, tokens } = await signIn(client, 'anna')
    expect(landed.href.startsWith(client.redirect_uri)).toBe(true)
    expect(landed.searchParams.get('state')).toBe('abc')
    const { payload } = await verify(tokens.access_token)
    expect(payload).toMatchObject({ sub: 'demo|anna', client_id: client.client_id, roles: [], profile_submitted: true })
    expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' })
    const { payload: identity } = await jwtVerify(tokens.id_token, keys, { issuer, audience: client.client_id })
    expect(identity).toMatchObject({ sub: 'demo|anna', name: 'Anna Ahorn' })
  })

  it('answers the page across origins', async () => {
    const { response } = await signIn(web, 'ben')
    expect(response.headers.get('access-control-allow-origin')).toBe(webOrigin)
    const discovery = await fetch(`${issuer}/.well-known/openid-configuration`, { headers: { origin: webOrigin } })
    expect(discovery.headers.get('access-control-allow-origin')).toBeTruthy()
    expect(await discovery.json()).toMatchObject({ issuer, jwks_uri: `${issuer}/jwks` })
  })

  it('gives the operator her role, and refresh tokens that rotate', async () => {
    const { tokens } = await signIn(web, 'olga')
    const refreshed = await jsonOf<TokenBody>(
      postForm(`${issuer}/token`, {
        client_id: web.client_id,
        grant_type: 'refresh_token',
        refresh_token: tokens.refresh_token,
      }),
    )
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token)
    const { payload } = await verify(refreshed.access_token)
    expect(payload.roles).toEqual(['slipstream:operator'])
  })

  it('can be cancelled', async () => {
    const { visit } = browser()
    const page = await visit(authorizationUrl(web).url)
    const landed = await visit(page.url, new URLSearchParams({ cancel: 'cancel' }))
    expect(new URL(landed.url).searchParams.get('error')).toBe('access_denied')
  })

  it('refuses a foreign redirect address and a request without PKCE', async () => {
    const { visit } = browser()
    const foreign = await visit(authorizationUrl({ ...web, redirect_uri: 'https://evil.example/' }).url)
    expect(foreign.response!.status).toBe(400)
    const plain = await visit(
      `${issuer}/auth?${new URLSearchParams({ ...web, response_type: 'code', scope: 'openid' })}`,
    )
    expect(new URL(plain.url).searchParams.get('error')).toBe('invalid_request')
  })

  it('begun in another browser cannot be finished', async () => {
    const page = await browser().visit(authorizationUrl(web).url)
    const elsewhere = await browser().visit(page.url, new URLSearchParams({ account: 'anna' }))
    expect(elsewhere.response!.status).toBe(400)
  })
})

describe('a minted token', () => {
  it('is what signing in gives', async () => {
    const minted = await simulator.mintToken({ account: 'olga' })
    const { payload } = await verify(minted.accessToken)
    expect(payload).toMatchObject({ sub: 'demo|olga', roles: ['slipstream:operator'], client_id: 'slipstream-web' })
    expect(Date.parse(minted.expiresAt) / 1000).toBe(payload.exp)
  })
  it('can have other roles, another profile claim, another end', async () => {
    const { accessToken } = await simulator.mintToken({ account: 'anna', roles: ['a', 'b'], profileSubmitted: false })
    expect((await verify(accessToken)).payload).toMatchObject({ roles: ['a', 'b'], profile_submitted: false })
    const over = await simulator.mintToken({ account: 'anna', expiresInSeconds: -10 })
    await expect(verify(over.accessToken)).rejects.toThrow('"exp" claim timestamp check failed')
  })
  it('is refused for an unknown account', async () => {
    await expect(simulator.mintToken({ account: 'nobody' })).rejects.toMatchObject({ code: 'unknown_subject' })
  })
})

it('whoever signed in is offered first on the consent page', async () => {
  const { visit } = browser()
  const page = await visit(authorizationUrl(web).url)
  await visit(page.url, new URLSearchParams({ account: 'chris' }))
  const query = new URLSearchParams({
    client_id: '12345',
    redirect_uri: `${webOrigin}/callback`,
    response_type: 'code',
    scope: 'read,activity:read_all',
  })
  const consent = await visit(`${simulator.url}/oauth/authorize?${query}`)
  expect(await consent.response!.text()).toMatch(/<option value="3100000033" selected>/)
})
