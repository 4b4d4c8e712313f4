import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { actionableError } from '@slipstream/contracts/errors'
import { expect, onTestFinished, test } from 'vitest'
import { createLinkApi } from './api.ts'

const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const getToken = async () => 'athlete-token'
const proof = { result: 'r', codeVerifier: 'v', idempotencyKey: 'k' }

test('asks with token, body and key', async () => {
  const asked: unknown[] = []
  const baseUrl = await serve(async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    const { authorization, 'content-type': type, 'idempotency-key': key } = request.headers
    asked.push([request.method, request.url, authorization, type ?? null, key ?? null, body])
    response.setHeader('content-type', 'application/json')
    response.end('{"status":"active"}')
  })
  // As people write it into settings.
  const api = createLinkApi({ baseUrl: `${baseUrl}/`, getToken })
  await api.linkToken('challenge')
  expect(await api.complete(proof)).toEqual({ kind: 'done', body: { status: 'active' } })
  await api.status()
  const json = 'application/json'
  expect(asked).toEqual([
    [
      'POST',
      '/api/v1/strava/link-token',
      'Bearer athlete-token',
      json,
      null,
      '{"platform":"mobile","codeChallenge":"challenge"}',
    ],
    ['POST', '/api/v1/strava/callback', 'Bearer athlete-token', json, 'k', '{"result":"r","codeVerifier":"v"}'],
    ['GET', '/api/v1/strava/status', 'Bearer athlete-token', null, null, ''],
  ])
})

test.each([
  [409, 'request_in_progress', { 'retry-after': '1' }, { isFinal: false, retryAfterMs: 1_000 }],
  [429, 'too_many_requests', { 'retry-after': '30' }, { isFinal: false, retryAfterMs: 30_000 }],
  [
    503,
    'strava_unavailable',
    { 'retry-after': 'Thu, 26 Nov 2026 18:00:00 GMT' },
    { isFinal: false, retryAfterMs: null },
  ],
  [400, 'result_invalid', {}, { isFinal: true, retryAfterMs: null }],
  [401, 'unauthorized', {}, { isFinal: true, retryAfterMs: null }],
] as const)('%i %s', async (status, code, headers, expected) => {
  const { title: _title, ...entry } = actionableError(code)
  const baseUrl = await serve((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json', ...headers })
    response.end(JSON.stringify({ ...entry, title: 'in words of the gateway', status, errors: [] }))
  })
  expect(await createLinkApi({ baseUrl, getToken }).complete(proof)).toEqual({
    ...{ kind: 'refused', error: { ...entry, title: 'in words of the gateway' } },
    ...expected,
  })
})

test('a code of a newer gateway keeps its words', async () => {
  const problem = {
    ...actionableError('app_full'),
    code: 'app_on_holiday',
    title: 'On holiday',
    status: 409,
    errors: [],
  }
  const baseUrl = await serve((_request, response) => response.writeHead(409).end(JSON.stringify(problem)))
  expect(await createLinkApi({ baseUrl, getToken }).status()).toMatchObject({
    error: { code: 'internal_error', title: 'On holiday', actor: 'operator' },
  })
})

test.each<[string, RequestListener]>([
  ["a proxy's page", (_request, response) => response.writeHead(502).end('<html>Bad gateway</html>')],
  ['a connection that is cut', (request) => request.socket.destroy()],
])('%s is no answer, and worth another try', async (_what, listener) => {
  const baseUrl = await serve(listener)
  expect(await createLinkApi({ baseUrl, getToken }).complete(proof)).toEqual({
    ...{ kind: 'refused', error: actionableError('service_unavailable'), isFinal: false, retryAfterMs: null },
  })
})

test('nobody is asked while nobody is signed in', async () => {
  const api = createLinkApi({ baseUrl: 'http://127.0.0.1:9', getToken: async () => null })
  expect(await api.status()).toMatchObject({ kind: 'refused', error: { code: 'unauthorized' }, isFinal: true })
})
