import type { Clock, Secret } from '@slipstream/runtime'
import type { PushSubscriptions } from '@slipstream/strava'
import type { Subscriptions } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

export interface PushSubscriptionDeps {
  subscriptions: Subscriptions
  strava: PushSubscriptions
  clock: Clock
  /** What the addresses of this deployment begin with, also those that were given out before. */
  callbackBase: string
  /** Where Strava is to post to. */
  callbackUrl: string
  /** Whether another deployment's subscription gives way to this one's. */
  replacesForeign: boolean
  verifyToken: Secret
  facts: Pick<Facts, 'subscriptionMade' | 'subscriptionForeign' | 'subscriptionTaken' | 'subscriptionFailed'>
}

const hourMs = 60 * 60_000
const retryMs = 60_000
/** So long Strava may take to come with its challenge and to answer. */
const makingMs = 60_000

/**
 * Sees to it that Strava pushes to this deployment: looks once an hour, over all replicas, and makes the subscription where there is
 * none. One that posts to an address of before, as after a change of the path secret, is replaced; an app has one, so that what
 * happens in between is told by nobody and found by a turn. One that posts somewhere else is another deployment's, and left alone
 * unless an operator says otherwise. A failure is told and tried again.
 */
export const checkPushSubscription = (deps: PushSubscriptionDeps) => async (): Promise<void> => {
  const { subscriptions, strava, clock, callbackBase, callbackUrl, replacesForeign, verifyToken, facts } = deps
  const now = clock.now()
  const after = (ms: number) => new Date(now.getTime() + ms)
  if (!(await subscriptions.takeCheck(now, after(hourMs)))) return
  const before = await subscriptions.find()
  const known = (subscriptionId: string) =>
    subscriptions.set({
      ...{ subscriptionId, makingUntil: null },
      ...((before?.subscriptionId !== subscriptionId || !before.since) && { since: now }),
    })
  try {
    const found = await strava.find()
    if (found?.callbackUrl === callbackUrl) return await known(found.subscriptionId)
    const isForeign = found !== null && !found.callbackUrl.startsWith(callbackBase)
    if (isForeign && !replacesForeign) {
      facts.subscriptionForeign()
      return await subscriptions.set({ subscriptionId: null, makingUntil: null })
    }
    await subscriptions.set({ subscriptionId: null, makingUntil: after(makingMs) })
    if (isForeign) facts.subscriptionTaken()
    if (found) await strava.remove(found.subscriptionId)
    const subscriptionId = await strava.create({ callbackUrl, verifyToken })
    await known(subscriptionId)
    facts.subscriptionMade(subscriptionId)
  } catch (error) {
    facts.subscriptionFailed(error)
    await subscriptions.set({ nextCheckAt: after(retryMs) })
  }
}
