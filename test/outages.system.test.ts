import { setTimeout as delay } from 'node:timers/promises'
import { freePort, startMongo } from '@slipstream/embedded'
import { makeTestFolder, startTestNats, type TestNats } from '@slipstream/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startServicesInProcess } from './support/services-in-process.ts'

// What an operator sees of all three services while a server they need is frozen or away.

let folder: Awaited<ReturnType<typeof makeTestFolder>>
let mongo: Awaited<ReturnType<typeof startMongo>>
let nats: TestNats
let services: Awaited<ReturnType<typeof startServicesInProcess>>
const startMongod = async (port: number) => {
  mongo = await startMongo({ dataDir: folder.dataDir, log: () => {}, port })
}
beforeAll(async () => {
  folder = await makeTestFolder()
  ;[nats] = await Promise.all([startTestNats(), startMongod(await freePort())])
  services = await startServicesInProcess({ mongodbUri: mongo.uri, natsUrl: nats.url })
})
afterAll(async () => {
  await services?.stop()
  await Promise.all([mongo?.stop(), nats?.remove()])
  folder?.remove()
})

type Name = Awaited<ReturnType<typeof startServicesInProcess>>['names'][number]

/** Gauges that read the store, of which a value is shown also in an empty database. */
const gauges: Record<Name, string[]> = {
  scheduler: ['slipstream_outbox_pending', 'slipstream_lane_backlog', 'slipstream_lane_oldest_seconds'],
  ingestion: [
    ...['slipstream_outbox_pending', 'slipstream_quota_limit', 'slipstream_quota_used', 'slipstream_strava_state'],
    ...['slipstream_quota_used_by_lane', 'slipstream_strava_stopped', 'slipstream_dead_letters'],
    ...['slipstream_workout_oldest_fetch_seconds', 'slipstream_mongodb_ping_seconds'],
  ],
  gateway: [
    ...['slipstream_outbox_pending', 'slipstream_links'],
    ...['slipstream_slots_used', 'slipstream_receipt_oldest_open_seconds'],
  ],
}

const shownIn = (text: string, names: string[]) =>
  names.filter((name) => new RegExp(`^${name}\\{.*\\} \\d`, 'm').test(text))

/** Operators are told that it takes no longer: the reads are given up after 2 s, where the driver itself would wait for 20 s. */
const givenUpByMs = 3_000

/**
 * Passes when so much time has that this process, in which the services are too, could work in: each wait begins only after the one
 * before was heard of, so what a busy machine takes away does not count.
 */
const ownTime = async (ms: number): Promise<void> => {
  const stepMs = 50
  for (let passedMs = 0; passedMs < ms; passedMs += stepMs) await delay(stepMs)
}

const givenUp = async (): Promise<never> => {
  await ownTime(givenUpByMs)
  throw new Error(`no answer within ${givenUpByMs} ms`)
}

test('while MongoDB is frozen, /metrics of each service answers without what MongoDB would have to tell', async () => {
  for (const name of services.names) {
    await vi.waitFor(async () => expect(shownIn(await services.metricsOf(name), gauges[name])).toEqual(gauges[name]))
  }
  process.kill(mongo.pid, 'SIGSTOP')
  try {
    const scrape = () =>
      Promise.all(
        services.names.map(async (name) => {
          const text = await Promise.race([services.metricsOf(name), givenUp()])
          expect(shownIn(text, gauges[name])).toEqual([])
          expect(text).toMatch(/^process_cpu_seconds_total/m)
          expect(text).toMatch(/^slipstream_mongodb_connected\{.*\} 0$/m)
        }),
      )
    // On a busy machine a server answers on until it gets the processor to hear of its signal.
    await vi.waitFor(scrape)
    // This one finds the reads of the one before under way.
    await scrape()
  } finally {
    process.kill(mongo.pid, 'SIGCONT')
  }
  for (const name of services.names) {
    const text = await vi.waitFor(async () => {
      const found = await services.metricsOf(name)
      expect(shownIn(found, gauges[name])).toEqual(gauges[name])
      return found
    })
    for (const gauge of gauges[name]) {
      expect(text).toContain(`slipstream_metric_read_failures_total{metric="${gauge}",service="${name}"}`)
    }
  }
})

test('while NATS or MongoDB is away, each service says so in short lines', async () => {
  const partOf = async (name: Name, part: 'nats' | 'mongodb') => (await services.readinessOf(name)).parts[part]
  const port = Number(new URL(mongo.uri).port)
  const isBack = async () => {
    for (const name of services.names) {
      await vi.waitFor(async () => {
        expect(await partOf(name, 'nats')).toEqual({ ok: true })
        expect(await partOf(name, 'mongodb')).toEqual({ ok: true })
      })
    }
  }
  await nats.stop()
  for (const name of services.names) {
    await vi.waitFor(async () => {
      expect((await partOf(name, 'nats')).detail).toContain('not connected to NATS')
      expect(await services.metricsOf(name)).toMatch(/^slipstream_nats_connected\{.*\} 0$/m)
    })
  }
  await nats.restart()
  await isBack()

  const before = services.lines.length
  await mongo.stop()
  const failing = () => {
    const since = services.lines.slice(before).map((line) => JSON.parse(line))
    return new Set(since.filter(({ err }) => err?.name.startsWith('Mongo')).map(({ service }) => service))
  }
  await vi.waitFor(() => expect(failing()).toEqual(new Set(services.names)))
  await startMongod(port)
  await isBack()
  expect(services.lines.filter((line) => line.includes('"stack":'))).toEqual([])
})
