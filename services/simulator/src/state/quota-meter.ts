import type { Clock } from '@slipstream/runtime'
import {
  countCall,
  currentUsage,
  noUsage,
  type QuarterHour,
  type QuotaLimits,
  type QuotaUsage,
  withCounted,
} from '../domain/quota.ts'

/** The application's quota as Strava counts it. */
export interface QuotaMeter {
  limits(): QuotaLimits
  setLimits(limits: QuotaLimits): void
  usage(): QuotaUsage
  /** Each quarter hour that saw a call, the one called in last at the end. */
  quarterHours(): readonly QuarterHour[]
  /** Counts one call; says which bucket refuses it. */
  count(): 'overall' | 'read' | null
  /** Forgets what was used; the limits go back to those at the start. */
  reset(): void
}

/** Enough that a demonstration does not stall; a new application at Strava has half of each. */
const usualLimits: QuotaLimits = { overall: { quarterHour: 400, day: 4000 }, read: { quarterHour: 200, day: 2000 } }

export const createQuotaMeter = ({ clock }: { clock: Clock }): QuotaMeter => {
  let limits = usualLimits
  let usage = noUsage
  let quarterHours: readonly QuarterHour[] = []
  return {
    limits: () => limits,
    setLimits: (next) => {
      limits = next
    },
    usage: () => currentUsage(usage, clock.now()),
    quarterHours: () => quarterHours,
    count: () => {
      const now = clock.now()
      const counted = countCall(usage, limits, now)
      usage = counted.usage
      quarterHours = withCounted(quarterHours, { at: now, isOverLimit: counted.refusedBy !== null })
      return counted.refusedBy
    },
    reset: () => {
      limits = usualLimits
      usage = noUsage
      quarterHours = []
    },
  }
}
