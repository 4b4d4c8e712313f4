/** Bounds the retries of one client as a share of its calls. */
export interface RetryBudget {
  /** A new call is made. */
  earn(): void
  /** True when one retry may be made; it is then paid for. */
  spend(): boolean
}

const priceOfRetry = 10
const burst = 5 * priceOfRetry

/**
 * One retry per ten calls, with a burst of five: single failures are retried at once, yet while Strava is down the
 * retries add a tenth to the calls instead of tripling them.
 */
export const createRetryBudget = (): RetryBudget => {
  let credit = burst
  return {
    earn: () => {
      credit = Math.min(burst, credit + 1)
    },
    spend: () => {
      if (credit < priceOfRetry) return false
      credit -= priceOfRetry
      return true
    },
  }
}
