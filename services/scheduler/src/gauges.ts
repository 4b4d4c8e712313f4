import type { Clock } from '@slipstream/runtime'
import { type Metrics, sharedRead } from '@slipstream/telemetry'
import type { ScheduleStore } from './domain/ports.ts'

/** Within it a deletion at Strava has to be mirrored, so every athlete has had a turn. */
const provenWithinMs = 48 * 60 * 60_000

/** Gauges of what is stored, read when they are scraped. All replicas show the same values. */
export const registerGauges = (
  metrics: Metrics,
  schedules: Pick<ScheduleStore, 'backlog' | 'count' | 'countIncomplete'>,
  clock: Clock,
): void => {
  const backlog = sharedRead(schedules.backlog)
  metrics.gauge({
    name: 'slipstream_lane_backlog',
    help: 'Athletes with an open sync request, by its lane.',
    labelNames: ['lane'],
    async collect() {
      for (const [lane, { athletes }] of await backlog()) this.set({ lane }, athletes)
    },
  })
  metrics.gauge({
    name: 'slipstream_lane_oldest_seconds',
    help: 'How long the athlete who has waited longest in a lane has done so since the newest request; 0: nobody waits.',
    labelNames: ['lane'],
    async collect() {
      const now = clock.now().getTime()
      for (const [lane, { oldestAt }] of await backlog()) {
        this.set({ lane }, oldestAt === null ? 0 : Math.max(0, now - oldestAt.getTime()) / 1_000)
      }
    },
  })
  metrics.gauge({
    name: 'slipstream_athletes_complete_ratio',
    help: 'Share of linked athletes of whom a full list has proven within 48 hours that all of their window is stored.',
    async collect() {
      const since = new Date(clock.now().getTime() - provenWithinMs)
      const [athletes, incomplete] = await Promise.all([schedules.count(), schedules.countIncomplete(since)])
      this.set(athletes === 0 ? 1 : Math.max(0, 1 - incomplete / athletes))
    },
  })
}
