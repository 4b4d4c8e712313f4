import type { StravaSubscription } from '@slipstream/strava'
import type { Finding } from '../finding.ts'

export type SubscriptionFacts =
  /** Settings without which Strava is asked for no webhooks. */
  | { kind: 'not_set_up'; missing: readonly string[] }
  /** Strava's own webhooks need an https address. */
  | { kind: 'needs_https' }
  | { kind: 'looked'; found: StravaSubscription | null; publicUrl: string; callbackUrl: string; knownId: string | null }

const withoutWebhooks = 'new activities are found by the turns alone, an hour or more later'

/** The address holds a secret, so none of these sentences shows more of it than its origin. */
export const judgeSubscription = (facts: SubscriptionFacts): Finding[] => {
  switch (facts.kind) {
    case 'not_set_up':
      return [
        {
          code: 'webhooks_not_set_up',
          severity: 'warning',
          problem: `Strava is not asked for webhooks, as ${facts.missing.join(' and ')} ${facts.missing.length > 1 ? 'are' : 'is'} not set: ${withoutWebhooks}`,
          actor: 'operator',
          fix: `Set ${facts.missing.join(' and ')} to random texts (openssl rand -hex 24) in the gateway, and restart it.`,
        },
      ]
    case 'needs_https':
      return [
        {
          code: 'webhooks_need_https',
          severity: 'warning',
          problem: `Strava sends webhooks to https addresses only: ${withoutWebhooks}`,
          actor: 'operator',
          fix: 'Give the gateway an https PUBLIC_URL that Strava can reach.',
        },
      ]
    case 'looked':
      return judgeFound(facts)
  }
}

const judgeFound = ({
  found,
  publicUrl,
  callbackUrl,
  knownId,
}: Extract<SubscriptionFacts, { kind: 'looked' }>): Finding[] => {
  if (found === null) {
    return [
      {
        code: 'subscription_missing',
        severity: 'error',
        problem: `the app has no push subscription at Strava: ${withoutWebhooks}`,
        actor: 'operator',
        fix: 'Run slipstream webhooks create; the gateway also makes one at its start and within the hour.',
      },
    ]
  }
  if (found.callbackUrl === callbackUrl) {
    if (knownId === found.subscriptionId) return []
    return [
      {
        code: 'subscription_unknown',
        severity: 'warning',
        problem: 'the gateway does not know the push subscription that posts to it, and passes over its webhooks',
        actor: 'operator',
        fix: 'Run slipstream webhooks repair; the gateway also looks at its start and within the hour.',
      },
    ]
  }
  const origin = URL.canParse(found.callbackUrl) ? new URL(found.callbackUrl).origin : 'an address that is none'
  if (origin === publicUrl) {
    return [
      {
        code: 'subscription_old_address',
        severity: 'warning',
        problem: 'the push subscription posts to an address of this deployment that is not the present one',
        actor: 'operator',
        fix: 'Run slipstream webhooks repair; the gateway also replaces it at its start and within the hour.',
      },
    ]
  }
  return [
    {
      code: 'subscription_foreign',
      severity: 'error',
      problem: `another installation uses this app at Strava: its push subscription posts to ${origin}, and an app has one`,
      actor: 'operator',
      fix: 'Give each installation an app of its own. If that one is no longer wanted: slipstream webhooks repair --replace.',
    },
  ]
}
