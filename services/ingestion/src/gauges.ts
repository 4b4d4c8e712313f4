import { lanes } from '@slipstream/contracts'
import type { Collections } from '@slipstream/persistence'
import type { QuotaLedger } from '@slipstream/quota'
import { bucketNames, stopTroubles } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import { type Metrics, sharedRead } from '@slipstream/telemetry'
import type { Vault } from '@slipstream/vault'
import type { WorkoutStore } from './domain/ports.ts'

const secondsSince = (then: Date, clock: Clock): number => Math.max(0, clock.now().getTime() - then.getTime()) / 1_000

/** Gauges of what is stored, read when they are scraped. All replicas show the same values. */
export const registerGauges = (
  metrics: Metrics,
  sources: {
    ledger: QuotaLedger
    vault: Vault
    collections: Pick<Collections<'ingestion'>, 'deadLetters'>
    clock: Clock
  },
): void => {
  const { ledger, vault, collections, clock } = sources
  const readLedger = sharedRead(ledger.read)
  metrics.gauge({
    name: 'slipstream_quota_limit',
    help: 'Calls Strava allows in the current window.',
    labelNames: ['bucket'],
    async collect() {
      const { buckets } = await readLedger()
      for (const bucket of bucketNames) this.set({ bucket }, buckets[bucket].limit)
    },
  })
  metrics.gauge({
    name: 'slipstream_quota_used',
    help: 'Calls made in the current window.',
    labelNames: ['bucket'],
    async collect() {
      const { buckets } = await readLedger()
      for (const bucket of bucketNames) this.set({ bucket }, buckets[bucket].used)
    },
  })
  metrics.gauge({
    name: 'slipstream_quota_used_by_lane',
    help: 'Calls made in the current window by the lane that made them; what others made with the same app is in none.',
    labelNames: ['bucket', 'lane'],
    async collect() {
      const { buckets } = await readLedger()
      for (const bucket of bucketNames) {
        for (const lane of lanes) this.set({ bucket, lane }, buckets[bucket].byLane?.[lane] ?? 0)
      }
    },
  })
  metrics.gauge({
    name: 'slipstream_strava_stopped',
    help: 'Why calls to Strava are stopped: 1 for each trouble that stops some of them.',
    labelNames: ['trouble'],
    async collect() {
      const { stops } = await readLedger()
      for (const trouble of stopTroubles) this.set({ trouble }, Number(stops.some((stop) => stop.trouble === trouble)))
    },
  })
  metrics.gauge({
    name: 'slipstream_strava_state',
    help: 'How Strava treats this application: 1 for what holds.',
    labelNames: ['state'],
    async collect() {
      const { stops } = await readLedger()
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
  metrics.gauge({
    name: 'slipstream_token_key_age_seconds',
    help: 'Since when something is known to be sealed under each key in use.',
    labelNames: ['kid'],
    async collect() {
      const seen = await vault.keysSeen()
      this.reset()
      for (const { kid, since } of seen) this.set({ kid }, secondsSince(since, clock))
    },
  })
}

/** Only where the data policy says how long a copy may be kept. */
export const registerExpiryGauge = (
  metrics: Metrics,
  workouts: Pick<WorkoutStore, 'oldestFetch'>,
  clock: Clock,
): void => {
  metrics.gauge({
    name: 'slipstream_workout_oldest_fetch_seconds',
    help: 'How long ago the workout was fetched that was so longest ago; 0: none is stored.',
    async collect() {
      const oldest = await workouts.oldestFetch()
      this.set(oldest === null ? 0 : secondsSince(oldest, clock))
    },
  })
}
