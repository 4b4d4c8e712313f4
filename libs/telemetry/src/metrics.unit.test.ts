import { afterEach, expect, it, vi } from 'vitest'
import { createMetrics } from './metrics.ts'

afterEach(() => {
  vi.useRealTimers()
})

it('exposes what was recorded with the service as a label', async () => {
  const metrics = createMetrics('gateway')
  const duration = metrics.histogram({
    name: 'slipstream_http_request_duration_seconds',
    help: 'x',
    labelNames: ['route'],
  })
  duration.observe({ route: '/' }, 0.02)
  const text = await metrics.registry.metrics()
  expect(text).toContain('slipstream_http_request_duration_seconds_bucket{le="0.025",service="gateway",route="/"} 1')
})

it('leaves out default metrics whose names break the Prometheus rules', async () => {
  const text = await createMetrics('gateway').registry.metrics()
  expect(text).toContain('process_resident_memory_bytes')
  expect(text).not.toMatch(/^nodejs_active_\w+_total/m)
})

it('keeps two instances in one process apart', async () => {
  const one = createMetrics('one').counter({ name: 'slipstream_activities_total', help: 'x' })
  const other = createMetrics('other')
  other.counter({ name: 'slipstream_activities_total', help: 'x' })
  one.inc()
  expect(await other.registry.metrics()).toContain('slipstream_activities_total{service="other"} 0')
})

it('leaves out a gauge that cannot be read, counts that, and shows all other metrics', async () => {
  const metrics = createMetrics('gateway')
  let isAway = false
  metrics.gauge({
    name: 'slipstream_dead_letters',
    help: 'x',
    async collect() {
      if (isAway) throw new Error('the database is away')
      this.set(3)
    },
  })
  expect(await metrics.registry.metrics()).toContain('slipstream_dead_letters{service="gateway"} 3')
  isAway = true
  const text = await metrics.registry.metrics()
  expect(text).not.toMatch(/^slipstream_dead_letters\b.*\d$/m)
  expect(text).toContain('process_cpu_seconds_total')
  expect(await metrics.registry.metrics()).toContain(
    'slipstream_metric_read_failures_total{metric="slipstream_dead_letters",service="gateway"}',
  )
})

it('gives up a gauge whose store does not answer, shows all others, and asks no second time meanwhile', async () => {
  vi.useFakeTimers()
  const metrics = createMetrics('gateway')
  const answer = Promise.withResolvers<number>()
  const read = vi.fn(() => answer.promise)
  metrics.gauge({
    name: 'slipstream_dead_letters',
    help: 'x',
    async collect() {
      this.set(await read())
    },
  })
  const scrape = async () => {
    const text = metrics.registry.metrics()
    await vi.advanceTimersByTimeAsync(2_000)
    return await text
  }
  expect(await scrape()).not.toMatch(/^slipstream_dead_letters\b.*\d$/m)
  const text = await scrape()
  expect(text).toContain('process_cpu_seconds_total')
  expect(text).toMatch(
    /slipstream_metric_read_failures_total\{metric="slipstream_dead_letters",service="gateway"\} [12]$/m,
  )
  expect(read).toHaveBeenCalledOnce()
  answer.resolve(3)
  expect(await metrics.registry.metrics()).toContain('slipstream_dead_letters{service="gateway"} 3')
})
