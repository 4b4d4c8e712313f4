import { expect, test, vi } from 'vitest'
import { type ClientOptions, createClient, SlipstreamError } from '../src/index.ts'
import { type Answer, json, problem, startGateway } from './support/gateway.ts'

const open = async (answers: Answer[], options: Partial<ClientOptions> = {}) => {
  const { baseUrl, requests } = await startGateway(...answers)
  return { client: createClient({ baseUrl, getToken: () => 'first', ...options }), requests }
}

const silent: Answer = () => {}
const page: Answer = (response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>')

test('a problem document is a typed error, also with a code of a later release', async () => {
  const { client } = await open([problem(409, 'gear_missing')])
  const error: unknown = await client.getStatus().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(SlipstreamError)
  expect(error).toMatchObject({
    ...{ name: 'SlipstreamError', code: 'gear_missing', status: 409, title: 'Title', detail: 'Detail.' },
    ...{ actor: 'athlete', action: 'reconnect', actionUrl: '/#connect', retryAfterSeconds: null },
    errors: [{ path: 'limit', message: 'no' }],
  })
})

test('a GET goes again, when a proxy says so and when the connection breaks', async () => {
  const { client, requests } = await open([page, (response) => response.destroy(), json(200, { status: 'active' })])
  expect(await client.getStatus()).toEqual({ status: 'active' })
  expect(requests).toHaveLength(3)
})

test('after three tries the error is thrown', async () => {
  const { client, requests } = await open([page])
  await expect(client.getStatus()).rejects.toMatchObject({ code: 'unreachable', status: 502 })
  expect(requests).toHaveLength(3)
})

test('it waits as long as it is asked to, and not at all where that is too long', async () => {
  const brief = await open([problem(429, 'too_many_requests', { 'retry-after': '2' }), json(200, {})])
  const startedAt = performance.now()
  await brief.client.exportAll()
  expect(performance.now() - startedAt).toBeGreaterThan(1_990)

  const long = await open([problem(429, 'too_many_requests', { 'retry-after': '600' })])
  await expect(long.client.exportAll()).rejects.toMatchObject({ code: 'too_many_requests', retryAfterSeconds: 600 })
  expect(long.requests).toHaveLength(1)
})

test('a request with an idempotency key goes again under the same one, any other change goes once', async () => {
  const sync = await open([page, json(202, { runId: 'run_1' })])
  await sync.client.requestSync()
  const keys = sync.requests.map(({ headers }) => headers['idempotency-key'])
  expect(keys).toEqual([keys[0], keys[0]])
  expect(keys[0]).toMatch(/^[\w-]{20,}$/)

  const profile = await open([page, json(200, {})])
  const submission = { displayName: 'Anna', primarySport: 'Run', weeklyGoalHours: 5 }
  await expect(profile.client.submitProfile(submission)).rejects.toMatchObject({ code: 'unreachable' })
  expect(profile.requests).toHaveLength(1)
})

test('a refused token is renewed once, for any request', async () => {
  const getToken = vi.fn(({ renew }: { renew: boolean }) => (renew ? 'second' : 'first'))
  const renewed = await open([problem(401, 'unauthorized'), json(202, { receiptId: 'rct_1' })], { getToken })
  expect(await renewed.client.unlink()).toEqual({ receiptId: 'rct_1' })
  expect(renewed.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer first', 'Bearer second'])

  const refused = await open([problem(401, 'unauthorized')], { getToken })
  await expect(refused.client.getStatus()).rejects.toMatchObject({ code: 'unauthorized' })
  expect(refused.requests).toHaveLength(2)

  const stale = await open([problem(401, 'unauthorized')])
  await expect(stale.client.getStatus()).rejects.toMatchObject({ code: 'unauthorized' })
  expect(stale.requests).toHaveLength(1)
})

test('an answer that does not come, or is not of the gateway, is told as such', async () => {
  const slow = await open([silent], { timeoutMs: 50, maxAttempts: 1 })
  await expect(slow.client.getStatus()).rejects.toMatchObject({ code: 'timed_out', status: null })
  const halfway: Answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"a":')
  const slowBody = await open([halfway], { timeoutMs: 50, maxAttempts: 1 })
  await expect(slowBody.client.getStatus()).rejects.toMatchObject({ code: 'timed_out' })
  const portal = await open([
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hotel</h1>'),
  ])
  await expect(portal.client.getStatus()).rejects.toMatchObject({ code: 'unexpected_answer', status: 200 })
})

test('a caller ends a call, and the wait before another try', async () => {
  const calling = await open([silent])
  const reason = new Error('left the screen')
  const leaving = new AbortController()
  const called = calling.client.getStatus({ signal: leaving.signal })
  await vi.waitFor(() => expect(calling.requests).toHaveLength(1))
  leaving.abort(reason)
  await expect(called).rejects.toBe(reason)

  const waiting = await open([problem(429, 'too_many_requests', { 'retry-after': '15' })])
  const leavingToo = new AbortController()
  const waited = waiting.client.getStatus({ signal: leavingToo.signal })
  await vi.waitFor(() => expect(waiting.requests).toHaveLength(1))
  const leftAt = performance.now()
  leavingToo.abort(reason)
  await expect(waited).rejects.toBe(reason)
  expect(performance.now() - leftAt, 'the rest of the 15 s').toBeLessThan(10_000)
  expect(waiting.requests).toHaveLength(1)
})

test('an error of the caller’s own getToken is theirs', async () => {
  const { client, requests } = await open([json(200, {})], {
    getToken: () => Promise.reject(new TypeError('signed out')),
  })
  await expect(client.getStatus()).rejects.toThrow(new TypeError('signed out'))
  expect(requests).toEqual([])
})

test('all items come, page by page, and no page before it is needed', async () => {
  const { client, requests } = await open([
    json(200, { items: [{ id: 'a' }, { id: 'b' }], nextCursor: 'c1/+' }),
    json(200, { items: [{ id: 'c' }], nextCursor: null }),
  ])
  const ids: string[] = []
  for await (const { id } of client.workouts({ sportType: 'Trail Run', limit: 2 })) {
    ids.push(id)
    if (id === 'b') expect(requests).toHaveLength(1)
  }
  expect(ids).toEqual(['a', 'b', 'c'])
  expect(requests.map(({ url }) => url)).toEqual([
    '/api/v1/workouts?sportType=Trail%20Run&limit=2',
    '/api/v1/workouts?sportType=Trail%20Run&limit=2&cursor=c1%2F%2B',
  ])
})
