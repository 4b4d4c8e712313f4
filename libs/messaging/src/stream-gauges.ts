import { type Metrics, sharedRead } from '@slipstream/telemetry'
import type { Bus } from './bus.ts'
import { streams } from './topology.ts'

/** Gauges of what NATS keeps, read when they are scraped. One service shows them for all. */
export const registerStreamGauges = (metrics: Metrics, bus: () => Pick<Bus, 'transport'>): void => {
  const states = sharedRead(() =>
    Promise.all(
      Object.keys(streams).map(async (stream) => {
        const { state } = await bus().transport.manager.streams.info(stream)
        return { stream, ...state }
      }),
    ),
  )
  metrics.gauge({
    name: 'slipstream_stream_messages',
    help: 'Messages that a stream of NATS holds.',
    labelNames: ['stream'],
    async collect() {
      for (const { stream, messages } of await states()) this.set({ stream }, messages)
    },
  })
  metrics.gauge({
    name: 'slipstream_stream_bytes',
    help: 'Bytes that a stream of NATS takes on disk.',
    labelNames: ['stream'],
    async collect() {
      for (const { stream, bytes } of await states()) this.set({ stream }, bytes)
    },
  })
}
