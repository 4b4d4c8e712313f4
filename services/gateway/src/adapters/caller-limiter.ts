import type { Store } from '@slipstream/persistence'
import { withinLimit } from '@slipstream/runtime'
import { RateLimiterMemory, RateLimiterMongo, RateLimiterRes } from 'rate-limiter-flexible'
import {
  type Allowance,
  type CallerLimiter,
  callerLimits,
  type Limit,
  type LimitedWork,
  limitedWorks,
} from '../domain/limits.ts'

export interface CallerLimiterOptions {
  connection: Store<'gateway'>['connection']
  /** All limits times this. */
  scale: number
  /** After so long the replica counts by itself. */
  storeWithinMs?: number | undefined
  facts: {
    /** Requests are counted by this replica alone: once when that begins. */
    countingAlone(error: unknown): void
    countingTogether(): void
  }
}

/** Longer than MongoDB takes for a write, shorter than a person notices. */
const defaultStoreWithinMs = 1_000

interface Consumed {
  standing: RateLimiterRes
  isSpent: boolean
}

/** @throws what went wrong with the store */
const consume = async (consuming: Promise<RateLimiterRes>): Promise<Consumed> => {
  try {
    return { standing: await consuming, isSpent: false }
  } catch (error) {
    if (error instanceof RateLimiterRes) return { standing: error, isSpent: true }
    throw error
  }
}

const toAllowance = (limit: Limit, { standing, isSpent }: Consumed): Allowance => ({
  ...limit,
  remaining: standing.remainingPoints,
  renewsInMs: Math.max(0, standing.msBeforeNext),
  isSpent,
})

/**
 * Counts in MongoDB, for all replicas together. Where a count cannot be written the replica counts by itself: a request that
 * would work is not refused because it could not be counted, and a flood still finds an end. Who is over a limit costs no write.
 */
export const createCallerLimiter = ({
  connection,
  scale,
  storeWithinMs = defaultStoreWithinMs,
  facts,
}: CallerLimiterOptions): CallerLimiter => {
  let isAlone = false

  const noteStore = (error: unknown): void => {
    if (error === null && isAlone) facts.countingTogether()
    if (error !== null && !isAlone) facts.countingAlone(error)
    isAlone = error !== null
  }

  const createCounter = (keyPrefix: string, { requests, seconds }: Limit) => {
    const limit = { requests: requests * scale, seconds }
    const counting = { keyPrefix, points: limit.requests, duration: seconds }
    const alone = new RateLimiterMemory(counting)
    const together = new RateLimiterMongo({
      ...counting,
      storeClient: connection.getClient(),
      dbName: connection.name,
      tableName: 'request_counts',
      disableIndexesCreation: true,
      inMemoryBlockOnConsumed: limit.requests + 1,
    })
    return async (key: string): Promise<Allowance> => {
      try {
        const consumed = await consume(withinLimit(together.consume(key), storeWithinMs))
        // Nothing was counted for who is refused from memory, so it says nothing of the store.
        if (consumed.standing.consumedPoints > 0) noteStore(null)
        return toAllowance(limit, consumed)
      } catch (error) {
        noteStore(error)
        return toAllowance(limit, await consume(alone.consume(key)))
      }
    }
  }

  const countersOf = (work: LimitedWork) => ({
    athlete: callerLimits[work].athlete.map((limit) => createCounter(`${work}-${limit.seconds}`, limit)),
    everybody: createCounter(`${work}-all`, callerLimits[work].everybody),
  })
  const counters = new Map(limitedWorks.map((work) => [work, countersOf(work)]))

  return {
    count: async (work, athleteId) => {
      const { athlete, everybody } = counters.get(work) ?? countersOf(work)
      const own: Allowance[] = []
      for (const count of athlete) {
        const allowance = await count(athleteId)
        own.push(allowance)
        // What is refused takes nothing away from the longer limits, nor from the others.
        if (allowance.isSpent) return { athlete: own, everybody: null }
      }
      return { athlete: own, everybody: await everybody('all') }
    },
  }
}
