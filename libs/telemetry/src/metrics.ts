import {
  Counter,
  type CounterConfiguration,
  collectDefaultMetrics,
  Gauge,
  type GaugeConfiguration,
  Histogram,
  type HistogramConfiguration,
  Registry,
} from 'prom-client'

/** Buckets in seconds for work that a person or a provider waits for: 1 ms to 60 s. */
const latencyBucketsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

type Definition<Configuration> = Omit<Configuration, 'registers'>

/** A registry of its own for each service instance, so that several can live in one process (tests). */
export interface Metrics {
  readonly registry: Registry
  /** `buckets` default to latencies from 1 ms to 60 s. */
  histogram<Label extends string = never>(definition: Definition<HistogramConfiguration<Label>>): Histogram<Label>
  gauge<Label extends string = never>(definition: Definition<GaugeConfiguration<Label>>): Gauge<Label>
  counter<Label extends string = never>(definition: Definition<CounterConfiguration<Label>>): Counter<Label>
}

export const createMetrics = (service: string): Metrics => {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  // Two default metrics break the naming rules of `promtool check metrics`: gauges that end in `_total`.
  for (const name of ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']) {
    registry.removeSingleMetric(name)
  }
  const unavailable = new Counter({
    name: 'slipstream_metric_read_failures_total',
    help: 'Reads of a gauge that failed; the gauge is left out of that scrape.',
    labelNames: ['metric'],
    registers: [registry],
  })
  /** A gauge that reads another system must not take all other metrics with it when that system is away. */
  const guarded = <Label extends string>({ collect, ...definition }: Definition<GaugeConfiguration<Label>>) => ({
    ...definition,
    ...(collect && {
      async collect(this: Gauge<Label>) {
        try {
          await collect.call(this)
        } catch {
          this.reset()
          // Without labels a reset means 0, which would be a false reading.
          if (!definition.labelNames?.length) this.remove()
          unavailable.inc({ metric: definition.name })
        }
      },
    }),
  })
  return {
    registry,
    histogram: (definition) => new Histogram({ buckets: latencyBucketsSeconds, ...definition, registers: [registry] }),
    gauge: (definition) => new Gauge({ ...guarded(definition), registers: [registry] }),
    counter: (definition) => new Counter({ ...definition, registers: [registry] }),
  }
}
