import type { SubscriptionCheck } from '@slipstream/contracts'
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
/** So long a look takes at most: one that crashed is taken over. */
const leaseMs = 90_000

/** Strava refuses an address without TLS, so it is not even asked. */
export const canSubscribe = ({ publicUrl, apiBaseUrl }: { publicUrl: string; apiBaseUrl: string }): boolean =>
  publicUrl.startsWith('https:') || new URL(apiBaseUrl).hostname !== 'www.strava.com'

export interface SubscriptionKeeper {
  sweep(): Promise<void>
  /** For an operator who does not want to wait for the hour. `busy`: a replica is at it. @throws StravaError */
  checkNow(wish: { replacesForeign: boolean }): Promise<SubscriptionCheck['outcome']>
}

/**
 * Sees to it that Strava pushes to this deployment: looks at each start, and once an hour over all replicas, and makes the
 * subscription where there is none. One that posts to an address of before, as after a change of the path secret, is replaced; an
 * app has one, so that what happens in between is told by nobody and found by a turn. One that posts somewhere else is another
 * deployment's, and left alone unless an operator says otherwise. A failure is told and tried again.
 */
export const createSubscriptionKeeper = (deps: PushSubscriptionDeps): SubscriptionKeeper => {
  const { subscriptions, strava, clock, callbackBase, callbackUrl, replacesForeign, verifyToken, facts } = deps
  const after = (ms: number) => new Date(clock.now().getTime() + ms)
  const known = async (subscriptionId: string): Promise<void> => {
    const before = await subscriptions.find()
    await subscriptions.set({
      ...{ subscriptionId, makingUntil: null, nextCheckAt: after(hourMs) },
      ...((before?.subscriptionId !== subscriptionId || !before.since) && { since: clock.now() }),
    })
  }
  const look = async (replaces: boolean): Promise<'kept' | 'made' | 'foreign'> => {
    const found = await strava.find()
    if (found?.callbackUrl === callbackUrl) {
      await known(found.subscriptionId)
      return 'kept'
    }
    const isForeign = found !== null && !found.callbackUrl.startsWith(callbackBase)
    if (isForeign && !replaces) {
      facts.subscriptionForeign()
      await subscriptions.set({ subscriptionId: null, makingUntil: null, nextCheckAt: after(hourMs) })
      return 'foreign'
    }
    await subscriptions.set({ subscriptionId: null, makingUntil: after(makingMs) })
    if (isForeign) facts.subscriptionTaken()
    if (found) await strava.remove(found.subscriptionId)
    const subscriptionId = await strava.create({ callbackUrl, verifyToken })
    await known(subscriptionId)
    facts.subscriptionMade(subscriptionId)
    return 'made'
  }
  const lookOrTryAgain = async (replaces: boolean) => {
    try {
      return await look(replaces)
    } catch (error) {
      facts.subscriptionFailed(error)
      await subscriptions.set({ nextCheckAt: after(retryMs) })
      throw error
    }
  }
  /** Not waited for unless somebody is at it. */
  const takeNow = () => subscriptions.takeCheck(clock.now(), { until: after(leaseMs), notBeyond: after(leaseMs) })

  let isFirst = true
  return {
    sweep: async () => {
      // At a start the settings may be others than at the last look.
      const isTaken = isFirst
        ? takeNow()
        : subscriptions.takeCheck(clock.now(), { until: after(leaseMs), notBeyond: null })
      if (!(await isTaken)) return
      isFirst = false
      // Told already, and tried again.
      await lookOrTryAgain(replacesForeign).catch(() => {})
    },
    checkNow: async (wish) =>
      (await takeNow()) ? await lookOrTryAgain(wish.replacesForeign || replacesForeign) : 'busy',
  }
}
