import { createHash } from 'node:crypto'
import { newOneTimeSecret } from '@slipstream/runtime'
import { type Browser, type Consent, consent, createBrowser, locationOf } from './browser.ts'
import type { SignedIn, System } from './system.ts'

export const anna = 41_200_011
export const ben = 58_300_022
export const chris = 3_100_000_033

export const challengeOf = (verifier: string) => createHash('sha256').update(verifier).digest('base64url')

/** Asks for a link token in a browser; the cookie stays in it. */
export const askWeb = async (system: System, athlete: SignedIn, browser: Browser, body: object = {}) => {
  const response = await browser.visit(`${system.url}/api/v1/strava/link-token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${athlete.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ platform: 'web', ...body }),
  })
  return (await response.json()) as { linkToken: string; connectUrl: string }
}

/** Up to Strava's answer: the address Strava sends the browser to. */
export const walkToReturn = async (
  system: System,
  athlete: SignedIn,
  answer: Consent,
  browser: Browser = createBrowser(),
  body: object = {},
) => {
  const { connectUrl } = await askWeb(system, athlete, browser, body)
  const authorizeUrl = locationOf(await browser.visit(connectUrl))
  return { browser, back: await consent(browser, authorizeUrl, answer) }
}

/** The whole way in a browser: where the person ends. */
export const linkOnWeb = async (system: System, athlete: SignedIn, answer: Consent): Promise<string> => {
  const { browser, back } = await walkToReturn(system, athlete, answer)
  return locationOf(await browser.visit(back))
}

/** Up to the deep link, as an app with the system's browser would go. */
export const walkToDeepLink = async (athlete: SignedIn, answer: Consent, browser = createBrowser()) => {
  const codeVerifier = newOneTimeSecret()
  const { connectUrl } = await athlete.json('POST', '/api/v1/strava/link-token', {
    platform: 'mobile',
    codeChallenge: challengeOf(codeVerifier),
  })
  const authorizeUrl = locationOf(await browser.visit(connectUrl))
  const back = await consent(browser, authorizeUrl, answer)
  const deepLink = locationOf(await browser.visit(back))
  return {
    browser,
    authorizeUrl,
    back,
    deepLink,
    codeVerifier,
    result: new URL(deepLink).searchParams.get('result') ?? '',
  }
}

export const completeOnMobile = (athlete: SignedIn, result: string, codeVerifier: string) =>
  athlete.call('POST', '/api/v1/strava/callback', { result, codeVerifier })

export const linkCount = ({ store }: System) => store.collections.links.countDocuments()

export const tokenCalls = ({ strava }: System) =>
  strava.control.calls().calls.filter(({ endpoint }) => endpoint === 'token').length

/** Removes all links and forgets all grants, for the next case. */
export const forgetLinks = async ({ store, strava }: System) => {
  await store.collections.links.deleteMany({})
  await store.collections.credentials.deleteMany({})
  await store.collections.accounts.deleteMany({ isHeld: { $exists: true } })
  await store.collections.linkTransactions.deleteMany({})
  await store.collections.receipts.deleteMany({})
  strava.control.reset()
}

/** As if those who are at Strava now had stayed there for too long; Strava's codes go by a clock of their own. */
export const passAuthorizeDeadline = async ({ store, clock }: System) => {
  await store.collections.linkTransactions.updateMany({ step: 'authorizing' }, { $set: { expiresAt: clock.now() } })
}

/** As if the time had passed after which a revocation that failed is tried again: it goes by the server's clock. */
export const passRevocationPause = async ({ store }: System) => {
  await store.collections.accounts.updateMany({ owed: { $ne: null } }, { $set: { 'owed.nextTryAt': new Date() } })
}
