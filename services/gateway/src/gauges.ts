import { linkStatuses } from '@slipstream/contracts'
import type { Clock } from '@slipstream/runtime'
import { type Metrics, sharedRead } from '@slipstream/telemetry'
import type { GrantVault } from '@slipstream/vault'
import type { Links, Receipts } from './domain/ports.ts'

/** Gauges of what is stored, read when they are scraped. All replicas show the same values. */
export const registerGauges = (
  metrics: Metrics,
  sources: {
    links: Pick<Links, 'countByStatus'>
    receipts: Pick<Receipts, 'incompleteSince'>
    vault: Pick<GrantVault, 'countUnheld'>
    clock: Clock
  },
  /** Null where the operator has not told how many athletes may link. */
  athleteLimit: number | null,
): void => {
  const { links, receipts, vault, clock } = sources
  const countByStatus = sharedRead(links.countByStatus)
  metrics.gauge<'status'>({
    name: 'slipstream_links',
    help: 'Links by status.',
    labelNames: ['status'],
    async collect() {
      const counts = await countByStatus()
      for (const status of linkStatuses) {
        if (status !== 'not_linked' && status !== 'pending') this.set({ status }, counts[status] ?? 0)
      }
    },
  })
  metrics.gauge({
    name: 'slipstream_slots_used',
    help: 'Athletes who take a place of the application at Strava: links, and grants that are still to be revoked.',
    async collect() {
      const [byStatus, unheld] = await Promise.all([countByStatus(), vault.countUnheld(null)])
      this.set(Object.values(byStatus).reduce<number>((sum, count = 0) => sum + count, unheld))
    },
  })
  metrics.gauge({
    name: 'slipstream_slots_limit',
    help: 'Places that the application has at Strava, as STRAVA_ATHLETE_LIMIT says; missing where it does not.',
    collect() {
      if (athleteLimit === null) this.remove()
      else this.set(athleteLimit)
    },
  })
  metrics.gauge({
    name: 'slipstream_receipt_oldest_open_seconds',
    help: 'How long the deletion that has waited longest is not confirmed; 0: all are.',
    async collect() {
      const since = await receipts.incompleteSince()
      this.set(since === null ? 0 : Math.max(0, clock.now().getTime() - since.getTime()) / 1_000)
    },
  })
}
