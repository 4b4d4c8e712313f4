import { hasPrometheus } from '@slipstream/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { documentedMetrics, isDocumentedValue } from './support/documented-metrics.ts'
import type { ServiceName } from './support/fleet.ts'
import { synced } from './support/linked-athlete.ts'
import { promtool } from './support/prometheus.ts'
import { until } from './support/until.ts'
import { startServices, startWebhookBench, type WebhookBench } from './support/webhook-bench.ts'

const services = ['gateway', 'scheduler', 'ingestion'] as const
const patienceMs = 60_000

interface Series {
  name: string
  labels: Record<string, string>
}

/** What Prometheus reads of a scrape, without the values. */
const readScrape = (text: string) => {
  const types = new Map<string, string>()
  const series: Series[] = []
  for (const line of text.split('\n')) {
    const [, typed, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? []
    if (typed && type) types.set(typed, type)
    const [, name, pairs = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? []
    if (!name) continue
    const labels = [...pairs.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', value = '']) => [label, value])
    series.push({ name, labels: Object.fromEntries(labels) })
  }
  return { types, series }
}

const nameOf = ({ name }: Series, types: ReadonlyMap<string, string>): string =>
  types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '')

let bench: WebhookBench
const scrapes: Partial<Record<ServiceName, string>> = {}

const scrape = async (name: ServiceName): Promise<string> =>
  (await fetch(`http://127.0.0.1:${bench.process(name).opsPort}/metrics`)).text()

beforeAll(async () => {
  bench = await startWebhookBench()
  await startServices(bench)
  const app = await bench.link('ben')
  await synced(app, patienceMs)
  for (const webhook of [bench.add('ben', 2), bench.edit('ben')]) await bench.postUntilAnswered(webhook)
  await bench.untilEqual()
  const { body } = await app.api<{ items: { id: string }[] }>('GET', '/workouts?limit=1')
  await app.api('GET', `/workouts/${body.items[0]?.id}`)
  await app.api('GET', '/workouts/wko_of_nobody')
  await app.api('POST', '/strava/sync')
  const gatewayUrl = `http://localhost:${bench.process('gateway').port}`
  for (const path of ['/', '/errors/app_full', '/callback?state=x', '/nothing/here/12345', '/webhooks/strava/wrong'])
    await fetch(gatewayUrl + path, { redirect: 'manual' })
  await fetch(`${gatewayUrl}/webhooks/strava/wrong`, { method: 'POST', body: '{"object_id": 12345}' })
  await app.api('DELETE', '/strava/link')
  await until(patienceMs, async () => {
    expect(await scrape('ingestion')).toContain('consumer="ingestion-erasure"')
  })
  for (const name of services) scrapes[name] = await scrape(name)
}, 240_000)

afterAll(async () => {
  await bench?.stop()
})

describe.each(services)('%s', (service) => {
  const exposed = () => readScrape(scrapes[service] ?? '')

  it('exposes the documented series, with their types and labels, and no others', () => {
    const { types, series } = exposed()
    const ours = [...types].filter(([name]) => name.startsWith('slipstream_'))
    const documented = documentedMetrics.filter(({ services: where }) => where.includes(service))
    expect(ours.toSorted()).toEqual(documented.map(({ name, type }) => [name, type]).toSorted())
    for (const one of series) {
      const known = documented.find(({ name }) => name === nameOf(one, types))
      const own = Object.keys(one.labels).filter((label) => label !== 'service' && label !== 'le')
      if (known) expect([known.name, own.toSorted()]).toEqual([known.name, known.labels])
    }
  })

  it('has labels from closed sets', () => {
    const { types, series } = exposed()
    const open = series
      .filter(({ name }) => name.startsWith('slipstream_'))
      .flatMap((one) =>
        Object.entries(one.labels)
          .filter(([label, value]) => !isDocumentedValue(nameOf(one, types), label, value))
          .map(([label, value]) => `${one.name} ${label}="${value}"`),
      )
    expect(open).toEqual([])
    expect(series.length).toBeGreaterThan(100)
  })
})

/** What is promised of latencies, in seconds. */
const promised: [what: string, metric: string, service: ServiceName, seconds: number][] = [
  ['a webhook answered', 'slipstream_webhook_ack_duration_seconds', 'gateway', 0.05],
  ['a webhook answered before Strava gives up', 'slipstream_webhook_ack_duration_seconds', 'gateway', 2],
  ['a read answered', 'slipstream_http_request_duration_seconds', 'gateway', 0.3],
  ['a change known from its webhook', 'slipstream_ingestion_latency_seconds', 'ingestion', 10],
  ['a change known from its webhook under forged ones', 'slipstream_ingestion_latency_seconds', 'ingestion', 2],
  ['a turn of every athlete', 'slipstream_ingestion_latency_seconds', 'ingestion', 3_600],
  ['a deletion mirrored', 'slipstream_ingestion_latency_seconds', 'ingestion', 172_800],
  ['what NATS has lost told again', 'slipstream_event_publish_delay_seconds', 'gateway', 60],
]

it.each(promised)('the time promised for %s can be counted', (_, metric, service, seconds) => {
  const edges = readScrape(scrapes[service] ?? '').series.filter(({ name }) => name === `${metric}_bucket`)
  expect(edges.map(({ labels }) => Number(labels.le))).toContain(seconds)
})

describe.runIf(await hasPrometheus())('promtool', () => {
  it.each(services)('has nothing against what %s exposes', async (service) => {
    const text = scrapes[service] ?? ''
    expect(text.length).toBeGreaterThan(5_000)
    await promtool(['check', 'metrics'], text)
  })
})
