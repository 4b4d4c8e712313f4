import type { Secret } from '@slipstream/runtime'
import { z } from 'zod'
import { attempt, type TransportOptions } from './attempt.ts'
import { idSchema, readJsonWith } from './lenient.ts'

/** Where Strava posts what happens to the app's athletes; an app has at most one. */
export interface StravaSubscription {
  subscriptionId: string
  callbackUrl: string
}

/** Outside the quota and without a token: these calls carry the app's own credentials. Every method throws StravaError. */
export interface PushSubscriptions {
  find(): Promise<StravaSubscription | null>
  /** Strava calls the address with a challenge before it answers. */
  create(options: { callbackUrl: string; verifyToken: Secret }): Promise<string>
  remove(subscriptionId: string): Promise<void>
}

const subscriptionSchema = z
  .object({ id: idSchema, callback_url: z.string() })
  .transform(({ id, callback_url }): StravaSubscription => ({ subscriptionId: id, callbackUrl: callback_url }))

const readAll = readJsonWith(z.array(subscriptionSchema))
const readCreated = readJsonWith(z.object({ id: idSchema }).transform(({ id }) => id))

/** Source: https://developers.strava.com/docs/webhooks/ */
export const createPushSubscriptions = (
  options: TransportOptions & { baseUrl: string; clientId: string; clientSecret: Secret },
): PushSubscriptions => {
  const { baseUrl, clientId, clientSecret, ...transport } = options
  const url = `${baseUrl.replace(/\/+$/, '')}/push_subscriptions`
  const credentials = () => ({ client_id: clientId, client_secret: clientSecret.reveal() })
  // Strava takes them in the query alone where there is no body; the address is in no error and no log.
  const query = () => new URLSearchParams(credentials())
  const shared = { endpoint: 'subscription', signal: undefined } as const
  return {
    find: async () => {
      const request = { ...shared, url: `${url}?${query()}`, init: {}, read: readAll }
      return (await attempt(request, transport)).data[0] ?? null
    },
    create: async ({ callbackUrl, verifyToken }) => {
      const form = { ...credentials(), callback_url: callbackUrl, verify_token: verifyToken.reveal() }
      const init = { method: 'POST', body: new URLSearchParams(form) }
      return (await attempt({ ...shared, url, init, read: readCreated }, transport)).data
    },
    remove: async (subscriptionId) => {
      const init = { method: 'DELETE' }
      const address = `${url}/${encodeURIComponent(subscriptionId)}?${query()}`
      await attempt({ ...shared, url: address, init, read: () => ({ data: null }) }, transport)
    },
  }
}
