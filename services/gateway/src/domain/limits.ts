/** So many requests in so many seconds, counted from the first of them. */
export interface Limit {
  requests: number
  seconds: number
}

interface CallerLimits {
  /** Of one athlete; each of them holds. */
  athlete: readonly [Limit, ...Limit[]]
  /** Of all athletes together. */
  everybody: Limit
}

const minute = 60
const hour = 3_600

/**
 * How often may be asked for what costs much: more than a person needs, also one in trouble or with several devices; far less
 * than a program in a loop asks for. `sync` comes on top of the athlete's share of Strava's quota.
 */
export const callerLimits = {
  linkToken: {
    athlete: [
      { requests: 10, seconds: minute },
      { requests: 60, seconds: hour },
    ],
    everybody: { requests: 1_200, seconds: minute },
  },
  completion: {
    athlete: [
      { requests: 20, seconds: minute },
      { requests: 120, seconds: hour },
    ],
    everybody: { requests: 1_200, seconds: minute },
  },
  sync: {
    athlete: [
      { requests: 20, seconds: minute },
      { requests: 120, seconds: hour },
    ],
    everybody: { requests: 3_000, seconds: minute },
  },
  export: {
    athlete: [
      { requests: 5, seconds: minute },
      { requests: 30, seconds: hour },
    ],
    everybody: { requests: 120, seconds: minute },
  },
} as const satisfies Record<string, CallerLimits>

export type LimitedWork = keyof typeof callerLimits
export const limitedWorks = Object.keys(callerLimits) as LimitedWork[]

/** What is left of one limit. */
export interface Allowance extends Limit {
  remaining: number
  renewsInMs: number
  isSpent: boolean
}

/** Where each of several limits stands once a request was counted. */
export interface Counted {
  athlete: readonly Allowance[]
  /** Null: not counted there, since a limit of the athlete is spent. */
  everybody: Allowance | null
}

/** Counts a request, and tells where its limits stand. */
export interface CallerLimiter {
  count(work: LimitedWork, athleteId: string): Promise<Counted>
}

const nameOf = ({ seconds }: Limit): string => `athlete-${seconds}s`

/**
 * The fields of draft-ietf-httpapi-ratelimit-headers-10: what holds for the athlete, and how much is left. What all do
 * together is nobody's to know.
 */
export const rateLimitFields = ({ athlete }: Counted): { 'RateLimit-Policy': string; RateLimit: string } => ({
  'RateLimit-Policy': athlete.map((limit) => `"${nameOf(limit)}";q=${limit.requests};w=${limit.seconds}`).join(', '),
  RateLimit: athlete
    .map((limit) => `"${nameOf(limit)}";r=${limit.remaining};t=${Math.ceil(limit.renewsInMs / 1000)}`)
    .join(', '),
})

/** When asking again makes sense: when the last of the spent limits renews itself. Null while none is spent. */
export const retryAfterMsOf = ({ athlete, everybody }: Counted): number | null => {
  const spent = [...athlete, everybody].filter((limit) => limit !== null).filter(({ isSpent }) => isSpent)
  return spent.length === 0 ? null : Math.max(...spent.map(({ renewsInMs }) => renewsInMs))
}
