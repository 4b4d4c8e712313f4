import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startLoad } from '../support/constant-load.ts'
import type { ServiceName } from '../support/fleet.ts'
import { heapInUse, inspected } from '../support/heap.ts'
import type { MobileApp } from '../support/mobile-app.ts'
import { until } from '../support/until.ts'
import {
  type Account,
  isLong,
  linkAll,
  setUpLimitMs,
  startWebhookBench,
  type WebhookBench,
} from '../support/webhook-bench.ts'

// Promise 20: it stays fast and flat. Webhooks, reads and manual syncs arrive at a constant rate; what each service holds after a
// forced collection is the same before and after, and nothing is left waiting.

const services = ['gateway', 'scheduler', 'ingestion'] as const
const some: Account[] = ['anna', 'ben', 'chris', 'dana', 'eva']
/** Until caches are filled and what is used often is compiled. */
const warmUpMs = 8_000
const arrivalMs = isLong ? 8 * 60 * 60_000 : 30_000
const everyMs = { webhooks: 100, reads: 50, syncs: 1_000 }
const mostGrowthBytes = 10 * 1024 * 1024
const patienceMs = 120_000

let bench: WebhookBench
let apps: MobileApp[]

beforeAll(async () => {
  bench = await startWebhookBench()
  for (const name of services) await bench.start(name, { env: inspected })
  for (const name of services) await bench.process(name).untilReady()
  apps = await linkAll(bench, some)
}, setUpLimitMs)

afterAll(async () => {
  await bench?.stop()
})

const startArrivals = () => {
  const readMs: number[] = []
  let turn = 0
  const next = <Item>(items: readonly Item[]): Item => {
    turn += 1
    return items[turn % items.length] as Item
  }
  const loads = [
    startLoad(everyMs.webhooks, async () => {
      // A busy machine may answer late, or 503: what is looked at here is what stays behind.
      await bench.postUntilAnswered(bench.edit(next(some)))
      return null
    }),
    startLoad(everyMs.reads, async () => {
      const startedAt = performance.now()
      const { status } = await next(apps).api('GET', '/workouts?limit=30')
      readMs.push(performance.now() - startedAt)
      return status === 200 ? null : `a read was answered ${status}`
    }),
    startLoad(everyMs.syncs, async () => {
      const app = next(apps)
      await until(patienceMs, async () => expect([202, 429]).toContain((await app.api('POST', '/strava/sync')).status))
      return null
    }),
  ]
  return {
    stop: async () => {
      const ended = await Promise.all(loads.map((load) => load.stop()))
      return { asked: ended.map(({ asked }) => asked), failures: ended.flatMap(({ failures }) => failures), readMs }
    },
  }
}

/** Sum of all series of a gauge. */
const gaugeOf = async (name: ServiceName, metric: string): Promise<number> => {
  const scrape = await (await fetch(`http://127.0.0.1:${bench.process(name).opsPort}/metrics`)).text()
  const values = [...scrape.matchAll(new RegExp(`^${metric}(?:\\{.*\\})? (\\S+)$`, 'gm'))].map(([, value]) =>
    Number(value),
  )
  expect(values, `${name} shows no ${metric}`).not.toHaveLength(0)
  return values.reduce((sum, value) => sum + value, 0)
}

const untilNothingWaits = async () => {
  await bench.untilTakenIn()
  await until(patienceMs, async () => {
    expect(await gaugeOf('scheduler', 'slipstream_lane_backlog')).toBe(0)
    for (const name of services) expect(await gaugeOf(name, 'slipstream_outbox_pending')).toBe(0)
  })
}

const heaps = () => Promise.all(services.map((name) => heapInUse(bench.process(name))))

it('holds no more after constant arrival than before, and nothing is left waiting', {
  timeout: arrivalMs + 600_000,
}, async () => {
  const warmingUp = startArrivals()
  await delay(warmUpMs)
  await warmingUp.stop()
  await untilNothingWaits()
  const before = await heaps()

  const arriving = startArrivals()
  await delay(arrivalMs)
  const { asked, failures, readMs } = await arriving.stop()
  await untilNothingWaits()
  const after = await heaps()

  const grown = after.map((bytes, index) => bytes - (before[index] ?? 0))
  const megabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1)
  for (const [index, name] of services.entries())
    console.log(`${name}: ${megabytes(before[index] ?? 0)} MB, grown by ${megabytes(grown[index] ?? 0)} MB`)
  const sorted = readMs.toSorted((one, other) => one - other)
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
  console.log(`${asked} webhooks, reads and syncs; p99 of reads ${Math.round(p99)} ms`)

  expect(failures).toEqual([])
  for (const [index, name] of services.entries()) expect(grown[index], name).toBeLessThan(mostGrowthBytes)
  if (isLong) expect(p99).toBeLessThan(300)
})
