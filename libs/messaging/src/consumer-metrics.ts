import type { Metrics } from '@slipstream/telemetry'

type Pending = () => Promise<number>

const define = (metrics: Metrics) => {
  const pending = new Map<string, Pending>()
  metrics.gauge<'consumer'>({
    name: 'slipstream_consumer_pending',
    help: 'Messages that a consumer has not settled: not delivered yet, or in work.',
    labelNames: ['consumer'],
    async collect() {
      for (const [consumer, read] of pending) this.set({ consumer }, await read())
    },
  })
  return {
    handleDuration: metrics.histogram<'consumer' | 'type' | 'verdict'>({
      name: 'slipstream_event_handle_duration_seconds',
      help: 'From the delivery of a message to its verdict.',
      labelNames: ['consumer', 'type', 'verdict'],
    }),
    unexpectedErrors: metrics.counter<'consumer' | 'type'>({
      name: 'slipstream_event_unexpected_errors_total',
      help: 'Deliveries that failed in a way no handler foresaw: a bug until shown otherwise.',
      labelNames: ['consumer', 'type'],
    }),
    /** From now on `read` is asked at each scrape how many messages are left to this consumer. */
    watch: (consumer: string, read: Pending): void => {
      pending.set(consumer, read)
    },
  }
}

export type ConsumerMetrics = ReturnType<typeof define>

const defined = new WeakMap<Metrics, ConsumerMetrics>()

/** The consumers of one process share their metrics; a registry takes each name once. */
export const consumerMetrics = (metrics: Metrics): ConsumerMetrics => {
  const known = defined.get(metrics) ?? define(metrics)
  defined.set(metrics, known)
  return known
}
