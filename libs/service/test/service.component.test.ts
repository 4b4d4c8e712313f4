import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type RunningMongo, startMongo } from '@slipstream/embedded'
import { createDeliveryLog, mongoOutboxSource } from '@slipstream/persistence'
import { ConfigError, systemClock } from '@slipstream/runtime'
import { createLogger, createMetrics } from '@slipstream/telemetry'
import { startTestNats, type TestNats } from '@slipstream/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type Composition, createService, type RunningService, type ServiceOptions } from '../src/index.ts'
import type { CommonConfig } from '../src/settings.ts'

let dataDir: string
let nats: TestNats
let mongo: RunningMongo
let mongoPort: number
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'slipstream-service-'))
  mongoPort = await freePort()
  nats = await startTestNats()
  await startMongod()
})
afterAll(async () => {
  await mongo.stop()
  await nats.remove()
  await rm(dataDir, { recursive: true, force: true })
})

const startMongod = async () => {
  mongo = await startMongo({ dataDir, log: () => {}, port: mongoPort })
}

let service: RunningService | undefined
let lines: { msg: string }[]
beforeEach(() => {
  lines = []
})
afterEach(async () => {
  await service?.stop()
  service = undefined
})

const optionsOf = (
  config: Partial<CommonConfig> = {},
  composition: Partial<Composition> = {},
): ServiceOptions<'scheduler'> => ({
  name: 'scheduler',
  config: {
    mongodbUri: mongo.uri,
    natsUrl: nats.url,
    opsPort: 0,
    opsHost: '127.0.0.1',
    natsAccess: { creds: null, ca: null },
    natsStreamReplicas: 1,
    logLevel: 'info',
    ...config,
  },
  log: createLogger('scheduler', 'info', { write: (line: string) => void lines.push(JSON.parse(line)) }),
  metrics: createMetrics('scheduler'),
  clock: systemClock,
  compose: ({ store }) => ({
    outbox: [[mongoOutboxSource('schedules', store.collections.schedules)]],
    deliveries: createDeliveryLog(store.collections, systemClock),
    consumers: [],
    tasks: [],
    ...composition,
  }),
})

const create = (composition: Partial<Composition> = {}, options: Partial<ServiceOptions<'scheduler'>> = {}) => {
  service = createService({ ...optionsOf({}, composition), ...options })
  return service
}

const ask = (path: string) => fetch(`http://127.0.0.1:${service?.opsPort}${path}`)

interface Ready {
  parts: Record<string, { ok: boolean; detail?: string }>
}
const readiness = async () => {
  const response = await ask('/readyz')
  return { status: response.status, parts: ((await response.json()) as Ready).parts }
}

test('alive from the first moment, not ready and saying why, ready when MongoDB and NATS have come', async () => {
  await mongo.stop()
  await nats.stop()
  const started = create().start()
  await vi.waitFor(async () => expect((await ask('/healthz')).status).toBe(200))
  expect(await readiness()).toEqual({
    status: 503,
    parts: {
      process: { ok: false, detail: 'starting' },
      mongodb: { ok: false, detail: 'not reached yet' },
      nats: { ok: false, detail: 'not reached yet' },
    },
  })
  const isTold = () => expect(lines.map(({ msg }) => msg)).toContain('MongoDB does not answer yet, waiting for it')
  await vi.waitFor(isTold, { timeout: 10_000 })

  await startMongod()
  await vi.waitFor(async () => expect((await readiness()).parts.mongodb).toEqual({ ok: true }), { timeout: 10_000 })
  expect((await readiness()).parts.nats).toEqual({ ok: false, detail: 'not reached yet' })
  const isConnected = async () =>
    (await (await ask('/metrics')).text()).match(/^slipstream_nats_connected\{.*\} (\d)$/m)?.[1]
  await vi.waitFor(async () => expect(await isConnected()).toBe('0'))
  await nats.restart()
  await started
  expect(await readiness()).toMatchObject({ status: 200, parts: { process: { ok: true }, nats: { ok: true } } })
  expect(await isConnected()).toBe('1')
})

test('the wait for MongoDB and NATS has an end, with one sentence for each under its setting', async () => {
  await mongo.stop()
  await nats.stop()
  try {
    const startProblems = async (options: Partial<ServiceOptions<'scheduler'>>) => {
      const error = await create({}, { startLimitMs: 200, ...options })
        .start()
        .then(
          () => null,
          (reason: unknown) => reason,
        )
      await service?.stop()
      return error instanceof ConfigError ? error.problems : error
    }
    const ofMongo = expect.stringMatching(
      /^MONGODB_URI: no MongoDB can be used there \(connect ECONNREFUSED 127.0.0.1:\d+\)$/,
    )
    const ofNats = expect.stringMatching(/^NATS_URL: no NATS can be used there \(.+\)$/)
    expect(await startProblems({})).toEqual([ofMongo, ofNats])
    // Who serves without NATS does not end for it.
    expect(await startProblems({ servesWithoutNats: true })).toEqual([ofMongo])
  } finally {
    await startMongod()
    await nats.restart()
  }
})

test('ports that are taken are told together, before anything is begun', async () => {
  const running = create()
  await running.start()
  const port = running.opsPort
  const rival = createService({
    ...optionsOf({ opsPort: port }),
    listensOn: [{ port: mongoPort, settings: { port: 'PORT' } }],
  })
  await expect(rival.start()).rejects.toMatchObject({
    problems: [
      `OPS_PORT: port ${port} is taken by another process`,
      `PORT: port ${mongoPort} is taken by another process`,
    ],
  })
})

test('a stop during the start gives that up at once', async () => {
  await mongo.stop()
  try {
    const started = create().start()
    await vi.waitFor(async () => expect((await ask('/healthz')).status).toBe(200))
    const given = expect(started).rejects.toThrow()
    const before = performance.now()
    await service?.stop()
    await given
    expect(performance.now() - before).toBeLessThan(2_000)
    await expect(ask('/healthz')).rejects.toThrow()
  } finally {
    await startMongod()
  }
})

test('what serves people goes on for the drain, and is told of the stop before it', async () => {
  let isServing = true
  let isLeaving = () => false
  const stopServing = async () => {
    isServing = false
  }
  const running = create(
    {},
    {
      drainMs: 400,
      compose: ({ store, leaving }) => {
        isLeaving = () => leaving.aborted
        const deliveries = createDeliveryLog(store.collections, systemClock)
        return { outbox: [], deliveries, consumers: [], tasks: [], stopServing }
      },
    },
  )
  await running.start()
  const stopped = running.stop()
  expect(running.stop()).toBe(stopped)
  expect(await readiness()).toMatchObject({ status: 503, parts: { process: { ok: false, detail: 'stopping' } } })
  expect([isServing, isLeaving()]).toEqual([true, true])
  await stopped
  expect(isServing).toBe(false)
})

test('a task whose turns fail is told once, has its next turn, and is told to work again', async () => {
  let turns = 0
  const run = async () => {
    turns += 1
    if (turns <= 2) throw new Error('no luck')
  }
  await create({ tasks: [{ name: 'look-around', everyMs: 10, run }] }).start()
  await vi.waitFor(() => expect(turns).toBeGreaterThan(3))
  expect(lines.filter((line) => 'task' in line)).toMatchObject([
    { level: 'error', task: 'look-around', err: { message: 'no luck' } },
    { level: 'info', task: 'look-around', failedTurns: 2 },
  ])
})

test('with a frozen MongoDB /metrics answers without the gauges that read it, and /readyz says so', async () => {
  await create().start()
  expect(await (await ask('/metrics')).text()).toMatch(/^slipstream_outbox_pending\{.*\} 0$/m)
  process.kill(mongo.pid, 'SIGSTOP')
  try {
    const before = performance.now()
    const text = await (await ask('/metrics')).text()
    expect(performance.now() - before).toBeLessThan(4_000)
    expect(text).not.toMatch(/^slipstream_outbox_pending\{.*\} \d/m)
    expect(text).toMatch(/^process_cpu_seconds_total/m)
    expect((await readiness()).parts.mongodb?.ok).toBe(false)
  } finally {
    process.kill(mongo.pid, 'SIGCONT')
  }
})
