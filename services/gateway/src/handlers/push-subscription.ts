import { type SubscriptionCheck, subscriptionRequestSchema } from '@slipstream/contracts'
import { StravaError } from '@slipstream/strava'
import { RefusalError } from '../domain/refusal.ts'
import { readBody } from '../http/read.ts'
import type { OperatorRoute } from '../http/route.ts'
import type { SubscriptionKeeper } from '../sweeps/push-subscription.ts'

export interface SubscriptionDeps {
  /** Null where this deployment has no settings for webhooks, or no address that Strava could post to. */
  subscriptionKeeper: Pick<SubscriptionKeeper, 'checkNow'> | null
}

/** Looks at once instead of within the hour; for an operator who has put something right. */
export const pushSubscriptionRoute = ({ subscriptionKeeper }: SubscriptionDeps): OperatorRoute => ({
  method: 'put',
  path: '/api/v1/operator/push-subscription',
  access: 'operator',
  handle: async (request, response) => {
    const { replacesForeign } = readBody(subscriptionRequestSchema, request)
    if (!subscriptionKeeper) throw new RefusalError('app_misconfigured')
    try {
      response.json({ outcome: await subscriptionKeeper.checkNow({ replacesForeign }) } satisfies SubscriptionCheck)
    } catch (error) {
      throw error instanceof StravaError ? new RefusalError('strava_unavailable', [], { cause: error }) : error
    }
  },
})
