import type { Transition } from '@slipstream/quota'
import type { StravaCall } from '@slipstream/strava'
import type { Logger, Metrics } from '@slipstream/telemetry'
import { describeTransition } from './operator-line.ts'

/** What happens at the one way to Strava, in the log and the metrics of every service that calls it. */
export const createGateFacts = (log: Logger, metrics: Metrics) => {
  const requests = metrics.histogram<'endpoint' | 'outcome'>({
    name: 'slipstream_strava_request_duration_seconds',
    help: 'Duration of one HTTP attempt at Strava.',
    labelNames: ['endpoint', 'outcome'],
  })
  const refreshes = metrics.counter<'outcome'>({
    name: 'slipstream_token_refresh_total',
    help: 'Token refreshes by outcome.',
    labelNames: ['outcome'],
  })
  const unusableKeys = metrics.gauge<'kid'>({
    name: 'slipstream_token_keys_unusable',
    help: '1 for each key under which this process has met stored tokens that it cannot open.',
    labelNames: ['kid'],
  })
  return {
    /** An attempt that fails may be made again; who gives up says so. */
    stravaCalled: ({ endpoint, outcome, seconds }: StravaCall) => {
      requests.observe({ endpoint, outcome }, seconds)
      if (outcome === 'wrong_athlete')
        log.error({ endpoint }, 'Strava answered with what is of another athlete, nothing of it is stored')
      else if (outcome !== 'ok') log.debug({ endpoint, outcome }, 'an attempt at Strava failed')
    },
    ledgerChanged: (transition: Transition) => {
      const { level, fields, message } = describeTransition(transition)
      log[level](fields, message)
    },
    tokenRefreshed: (outcome: string) => {
      refreshes.inc({ outcome })
    },
    tokensNotStoredYet: (linkId: string, error: unknown, attempt: number) => {
      if (attempt === 1) log.warn({ linkId, err: error }, 'refreshed tokens could not be stored, tried until they are')
    },
    keyUnusable: (kid: string, error: unknown) => {
      unusableKeys.set({ kid }, 1)
      log.error(
        { kid, err: error },
        'stored tokens cannot be opened: their key is missing from TOKEN_KEYS, or is another',
      )
    },
    keyUnused: (kid: string) => {
      unusableKeys.set({ kid }, 0)
      log.warn({ kid }, 'nothing is sealed any more under the key that could not be used')
    },
    tokensResealed: ({ fromKid, count }: { fromKid: string; count: number }) => {
      log.info({ fromKid, count }, 'tokens moved to the first key of TOKEN_KEYS')
    },
    ledgerNotTold: (error: unknown) => {
      log.warn({ err: error }, 'the quota ledger was not told of a token call')
    },
  }
}
