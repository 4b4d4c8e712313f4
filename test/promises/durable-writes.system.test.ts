import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { linkAll, startServices, startWebhookBench, type WebhookBench } from '../support/webhook-bench.ts'

// Promise 3: acknowledged writes survive power loss, by configuration.

const projectRoot = resolve(import.meta.dirname, '../..')

let bench: WebhookBench
beforeAll(async () => {
  bench = await startWebhookBench()
})
afterAll(() => bench?.stop())

test('every configuration of a NATS server with JetStream has messages on disk before they are acknowledged', async () => {
  const { monitorUrl, configFile } = bench.fleet.nats
  const shipped = globSync('{deploy,k8s}/**/*.{conf,yaml,yml}', { cwd: projectRoot }).map((file) =>
    join(projectRoot, file),
  )
  const texts = [configFile, ...shipped].map((file) => ({ file, text: readFileSync(file, 'utf8') }))
  const ofJetStream = texts.filter(({ text }) => /^\s*jetstream\s*[:{]/im.test(text))
  const found = ofJetStream.map(({ file }) => file)
  for (const file of [configFile, join(projectRoot, 'deploy/nats/server.conf')]) expect(found).toContain(file)
  for (const { file, text } of ofJetStream)
    expect(text, file).toMatch(/^\s*"?sync_interval"?\s*[:= ]\s*"?always"?\s*$/m)
  for (const { file, text } of texts) expect(text, file).not.toContain('persist_mode')
  const running = (await (await fetch(`${monitorUrl}/varz`)).json()) as {
    jetstream: { config: { sync_always?: boolean } }
  }
  expect(running.jetstream.config).toMatchObject({ sync_always: true })
})

/** What mongod logs of an operation, as far as it is looked at. */
interface Operation {
  appName?: string
  command?: Record<string, unknown> & { writeConcern?: unknown }
}

const writeCommands = ['insert', 'update', 'delete', 'findAndModify', 'bulkWrite']

test('the services have streams on file, and each of their writes waits for a majority and its journal', {
  timeout: 600_000,
}, async () => {
  const { connection } = bench.store
  await connection.db?.command({ profile: 0, slowms: -1 })
  await startServices(bench)
  const [app] = await linkAll(bench, ['anna'])
  expect(await bench.postAsStrava(bench.edit('anna'))).toBe(200)
  await bench.untilTakenIn()
  await bench.untilEqual()
  await app?.api('DELETE', '/strava/link')
  await until(60_000, async () => {
    if (!(await bench.store.collections.receipts.exists({ completedAt: { $ne: null } })))
      throw new Error('not erased yet')
  })

  const nats = await connect({ servers: bench.fleet.nats.url })
  const streams = await (await jetstreamManager(nats)).streams.list().next()
  await nats.close()
  expect(streams.map(({ config }) => config.name).toSorted()).toEqual(['ADVISORIES', 'EVENTS', 'SYNC'])
  for (const { config } of streams) {
    expect(config).toMatchObject({ storage: 'file' })
    expect(config.persist_mode ?? 'default').toBe('default')
  }

  const operations = readFileSync(bench.fleet.mongo.logFile, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"slipstream-'))
    .map((line) => (JSON.parse(line) as { attr: Operation }).attr)
  const writes = operations.filter(({ command = {} }) => writeCommands.some((name) => name in command))
  for (const appName of ['slipstream-gateway', 'slipstream-scheduler', 'slipstream-ingestion']) {
    const own = writes.filter((write) => write.appName === appName)
    expect(own.length, appName).toBeGreaterThan(0)
    for (const { command } of own) expect(command).toMatchObject({ writeConcern: { w: 'majority', j: true } })
  }
})
