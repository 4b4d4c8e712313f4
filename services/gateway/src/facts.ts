import { type ErrorCode, errorCatalogue } from '@slipstream/contracts'
import { createGateFacts } from '@slipstream/gate'
import type { SignatureResult } from '@slipstream/strava'
import type { Logger, Metrics } from '@slipstream/telemetry'
import type { LinkPlatform } from './handlers/link-flow.ts'
import type { WebhookOutcome } from './handlers/store-webhook.ts'
import type { Answered } from './http/observe.ts'
import type { GrantEnd } from './sweeps/revocations.ts'

/** Business facts of the gateway: what happened, once in the log and once in the metrics. No secret, no address, no name. */
export type Facts = ReturnType<typeof createFacts>

export const createFacts = (log: Logger, metrics: Metrics) => {
  const requestDuration = metrics.histogram<'route' | 'method' | 'status'>({
    name: 'slipstream_http_request_duration_seconds',
    help: 'Time to answer a request; for event streams, to begin one.',
    labelNames: ['route', 'method', 'status'],
  })
  const linkAttempts = metrics.counter<'platform' | 'outcome'>({
    name: 'slipstream_link_attempts_total',
    help: 'Ended attempts to link: `linked`, `renewed`, or the code of the error shown.',
    labelNames: ['platform', 'outcome'],
  })
  const webhooks = metrics.counter<'kind' | 'outcome'>({
    name: 'slipstream_webhooks_total',
    help: 'Webhooks of Strava by what they speak of and what became of them.',
    labelNames: ['kind', 'outcome'],
  })
  const webhookAck = metrics.histogram({
    name: 'slipstream_webhook_ack_duration_seconds',
    help: 'From the arrival of a webhook to its answer; Strava waits for 2 s.',
    labelNames: [],
  })
  const signatures = metrics.counter<'result'>({
    name: 'slipstream_webhook_signatures_total',
    help: 'Webhooks of Strava by what their signature shows.',
    labelNames: ['result'],
  })
  return {
    ...createGateFacts(log, metrics),
    webhookReceived: (kind: string, outcome: WebhookOutcome, seconds: number) => {
      webhooks.inc({ kind, outcome })
      webhookAck.observe({}, seconds)
      log.info({ kind, outcome }, 'webhook received')
    },
    webhookSigned: (result: SignatureResult) => {
      signatures.inc({ result })
    },
    subscriptionMade: (subscriptionId: string) => log.info({ subscriptionId }, 'Strava pushes to this deployment now'),
    subscriptionForeign: () =>
      log.warn(
        'the push subscription of the app posts to another deployment and is left alone: no webhooks come here, unless STRAVA_WEBHOOK_REPLACE_SUBSCRIPTION says so',
      ),
    subscriptionTaken: () =>
      log.warn('the push subscription of another deployment is replaced, as STRAVA_WEBHOOK_REPLACE_SUBSCRIPTION says'),
    subscriptionFailed: (error: unknown) =>
      log.warn({ err: error }, 'the push subscription could not be looked after, tried again in a minute'),
    answered: ({ route, method, status, seconds }: Answered) => {
      requestDuration.observe({ route, method, status }, seconds)
      log.debug({ route, method, status, durationMs: Math.round(seconds * 1000) }, 'request answered')
    },
    requestFailed: (code: string, error: unknown) => {
      if (code === 'internal_error') log.error({ err: error, problem: code }, 'request failed')
      else log.warn({ err: error, problem: code }, 'request could not be served')
    },
    linked: ({ platform, linkId, renewed }: { platform: LinkPlatform; linkId: string; renewed: boolean }) => {
      linkAttempts.inc({ platform, outcome: renewed ? 'renewed' : 'linked' })
      log.info({ platform, linkId, renewed }, 'athlete linked')
    },
    linkRefused: ({ platform, code, error }: { platform: LinkPlatform; code: ErrorCode; error: unknown }) => {
      linkAttempts.inc({ platform, outcome: code })
      if (errorCatalogue[code].status >= 500) log.warn({ platform, problem: code, err: error }, 'linking failed')
      else log.info({ platform, problem: code }, 'linking refused')
    },
    browserChanged: () => log.info('a mobile return came in another browser than the one that left'),
    grantLeftAtStrava: (error: unknown) =>
      log.warn(
        { err: error },
        'a grant that nothing came of may be left at Strava: only its athlete can end it there, or connect again',
      ),
    grantTakenBack: (fact: { attemptId: string; isRevocationOwed: boolean }) =>
      log.info(fact, 'unclaimed grant taken back'),
    tokenUnreadable: (linkId: string, error: Error) =>
      log.error({ linkId, err: error }, 'tokens were deleted without revoking their grant: they could not be opened'),
    revokedAtStrava: (fact: { linkId: string; receiptId: string }) =>
      log.info(fact, 'the athlete has revoked the app at Strava, link ended'),
    unlinkAsked: ({ receiptId, linkId }: { receiptId: string; linkId: string }) =>
      log.info({ receiptId, linkId }, 'athlete unlinked'),
    revocationSettled: (fact: { linkId: string; result: GrantEnd }) => log.info(fact, 'grant of an ended link settled'),
    reauthRequired: ({ linkId, code }: { linkId: string; code: string }) =>
      log.info({ linkId, problem: code }, 'link needs a new consent'),
    dataOutdated: (fact: { linkId: string; receiptId: string }) =>
      log.info(fact, 'the grant has been dead for too long to keep what came under it, receipt opened'),
    grantRevived: (fact: { linkId: string }) => log.info(fact, 'link is active again: its grant came back'),
    /** One row of a sweep, which goes on to the next. */
    rowFailed: (task: string, error: unknown) =>
      log.warn({ task, err: error }, 'work of a sweep failed, tried again later'),
    countingAlone: (error: unknown) =>
      log.warn({ err: error }, 'requests cannot be counted in MongoDB; each replica counts by itself'),
    countingTogether: () => log.info('requests are counted in MongoDB again'),
    answerNotKept: (error: unknown) =>
      log.warn({ err: error }, 'an answer could not be kept; the same request would be worked on again'),
    streamFailed: (error: unknown) => log.warn({ err: error }, 'event stream ended'),
    issuerUnavailable: (error: unknown) => log.warn({ err: error }, 'keys of the issuer could not be fetched'),
  }
}
