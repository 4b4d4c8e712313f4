import type { Logger, Metrics } from '@slipstream/telemetry'

/** What happens to tokens, in the log and the metrics of every service that refreshes them. */
export const createTokenFacts = (log: Logger, metrics: Metrics) => {
  const refreshes = metrics.counter<'outcome'>({
    name: 'slipstream_token_refresh_total',
    help: 'Token refreshes by outcome.',
    labelNames: ['outcome'],
  })
  return {
    tokenRefreshed: (outcome: string) => {
      refreshes.inc({ outcome })
    },
    tokensNotStoredYet: (linkId: string, error: unknown, attempt: number) => {
      if (attempt === 1) log.warn({ linkId, err: error }, 'refreshed tokens could not be stored, tried until they are')
    },
    tokenSealed: (linkId: string, error: unknown) => {
      log.error({ linkId, err: error }, 'stored tokens cannot be opened: a key is missing from TOKEN_KEYS')
    },
    ledgerNotTold: (error: unknown) => {
      log.warn({ err: error }, 'the quota ledger was not told of a token call')
    },
  }
}
