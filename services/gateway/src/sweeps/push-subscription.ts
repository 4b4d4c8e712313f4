import type { Clock, Secret } from '@slipstream/runtime'
import type { PushSubscriptions } from '@slipstream/strava'
import type { Subscriptions } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

export interface PushSubscriptionDeps {
  subscriptions: Subscriptions
  strava: PushSubscriptions
  clock: Clock
  /** Where Strava is to post to: the first is asked for, the others are accepted while they are replaced. */
  callbackUrls: readonly string[]
  verifyToken: Secret
  facts: Pick<Facts, 'subscriptionMade' | 'subscriptionForeign' | 'subscriptionFailed'>
}

const hourMs = 60 * 60_000
const retryMs = 60_000
/** So long Strava may take to come with its challenge and to answer. */
const makingMs = 60_000

/**
 * Sees to it that Strava pushes to this deployment: looks once an hour, over all replicas, and makes the subscription where there is
 * none. One that posts somewhere else is another deployment's, and left alone. A failure is told and tried again.
 */
export const checkPushSubscription =
  ({ subscriptions, strava, clock, callbackUrls, verifyToken, facts }: PushSubscriptionDeps) =>
  async (): Promise<void> => {
    const now = clock.now()
    const after = (ms: number) => new Date(now.getTime() + ms)
    if (!(await subscriptions.takeCheck(now, after(hourMs)))) return
    const [callbackUrl = ''] = callbackUrls
    const before = await subscriptions.find()
    const known = (subscriptionId: string) =>
      subscriptions.set({
        ...{ subscriptionId, makingUntil: null },
        ...((before?.subscriptionId !== subscriptionId || !before.since) && { since: now }),
      })
    try {
      const found = await strava.find()
      if (found && !callbackUrls.includes(found.callbackUrl)) {
        facts.subscriptionForeign()
        return await subscriptions.set({ subscriptionId: null, makingUntil: null })
      }
      if (found) return await known(found.subscriptionId)
      await subscriptions.set({ subscriptionId: null, makingUntil: after(makingMs) })
      const subscriptionId = await strava.create({ callbackUrl, verifyToken })
      await known(subscriptionId)
      facts.subscriptionMade(subscriptionId)
    } catch (error) {
      facts.subscriptionFailed(error)
      await subscriptions.set({ nextCheckAt: after(retryMs) })
    }
  }
