import type { Logger, Metrics } from '@slipstream/telemetry'
import type { LoggedCall } from './state/call-log.ts'

/** What is worth telling about a simulation: one function per fact, log line and metric together. */
export interface Facts {
  started(url: string): void
  stravaCalled(call: LoggedCall): void
  consented(account: string, decision: 'allow' | 'deny' | 'full'): void
  webhookDelivered(outcome: 'delivered' | 'given_up' | 'lost', aspect: string): void
  failed(error: unknown): void
  stateSetAside(keptAs: string, reason: string): void
  stateNotSaved(error: unknown): void
}

/** `metrics` is null where nobody scrapes (a simulator inside a test). */
export const createFacts = (logger: Logger, metrics: Metrics | null): Facts => {
  const calls = metrics?.counter({
    name: 'slipstream_simulator_calls_total',
    help: 'Calls that reached the simulated Strava, by endpoint and status (0: connection cut)',
    labelNames: ['endpoint', 'status'],
  })
  const webhooks = metrics?.counter({
    name: 'slipstream_simulator_webhooks_total',
    help: 'Webhook events the simulated Strava sent, by outcome',
    labelNames: ['outcome'],
  })
  return {
    started: (url) => logger.info({ url }, 'simulator ready'),
    stravaCalled: ({ endpoint, method, path, status, account }) => {
      calls?.inc({ endpoint, status: String(status) })
      logger.debug({ endpoint, method, path, status, account }, 'strava call')
    },
    consented: (account, decision) => logger.info({ account, decision }, 'consent page answered'),
    webhookDelivered: (outcome, aspect) => {
      webhooks?.inc({ outcome })
      logger.debug({ outcome, aspect }, 'webhook event')
    },
    failed: (error) => logger.error({ err: error }, 'request failed'),
    stateSetAside: (keptAs, reason) =>
      logger.warn({ keptAs, reason }, 'state file cannot be used, starting without it'),
    stateNotSaved: (error) => logger.error({ err: error }, 'state not saved'),
  }
}
