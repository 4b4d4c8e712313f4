import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMongo } from '@slipstream/embedded'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { anna, linkOnWeb } from './support/linking.ts'
import { linesWithStack, type System, startSystem } from './support/system.ts'

const ready = async (system: System) => {
  const response = await fetch(`${system.opsUrl}/readyz`)
  const { parts } = (await response.json()) as { parts: Record<string, { ok: boolean; detail?: string }> }
  return { status: response.status, parts }
}

test('without NATS people are served, events wait, and are told when it is back', async () => {
  const system = await startSystem()
  try {
    const athlete = await system.signIn('anna')
    const bus = await system.bus()
    const linked = vi.fn()
    bus.listen('athlete.linked', '*', linked)
    await system.nats.stop()
    await vi.waitFor(async () => expect((await ready(system)).parts.nats?.detail).toMatch(/^degraded/))
    expect((await ready(system)).status).toBe(200)

    expect(await linkOnWeb(system, athlete, { athlete: anna })).toContain('strava=linked')
    expect((await athlete.call('POST', '/api/v1/strava/sync')).status).toBe(202)
    const link = await system.store.collections.links.findOne().lean()
    // The first import is still to come: it is the sync that was asked for.
    expect(link!.outbox.map(({ type }) => type)).toEqual(['athlete.linked'])

    await system.nats.restart()
    await vi.waitFor(() => expect(linked).toHaveBeenCalledOnce())
    await vi.waitFor(async () => expect((await system.store.collections.links.findOne().lean())!.outbox).toEqual([]))
    expect(linesWithStack(system.logLines)).toEqual([])
  } finally {
    await system.stop()
  }
})

test('started without NATS the gateway serves people and catches up', async () => {
  const system = await startSystem({ beforeStart: ({ nats }) => nats.stop() })
  try {
    const athlete = await system.signIn('anna')
    expect(await linkOnWeb(system, athlete, { athlete: anna })).toContain('strava=linked')
    expect((await athlete.call('GET', '/api/v1/strava/events')).status).toBe(503)
    await system.nats.restart()
    await vi.waitFor(async () => expect((await system.store.collections.links.findOne().lean())!.outbox).toEqual([]))
    await vi.waitFor(async () => expect((await ready(system)).parts.nats).toEqual({ ok: true }))
  } finally {
    await system.stop()
  }
})

let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gateway-outage-'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

test('without MongoDB callers are told within seconds, and served again when it is back', async () => {
  let mongo = await startMongo({ dataDir, log: () => {} })
  const system = await startSystem({
    env: { MONGODB_URI: new URL('/outage', mongo.uri).href + new URL(mongo.uri).search },
  })
  try {
    const athlete = await system.signIn('anna')
    expect((await athlete.call('GET', '/api/v1/strava/status')).status).toBe(200)
    const { port } = new URL(mongo.uri)
    await mongo.stop()
    const startedAt = performance.now()
    for (let index = 0; index < 20; index++) {
      const answer = await athlete.call('GET', '/api/v1/strava/status')
      expect(answer.status).toBe(503)
      expect(await answer.json()).toMatchObject({ code: 'service_unavailable' })
    }
    // Not each of them waits for a primary anew.
    expect(performance.now() - startedAt).toBeLessThan(15_000)
    expect((await ready(system)).status).toBe(503)
    // A browser is worth waiting for: a new primary is usually elected within these ten seconds.
    const page = await fetch(`${system.url}/connect?token=x`, { redirect: 'manual' })
    expect(page.headers.get('location')).toContain('strava=error&code=service_unavailable')

    mongo = await startMongo({ dataDir, log: () => {}, port: Number(port) })
    await vi.waitFor(async () => expect((await athlete.call('GET', '/api/v1/strava/status')).status).toBe(200), {
      interval: 200,
    })
    expect(linesWithStack(system.logLines)).toEqual([])
  } finally {
    await system.stop()
    await mongo.stop()
  }
}, 60_000)
