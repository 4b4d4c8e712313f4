import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeNatsAuth } from '@slipstream/nats-auth'
import { startTestMongo, startTestNats } from '@slipstream/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceName, type SingleServers, startFleetOn } from './support/fleet.ts'
import { statusOf, synced } from './support/linked-athlete.ts'
import { until } from './support/until.ts'
import { linkAll, openWebhookBench, setUpLimitMs, startServices, type WebhookBench } from './support/webhook-bench.ts'

// The least that a service may do at NATS is all that it does: linking, webhooks, syncs, live events, a store that is wiped, and
// an erasure, each service with the credentials that are made for it.

const patienceMs = 120_000
const { serverConfig, credentials } = makeNatsAuth()
const folder = mkdtempSync(join(tmpdir(), 'slipstream-nats-users-'))

let bench: WebhookBench<SingleServers>
beforeAll(async () => {
  const [mongo, nats] = await Promise.all([startTestMongo(), startTestNats({ config: serverConfig })])
  bench = await openWebhookBench(await startFleetOn({ mongo, nats }), (name) => {
    const file = join(folder, `${name}.nk`)
    writeFileSync(file, credentials[name], { mode: 0o600 })
    return { NATS_CREDS_FILE: file }
  })
  await startServices(bench)
}, setUpLimitMs)
afterAll(async () => {
  await bench?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const metricsOf = async (name: ServiceName): Promise<string> =>
  (await fetch(`http://127.0.0.1:${bench.process(name).opsPort}/metrics`)).text()
/** What NATS tells of a consumer. */
const pendingOfOne = /^slipstream_consumer_pending\{consumer="[a-z-]+",.*\} \d/m

/** What the server has refused since it was started. */
const violations = (): string[] =>
  readFileSync(bench.fleet.nats.logFile, 'utf8')
    .split('\n')
    .filter((line) => /violation/i.test(line))

test('each service works with the permissions it has, and asks for none that it has not', {
  timeout: 600_000,
}, async () => {
  const [app] = await linkAll(bench, ['anna'])
  if (!app) throw new Error('nobody is linked')
  const live = new AbortController()
  const heard = app.listen(live.signal)
  expect(await bench.postAsStrava(bench.edit('anna'))).toBe(200)
  await bench.untilTakenIn()
  await bench.untilEqual()
  await until(patienceMs, async () => expect(heard.text()).toContain('event: activity'))
  for (const name of ['gateway', 'scheduler', 'ingestion'] as const) expect(await metricsOf(name)).toMatch(pendingOfOne)
  expect(await metricsOf('scheduler')).toMatch(/^slipstream_stream_bytes\{stream="ADVISORIES",/m)
  expect(violations()).toEqual([])

  await bench.fleet.nats.wipe()
  const asked = await app.api<{ runId: string }>('POST', '/strava/sync')
  expect(asked.status).toBe(202)
  await synced(app, patienceMs, asked.body.runId)
  await until(patienceMs, async () => expect(heard.text()).toContain('event: progress'))
  live.abort()

  await app.api('DELETE', '/strava/link')
  await until(patienceMs, async () => {
    const receipt = await bench.store.collections.receipts.findOne({ completedAt: { $ne: null } }).lean()
    expect(receipt?.deleted).toMatchObject({ events: expect.any(Number) })
  })
  expect((await statusOf(app)).status).toBe('not_linked')
  expect(violations()).toEqual([])
})
