export interface Timings {
  /** A token with less left than this is refreshed before use. */
  freshForMs: number
  /** More than twice the call timeout, so that a slow call ends well before its lease. */
  leaseMs: number
  callTimeoutMs: number
  /** Between two looks at a credential that another process refreshes. */
  pollMs: number
  /** How long to look; longer than a lease, so that a crashed holder is outlived. */
  waitMs: number
}

export const defaultTimings: Timings = {
  freshForMs: 10 * 60_000,
  leaseMs: 30_000,
  callTimeoutMs: 10_000,
  pollMs: 250,
  waitMs: 35_000,
}
