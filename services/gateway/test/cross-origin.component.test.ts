import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type System, startSystem } from './support/system.ts'

const friend = 'https://train.example'

let system: System
beforeAll(async () => {
  system = await startSystem({ env: { CORS_ORIGINS: `${friend}, http://localhost:5173` } })
})
afterAll(() => system.stop())

const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin')

const preflight = (path: string, origin: string) =>
  system.call(null, 'OPTIONS', path, undefined, {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,idempotency-key',
  })

describe('a page of a listed origin', () => {
  test('may ask, and use the API with a token', async () => {
    const asked = await preflight('/api/v1/strava/link-token', friend)
    expect(asked.status).toBe(204)
    expect(Object.fromEntries(asked.headers)).toMatchObject({
      'access-control-allow-origin': friend,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET,POST,PUT,DELETE',
      'access-control-allow-headers': 'Authorization,Content-Type,Idempotency-Key,If-None-Match,Last-Event-ID',
    })
    const athlete = await system.signIn('anna')
    const status = await athlete.call('GET', '/api/v1/strava/status', undefined, { origin: 'http://localhost:5173' })
    expect([status.status, allowed(status)]).toEqual([200, 'http://localhost:5173'])
    expect(status.headers.get('vary')).toMatch(/Origin/)
  })

  test('can read the reason of a refusal, and without a token gets nothing else', async () => {
    const refused = await system.call(null, 'GET', '/api/v1/export', undefined, { origin: friend })
    expect([refused.status, allowed(refused)]).toEqual([401, friend])
  })
})

test('where a session ends a page of a listed origin drops what bound link attempts to it, and hears of it; no other does', async () => {
  const dropped = (origin: string) => system.call(null, 'DELETE', '/api/v1/strava/link-token', undefined, { origin })
  const [listed, other] = [await dropped(friend), await dropped('https://evil.example')]
  expect([listed.status, allowed(listed), allowed(other)]).toEqual([204, friend, null])
})

test.each(['https://evil.example', 'https://train.example.evil.example', 'http://train.example', 'null'])(
  'a page of %s is not let in',
  async (origin) => {
    expect(allowed(await preflight('/api/v1/strava/link-token', origin))).toBeNull()
    const athlete = await system.signIn('berta')
    expect(allowed(await athlete.call('GET', '/api/v1/strava/status', undefined, { origin }))).toBeNull()
  },
)

test.each(['/connect', '/callback', '/api/v1/strava/callback', '/config.json', '/'])(
  'what a browser itself is sent to stays closed to pages of others: GET %s',
  async (path) => {
    expect(allowed(await system.call(null, 'GET', path, undefined, { origin: friend }))).toBeNull()
  },
)
