import type { Collections } from '@slipstream/persistence'
import type { QuotaLedger } from '@slipstream/quota'
import { bucketNames } from '@slipstream/records'
import type { Metrics } from '@slipstream/telemetry'
import type { Vault } from '@slipstream/vault'

/** Gauges of what is stored, read when they are scraped. All replicas show the same values. */
export const registerGauges = (
  metrics: Metrics,
  sources: { ledger: QuotaLedger; vault: Vault; collections: Pick<Collections<'ingestion'>, 'deadLetters'> },
): void => {
  const { ledger, vault, collections } = sources
  metrics.gauge({
    name: 'slipstream_quota_limit',
    help: 'Calls Strava allows in the current window.',
    labelNames: ['bucket'],
    async collect() {
      const { buckets } = await ledger.read()
      for (const bucket of bucketNames) this.set({ bucket }, buckets[bucket].limit)
    },
  })
  metrics.gauge({
    name: 'slipstream_quota_used',
    help: 'Calls made in the current window.',
    labelNames: ['bucket'],
    async collect() {
      const { buckets } = await ledger.read()
      for (const bucket of bucketNames) this.set({ bucket }, buckets[bucket].used)
    },
  })
  metrics.gauge({
    name: 'slipstream_strava_state',
    help: 'How Strava treats this application: 1 for what holds.',
    labelNames: ['state'],
    async collect() {
      const { stops } = await ledger.read()
      const isInactive = stops.some(({ trouble }) => trouble === 'inactive')
      // Whatever else stops calls: no answer, a refused client secret, a closed endpoint.
      const isUnavailable = stops.some(({ trouble }) => trouble !== 'inactive')
      this.set({ state: 'active' }, Number(!isInactive))
      this.set({ state: 'inactive' }, Number(isInactive))
      this.set({ state: 'unavailable' }, Number(isUnavailable))
    },
  })
  metrics.gauge({
    name: 'slipstream_dead_letters',
    help: 'Messages and activities kept because they could not be handled.',
    async collect() {
      this.set(await collections.deadLetters.estimatedDocumentCount())
    },
  })
  metrics.gauge({
    name: 'slipstream_tokens_by_key',
    help: 'Credentials sealed under each key; a key with none may be retired.',
    labelNames: ['kid'],
    async collect() {
      this.reset()
      for (const [kid, count] of Object.entries(await vault.countByKey())) this.set({ kid }, count)
    },
  })
}
