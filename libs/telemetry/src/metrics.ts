import {
  type CollectFunction,
  Counter,
  type CounterConfiguration,
  collectDefaultMetrics,
  Gauge,
  type GaugeConfiguration,
  Histogram,
  type HistogramConfiguration,
  Registry,
} from 'prom-client'
import manifest from '../package.json' with { type: 'json' }
import { sharedRead } from './shared-read.ts'

/** A gauge that reads a store is left out of a scrape when it has no answer by then. */
const readLimitMs = 2_000

/** The default of 10 ms wakes an idle process a hundred times a second. */
const eventLoopPrecisionMs = 50

/**
 * Buckets in seconds for work that a person or a provider waits for. What is promised is an edge, so that it can be
 * counted: 50 ms and 2 s for a webhook's answer, 300 ms for reads.
 */
const latencyBucketsSeconds = [
  ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.3, 0.5],
  ...[1, 1.5, 2, 2.5, 5, 10, 30, 60],
]

type Definition<Configuration> = Omit<Configuration, 'registers'>

/** A registry of its own for each service instance, so that several can live in one process (tests). */
export interface Metrics {
  readonly registry: Registry
  /** `buckets` default to latencies from 1 ms to 60 s. */
  histogram<Label extends string = never>(definition: Definition<HistogramConfiguration<Label>>): Histogram<Label>
  gauge<Label extends string = never>(definition: Definition<GaugeConfiguration<Label>>): Gauge<Label>
  counter<Label extends string = never>(definition: Definition<CounterConfiguration<Label>>): Counter<Label>
}

/**
 * A gauge that reads another system must not hold up or take with it all other metrics when that system is away. A
 * read that is given up may still be under way at the next scrape, which then waits for it instead of adding one more.
 */
const inTime = <Label extends string>(collect: CollectFunction<Gauge<Label>>) => {
  let read: (() => Promise<void>) | undefined
  return async (gauge: Gauge<Label>): Promise<void> => {
    read ??= sharedRead(async () => collect.call(gauge))
    const late = Promise.withResolvers<never>()
    const limit = setTimeout(() => late.reject(new Error(`no answer within ${readLimitMs} ms`)), readLimitMs)
    try {
      await Promise.race([read(), late.promise])
    } finally {
      clearTimeout(limit)
    }
  }
}

export const createMetrics = (service: string): Metrics => {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: eventLoopPrecisionMs })
  // Two default metrics break the naming rules of `promtool check metrics`: gauges that end in `_total`.
  for (const name of ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']) {
    registry.removeSingleMetric(name)
  }
  new Gauge({
    name: 'slipstream_build_info',
    help: 'Always 1; the release that runs is in the label.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version: manifest.version }, 1)
  const unavailable = new Counter({
    name: 'slipstream_metric_read_failures_total',
    help: 'Reads of a gauge that failed; the gauge is left out of that scrape.',
    labelNames: ['metric'],
    registers: [registry],
  })
  const guarded = <Label extends string>({ collect, ...definition }: Definition<GaugeConfiguration<Label>>) => {
    if (!collect) return definition
    const read = inTime(collect)
    return {
      ...definition,
      async collect(this: Gauge<Label>) {
        try {
          await read(this)
        } catch {
          this.reset()
          // Without labels a reset means 0, which would be a false reading.
          if (!definition.labelNames?.length) this.remove()
          unavailable.inc({ metric: definition.name })
        }
      },
    }
  }
  return {
    registry,
    histogram: (definition) => new Histogram({ buckets: latencyBucketsSeconds, ...definition, registers: [registry] }),
    gauge: (definition) => new Gauge({ ...guarded(definition), registers: [registry] }),
    counter: (definition) => new Counter({ ...definition, registers: [registry] }),
  }
}
