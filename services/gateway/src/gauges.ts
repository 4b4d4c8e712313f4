import { linkStatuses } from '@slipstream/contracts'
import type { Metrics } from '@slipstream/telemetry'
import type { Links } from './domain/ports.ts'

/** Gauges of what is stored, read when they are scraped. All replicas show the same values. */
export const registerGauges = (metrics: Metrics, links: Pick<Links, 'countByStatus'>): void => {
  metrics.gauge<'status'>({
    name: 'slipstream_links',
    help: 'Links by status.',
    labelNames: ['status'],
    async collect() {
      const counts = await links.countByStatus()
      for (const status of linkStatuses) {
        if (status !== 'not_linked' && status !== 'pending') this.set({ status }, counts[status] ?? 0)
      }
    },
  })
}
