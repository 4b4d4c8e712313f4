import { request as httpRequest } from 'node:http'
import { errorCatalogue, problemSchema } from '@slipstream/contracts'
import { createOpenApiDocument } from '@slipstream/contracts/openapi'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type SignedIn, type System, startSystem } from './support/system.ts'

let system: System
let athlete: SignedIn

beforeAll(async () => {
  system = await startSystem({ overrides: { pageFolder: '/nonexistent', docsFolder: '/nonexistent' } })
  athlete = await system.signIn('anna')
})
afterAll(() => system.stop())

const expectProblem = async (response: Response, code: keyof typeof errorCatalogue) => {
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  const problem = problemSchema.parse(await response.json())
  expect(problem.code).toBe(code)
  expect(problem.status).toBe(response.status)
  expect(response.status).toBe(errorCatalogue[code].status)
  expect(problem.type).toBe(`${system.url}/errors/${code}`)
  return problem
}

const profile = { displayName: 'Anna', primarySport: 'Run' }

describe('bodies', () => {
  test.each<[string, unknown, string[]]>([
    ['unknown fields', { ...profile, admin: true, role: 'x' }, ['admin', 'role']],
    ['a secret in the place of a name', { ...profile, ['a'.repeat(40)]: 1 }, ['']],
    [
      'wrong types',
      { displayName: 1, primarySport: null, weeklyGoalHours: '5' },
      ['displayName', 'primarySport', 'weeklyGoalHours'],
    ],
    ['missing fields', {}, ['displayName', 'primarySport']],
    ['blank text', { ...profile, displayName: '   ' }, ['displayName']],
    ['long text', { ...profile, displayName: 'x'.repeat(81) }, ['displayName']],
    ['absurd numbers', { ...profile, weeklyGoalHours: 1e308 }, ['weeklyGoalHours']],
    ['operators', { displayName: { $gt: '' }, primarySport: 'Run' }, ['displayName']],
    ['a list', [], ['']],
    ['null', null, ['']],
    ['a prototype', '{"displayName":"a","primarySport":"b","__proto__":{"x":1}}', ['__proto__']],
    ['a constructor', '{"displayName":"a","primarySport":"b","constructor":{"prototype":{}}}', ['constructor']],
  ])('%s', async (_what, body, paths) => {
    const problem = await expectProblem(await athlete.call('PUT', '/api/v1/profile', body ?? 'null'), 'invalid_request')
    if (body !== null) expect(problem.errors.map(({ path }) => path)).toEqual(paths)
    expect(problem.errors.length).toBeGreaterThan(0)
  })

  test.each([
    ['cut off', '{"displayName":'],
    ['a bare word', 'hello'],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]).toString('latin1')],
    ['nested without end', '['.repeat(8000)],
  ])('JSON that is %s', async (_what, body) => {
    await expectProblem(await athlete.call('PUT', '/api/v1/profile', body), 'invalid_request')
  })

  test('no body and no type', async () => {
    await expectProblem(await athlete.call('PUT', '/api/v1/profile'), 'unsupported_media_type')
  })

  test('the problem does not quote what was sent', async () => {
    const response = await athlete.call('PUT', '/api/v1/profile', '{"displayName": canary }')
    expect(await response.text()).not.toContain('canary')
  })

  test('too large', async () => {
    await expectProblem(
      await athlete.call('PUT', '/api/v1/profile', { ...profile, displayName: 'x'.repeat(20_000) }),
      'payload_too_large',
    )
  })

  test.each([
    ['text', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['XML', { 'content-type': 'application/xml' }],
    ['a compressed body', { 'content-encoding': 'gzip' }],
    ['an odd charset', { 'content-type': 'application/json; charset=utf-99' }],
  ])('%s', async (_what, headers) => {
    await expectProblem(await athlete.call('PUT', '/api/v1/profile', profile, headers), 'unsupported_media_type')
  })
})

describe('queries', () => {
  test.each([
    ['limit=0', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=201', 'limit'],
    ['limit=1e9', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=abc', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['from=yesterday', 'from'],
    ['from=2026-13-01', 'from'],
    ['to=99999999999999', 'to'],
    ['from[$gt]=2026-01-01', 'from[$gt]'],
    ['sportType=', 'sportType'],
    [`sportType=${'x'.repeat(61)}`, 'sportType'],
    ['sportType[$ne]=Run', 'sportType[$ne]'],
    ['cursor=abc', 'cursor'],
    [`cursor=${'x'.repeat(201)}`, 'cursor'],
    ['cursor=eyIkZ3QiOiIifQ', 'cursor'],
    ['offset=5', 'offset'],
  ])('workouts?%s', async (query, path) => {
    const problem = await expectProblem(await athlete.call('GET', `/api/v1/workouts?${query}`), 'invalid_request')
    expect(problem.errors.map((error) => error.path)).toEqual([path])
  })
})

/** Sends the address as it is; fetch would correct it first. */
const rawGet = (path: string, method = 'GET') =>
  new Promise<{ status: number; type: string; body: string }>((resolve, reject) => {
    const sent = httpRequest(
      {
        host: 'localhost',
        port: system.gateway.port,
        path,
        method,
        headers: { authorization: `Bearer ${athlete.token}` },
      },
      (response) => {
        let body = ''
        response.on('data', (chunk) => (body += chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode!, type: response.headers['content-type'] ?? '', body }),
        )
      },
    )
    sent.on('error', reject).end()
  })

describe('addresses', () => {
  test.each([
    ['/api/v1/workouts/%zz', 400, 'invalid_request'],
    ['/api/v1/workouts/%ff', 400, 'invalid_request'],
    ['/api/v1/workouts/%00', 404, 'not_found'],
    ['/api/v1/workouts/..%2f..%2fetc', 404, 'not_found'],
    [`/api/v1/workouts/${'x'.repeat(4000)}`, 404, 'not_found'],
    ['/api/v1/strava/receipts/{"$gt":""}', 404, 'not_found'],
    ['/api/v1/nothing', 404, 'not_found'],
    ['/assets/../../package.json', 404, 'not_found'],
    ['/assets/%2e%2e/package.json', 404, 'not_found'],
    ['/%zz', 404, 'not_found'],
    ['//evil.example', 404, 'not_found'],
    ['/.env', 404, 'not_found'],
    ['/docs/../src/config.ts', 404, 'not_found'],
    ['/errors/nonsense', 404, 'not_found'],
    ['/errors/__proto__', 404, 'not_found'],
    ['/errors/constructor', 404, 'not_found'],
    ['/errors/%3Cscript%3E', 404, 'not_found'],
    ['/errors/%ff', 400, 'invalid_request'],
  ])('GET %s', async (path, status, code) => {
    const answer = await rawGet(path)
    expect(answer.status).toBe(status)
    expect(answer.type).toContain('application/problem+json')
    expect(JSON.parse(answer.body).code).toBe(code)
  })
})

test.each([
  ['GET', '/api/v1/strava/sync', 'POST'],
  ['POST', '/api/v1/profile', 'GET, PUT, HEAD'],
  ['PATCH', '/api/v1/profile', 'GET, PUT, HEAD'],
  ['DELETE', '/api/v1/workouts/wko_1', 'GET, HEAD'],
  ['PUT', '/api/v1/strava/callback', 'GET, POST, HEAD'],
  ['POST', '/connect', 'GET, HEAD'],
  ['OPTIONS', '/api/v1/strava/status', 'GET, HEAD'],
])('%s %s is not allowed', async (method, path, allow) => {
  const response = await athlete.call(method, path)
  await expectProblem(response, 'method_not_allowed')
  expect(response.headers.get('allow')).toBe(allow)
})

describe('headers', () => {
  test('of the API', async () => {
    for (const path of ['/api/v1/strava/status', '/api/v1/nothing', '/connect?token=x']) {
      const { headers } = await athlete.call('GET', path)
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none';frame-ancestors 'none';base-uri 'none';form-action 'none'",
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'cross-origin-opener-policy': 'same-origin',
      })
      expect(headers.has('x-powered-by')).toBe(false)
      expect(headers.has('strict-transport-security')).toBe(false)
      expect(headers.has('access-control-allow-origin')).toBe(false)
    }
  })

  test('of the page and the docs', async () => {
    const page = (await system.call(null, 'GET', '/')).headers.get('content-security-policy')!
    expect(page).toContain("script-src 'self';")
    expect(page).toContain("style-src 'self';")
    expect(page).toContain(`connect-src 'self' ${system.issuer.url};`)
    expect(page).not.toContain('unsafe')
    const docs = (await system.call(null, 'GET', '/docs/')).headers.get('content-security-policy')!
    expect(docs).toContain("script-src 'self';style-src 'self';")
    expect(docs).not.toContain('unsafe')
    const apiDocs = await system.call(null, 'GET', '/docs/api/')
    expect(apiDocs.status).toBe(200)
    expect(apiDocs.headers.get('content-security-policy')).toBe(docs)
    for (const file of ['init.js', 'look.css', 'pages.css', 'swagger-ui.css', 'swagger-ui-bundle.js']) {
      expect((await system.call(null, 'GET', `/docs/api/${file}`)).status).toBe(200)
    }
  })

  test.each(['/', '/docs/'])('%s says how to build it where it is not built', async (path) => {
    const response = await system.call(null, 'GET', path)
    expect(response.status).toBe(503)
    expect(await response.text()).toContain('npm run build')
  })
})

test('config.json tells the page where to sign in', async () => {
  expect(await (await system.call(null, 'GET', '/config.json')).json()).toEqual({
    issuer: system.issuer.url,
    audience: 'slipstream-test',
    clientId: 'slipstream-web',
    scopes: ['openid', 'profile'],
    profileGate: 'local',
    publicUrl: system.url,
    stravaButtonImage: null,
  })
})

describe('the contract', () => {
  const documented = () =>
    Object.entries(createOpenApiDocument().paths ?? {}).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operation: operation as { responses: Record<string, unknown>; security: unknown[] },
      })),
    )
  const served = () =>
    system.gateway.routes.map(({ method, path }) => `${method.toUpperCase()} ${path.replace(/:(\w+)/g, '{$1}')}`)

  test('documents every route, and nothing else', () => {
    expect(
      documented()
        .map(({ method, path }) => `${method} ${path}`)
        .toSorted(),
    ).toEqual(served().toSorted())
  })

  test('every documented route is there and answers only what it documents', async () => {
    for (const { method, path, operation } of documented()) {
      const address = path.replace(/\{\w+\}/, 'unknown')
      for (const token of [null, athlete.token]) {
        const aborted = new AbortController()
        const response = await fetch(system.url + address, {
          method,
          redirect: 'manual',
          signal: aborted.signal,
          headers: token === null ? {} : { authorization: `Bearer ${token}` },
        })
        expect(Object.keys(operation.responses), `${method} ${path}`).toContain(String(response.status))
        expect(response.status).toBeLessThan(500)
        if (token === null && operation.security.length > 0) expect(response.status).toBe(401)
        aborted.abort()
      }
    }
  })

  test('openapi.json is served', async () => {
    const response = await system.call(null, 'GET', '/openapi.json')
    expect(await response.json()).toEqual(JSON.parse(JSON.stringify(createOpenApiDocument())))
  })
})

test('whatever is sent to whatever is documented, nothing breaks', async () => {
  const operations = Object.entries(createOpenApiDocument().paths ?? {}).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
  )
  const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('$ne', '__proto__', '../', '%00', 'é'),
  )
  const calls = fc.record({
    operation: fc.constantFrom(
      ...operations.filter(({ path, method }) => !(path.endsWith('/events') && method === 'GET')),
    ),
    id: texts,
    query: fc.dictionary(
      fc.oneof(fc.constantFrom('limit', 'from', 'to', 'cursor', 'sportType', 'token', 'state', 'code', 'scope'), texts),
      texts,
      {
        maxKeys: 4,
      },
    ),
    body: fc.oneof(
      fc.json(),
      fc
        .record({ platform: fc.jsonValue(), result: fc.jsonValue(), displayName: fc.jsonValue() })
        .map((body) => JSON.stringify(body)),
      texts,
    ),
    isJson: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(calls, async ({ operation: { path, method }, id, query, body, isJson }) => {
      const address = path.replace('{id}', encodeURIComponent(id.toWellFormed()) || 'x')
      const search = new URLSearchParams(query)
      const response = await fetch(`${system.url}${address}?${search}`, {
        method,
        redirect: 'manual',
        headers: {
          authorization: `Bearer ${athlete.token}`,
          'content-type': isJson ? 'application/json' : 'text/plain',
        },
        ...(method !== 'GET' && { body: body.toWellFormed() }),
      })
      await response.arrayBuffer()
      expect(response.status, `${method} ${path}`).toBeLessThan(500)
    }),
    { numRuns: 400 },
  )
})

test('requests are measured by route, never by address', async () => {
  await system.call(null, 'GET', '/api/v1/workouts/canary-id')
  await system.call(null, 'GET', '/canary-path')
  const metrics = await (await fetch(`${system.opsUrl}/metrics`)).text()
  expect(metrics).toMatch(
    /slipstream_http_request_duration_seconds_count\{[^}]*route="\/api\/v1\/workouts\/:id"[^}]*\}/,
  )
  expect(metrics).toMatch(/slipstream_http_request_duration_seconds_count\{[^}]*route="unmatched"[^}]*\}/)
  expect(metrics).not.toContain('canary')
  expect(metrics).toMatch(/slipstream_links\{[^}]*status="active"[^}]*\} 0/)
})
