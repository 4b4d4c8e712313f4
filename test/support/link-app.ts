import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { consent, cookiesOf, locationOf } from '@slipstream/local'
import {
  type Browser,
  createLinkApi,
  createStravaLinkService,
  type LinkPorts,
  type StravaLinkService,
} from '@slipstream/react-native/service'
import type { AppHost } from './mobile-app.ts'

export const deepLink = 'coachai://oauth/strava'

/** A person's phone: what is stored on it outlives the app, which is opened as often as is wanted. */
export interface Phone {
  stored: Map<string, string>
  /** Starts the app, as after a kill: it knows what is stored, and nothing else. */
  openApp(options?: { browser?: Browser; fetch?: typeof fetch }): StravaLinkService
  /** A browser that goes to Strava, chooses there, and comes back with the deep link. */
  browserThat(decision: 'allow' | 'deny'): Browser
}

/** `account` is signed in to the app, and to Strava in the phone's browser. */
export const newPhone = async ({ endpoints, control }: AppHost, account: string): Promise<Phone> => {
  const token = await control.tokenFor(account)
  const { stravaAthleteId } = await control.athlete(account)
  const stored = new Map<string, string>()

  const ports: Omit<LinkPorts, 'api' | 'browser'> = {
    crypto: {
      newSecret: async () => randomBytes(32).toString('base64url'),
      sha256: async (text) => createHash('sha256').update(text).digest('base64url'),
    },
    storage: {
      get: async (key) => stored.get(key) ?? null,
      set: async (key, value) => void stored.set(key, value),
      remove: async (key) => void stored.delete(key),
    },
    clock: { now: () => Date.now(), wait: (milliseconds) => wait(milliseconds) },
  }

  const browserThat = (decision: 'allow' | 'deny'): Browser => ({
    open: async (connectUrl) => {
      const connect = await fetch(connectUrl, { redirect: 'manual' })
      const returnUrl = await consent(locationOf(connect, '/connect'), { stravaAthleteId, decision })
      const callback = await fetch(returnUrl, { redirect: 'manual', headers: { cookie: cookiesOf(connect) } })
      return { kind: 'returned', url: locationOf(callback, '/callback') }
    },
  })

  return {
    stored,
    browserThat,
    openApp: ({ browser = browserThat('allow'), fetch = globalThis.fetch } = {}) => {
      const api = createLinkApi({ baseUrl: endpoints.gatewayUrl, getToken: async () => token, fetch })
      return createStravaLinkService({ api, browser, ...ports }, { returnUrl: deepLink })
    },
  }
}
