/** How the pauses between tries of the same thing grow; each loop that tries again has one, beside its reason. */
export interface Backoff {
  /** After the first failure. */
  firstMs: number
  /** No pause grows beyond this. */
  longestMs: number
  /** Each pause is so many times the one before. Default 2. */
  factor?: number
  /** The share of a pause, 0 to 1, that chance may take off, so that what failed together is not tried together. Default 0. */
  spread?: number
}

/**
 * How long to wait before the next try, in whole milliseconds.
 * @param failures tries that failed in a row, from 1
 * @param random in [0, 1); only used where the pauses are spread
 */
export const backoffMs = (backoff: Backoff, failures: number, random = 0): number => {
  const { firstMs, longestMs, factor = 2, spread = 0 } = backoff
  const fullMs = Math.min(longestMs, firstMs * factor ** (failures - 1))
  return Math.round(fullMs * (1 - random * spread))
}

/** When to try again after a failure at that time; the rest as in `backoffMs`. */
export const backoffUntil = (failedAt: Date, backoff: Backoff, failures: number, random = 0): Date =>
  new Date(failedAt.getTime() + backoffMs(backoff, failures, random))
