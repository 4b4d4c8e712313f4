import type { Metrics } from '@slipstream/telemetry'
import type { Bus } from './bus.ts'
import { streams } from './topology.ts'

/** Gauges of what NATS keeps, read when they are scraped. One service shows them for all. */
export const registerStreamGauges = (metrics: Metrics, bus: () => Pick<Bus, 'transport'>): void => {
  const stateOf = async (stream: string) => (await bus().transport.manager.streams.info(stream)).state
  metrics.gauge({
    name: 'slipstream_stream_messages',
    help: 'Messages that a stream of NATS holds.',
    labelNames: ['stream'],
    async collect() {
      for (const stream of Object.keys(streams)) this.set({ stream }, (await stateOf(stream)).messages)
    },
  })
  metrics.gauge({
    name: 'slipstream_stream_bytes',
    help: 'Bytes that a stream of NATS takes on disk.',
    labelNames: ['stream'],
    async collect() {
      for (const stream of Object.keys(streams)) this.set({ stream }, (await stateOf(stream)).bytes)
    },
  })
}
