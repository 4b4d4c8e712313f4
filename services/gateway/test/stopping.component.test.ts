import { once } from 'node:events'
import { request } from 'node:http'
import { expect, test, vi } from 'vitest'
import { startSystem } from './support/system.ts'

test('from the first moment of a stop the gateway is not ready, while it ends what it has begun', async () => {
  const system = await startSystem()
  const athlete = await system.signIn('anna')
  const body = JSON.stringify({ displayName: 'Anna', primarySport: 'Run' })
  const slow = request(`${system.url}/api/v1/profile`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${athlete.token}`,
      'content-type': 'application/json',
      'content-length': body.length,
      expect: '100-continue',
    },
  })
  slow.flushHeaders()
  // The gateway has the request and waits for its body.
  await once(slow, 'continue')

  const stopped = system.stop()
  await vi.waitFor(async () => {
    const response = await fetch(`${system.opsUrl}/readyz`)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ parts: { process: { ok: false, detail: 'stopping' } } })
  })
  slow.end(body)
  const [answer] = await once(slow, 'response')
  expect(answer.statusCode).toBe(200)
  answer.resume()
  await stopped
})
