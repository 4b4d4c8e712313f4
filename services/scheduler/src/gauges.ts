import type { Metrics } from '@slipstream/telemetry'
import type { ScheduleStore } from './domain/ports.ts'

/** Gauges of what is stored, read when they are scraped. All replicas show the same values. */
export const registerGauges = (metrics: Metrics, schedules: Pick<ScheduleStore, 'backlog'>): void => {
  metrics.gauge({
    name: 'slipstream_lane_backlog',
    help: 'Athletes with an open sync request, by its lane.',
    labelNames: ['lane'],
    async collect() {
      for (const [lane, rows] of await schedules.backlog()) this.set({ lane }, rows)
    },
  })
}
