/** All in milliseconds. Only tests set other values, all shortened by the same factor. */
export interface Timings {
  /** A token with less left than this is refreshed before use. */
  freshForMs: number
  /** How long a refresh keeps others from refreshing the same token. */
  leaseMs: number
  /** How long those wait who asked for the token; the refresh itself goes on. */
  callerWaitMs: number
  /** Between two looks at what another process does. */
  pollMs: number
  /** How long to look; longer than a lease, so that a crashed holder is outlived. */
  waitMs: number
  /** Between two tries to store a pair, at most. */
  storePauseMs: number
  /** For so long the same refusal that explains nothing is borne; then the grant counts as dead. */
  unexplainedMs: number
  /** For so long a revocation waits for a key that opens its tokens; then it is given up. */
  unreadableMs: number
  /** How long one try to revoke keeps others from trying; its call leaves in the first half of it. */
  revokeLeaseMs: number
  /** The row of an account nobody holds is kept this long after the last: no refresh can be under way any more then. */
  accountKeptMs: number
}

export const defaultTimings: Timings = {
  freshForMs: 10 * 60_000,
  leaseMs: 30_000,
  callerWaitMs: 10_000,
  pollMs: 250,
  waitMs: 35_000,
  storePauseMs: 2_000,
  unexplainedMs: 24 * 3_600_000,
  unreadableMs: 24 * 3_600_000,
  revokeLeaseMs: 30_000,
  accountKeptMs: 10 * 60_000,
}
