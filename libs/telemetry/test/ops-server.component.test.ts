import { afterEach, expect, it } from 'vitest'
import { createMetrics, type OpsServer, type Readiness, startOpsServer } from '../src/index.ts'

let server: OpsServer | undefined
afterEach(() => server?.close())

const start = async (readiness: () => Readiness) => {
  server = await startOpsServer({ port: 0, host: '127.0.0.1', registry: createMetrics('test').registry, readiness })
  return (path: string) => fetch(`http://127.0.0.1:${server?.port}${path}`)
}

it('is alive even when a part it needs is down, and then not ready, with the reason', async () => {
  const get = await start(() => ({ mongodb: { ok: true }, nats: { ok: false, detail: 'disconnected' } }))
  expect((await get('/healthz')).status).toBe(200)
  const ready = await get('/readyz')
  expect(ready.status).toBe(503)
  expect(await ready.json()).toEqual({
    status: 'not_ready',
    parts: { mongodb: { ok: true }, nats: { ok: false, detail: 'disconnected' } },
  })
})

it('is ready when every part is', async () => {
  const get = await start(() => ({ mongodb: { ok: true } }))
  expect((await get('/readyz')).status).toBe(200)
})

it('serves metrics in the Prometheus text format and nothing else', async () => {
  const get = await start(() => ({}))
  const metrics = await get('/metrics')
  expect(metrics.headers.get('content-type')).toContain('text/plain')
  expect(await metrics.text()).toContain('process_cpu_seconds_total')
  expect((await get('/secret')).status).toBe(404)
})
