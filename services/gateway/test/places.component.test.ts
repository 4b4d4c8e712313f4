import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { consent, createBrowser, locationOf } from './support/browser.ts'
import {
  anna,
  askWeb,
  ben,
  forgetLinks,
  linkOnWeb,
  passAuthorizeDeadline,
  passRevocationPause,
  walkToDeepLink,
  walkToReturn,
} from './support/linking.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

/**
 * Strava lets one athlete link. Whatever became of the first one's grant, the next athlete never meets Strava's own page about
 * that: a place is free, or we say that it is not.
 */

let system: System
let first: SignedIn
let next: SignedIn
const lasting = { claims: { exp: Math.floor(Date.now() / 1000) + 86_400 } }
beforeAll(async () => {
  system = await startSystem({ env: { STRAVA_ATHLETE_LIMIT: '1' }, strava: { athleteLimit: 1 } })
  first = await system.signIn('anna', lasting)
  next = await system.signIn('ben', lasting)
})
afterEach(() => forgetLinks(system))
afterAll(() => system.stop())

const comesBack = async (
  answer: Parameters<typeof walkToReturn>[2],
  between: (walk: Awaited<ReturnType<typeof walkToReturn>>) => unknown = () => {},
) => {
  const walk = await walkToReturn(system, first, answer)
  await between(walk)
  return locationOf(await walk.browser.visit(walk.back))
}

/** Makes every write of a link fail, as no refusal of ours does. */
const refuseLinks = (isOn: boolean) =>
  system.store.connection.db!.command({
    collMod: 'links',
    validator: isOn ? { neverThere: true } : {},
  })

const askAgain = (headers = {}) => next.call('POST', '/api/v1/strava/link-token', { platform: 'web' }, headers)

/** Goes to Strava as soon as there is a way. */
const linkNext = async () => {
  // The key of a request that found no place is as good as a new one when there is one.
  const headers = { 'idempotency-key': randomUUID() }
  await vi.waitFor(
    async () => {
      await passRevocationPause(system)
      const answer = await askAgain(headers)
      if (answer.status !== 201) expect(await answer.json()).toMatchObject({ code: 'app_full' })
      expect(answer.status).toBe(201)
    },
    { timeout: 10_000 },
  )
  return await linkOnWeb(system, next, { athlete: ben })
}

const ways: [string, string, () => Promise<string>][] = [
  ['a permission was unticked', 'code=scope_missing', () => comesBack({ athlete: anna, scopes: [] })],
  [
    'a permission was unticked, which Strava did not say',
    'code=scope_missing',
    () => {
      system.strava.control.setFaults({ behaviour: { scopeInReturn: false } })
      return comesBack({ athlete: anna, scopes: [] })
    },
  ],
  [
    'a permission was unticked in the app',
    'error=scope_missing',
    async () => (await walkToDeepLink(first, { athlete: anna, scopes: [] })).deepLink,
  ],
  ['it came too late', 'code=link_expired', () => comesBack({ athlete: anna }, () => passAuthorizeDeadline(system))],
  [
    'its state was used',
    'code=link_token_invalid',
    async () => {
      const browser = createBrowser()
      const authorizeUrl = locationOf(await browser.visit((await askWeb(system, first, browser)).connectUrl))
      await browser.visit(await consent(browser, authorizeUrl, { athlete: anna, scopes: [] }))
      return locationOf(await browser.visit(await consent(browser, authorizeUrl, { athlete: anna })))
    },
  ],
  [
    'the answer was lost before the code was spent, and Strava stayed away',
    'code=strava_unavailable',
    async () => {
      system.strava.control.setFaults({ rules: [{ endpoint: 'token', effect: { kind: 'status', status: 503 } }] })
      const end = await comesBack({ athlete: anna })
      system.strava.control.clearFaults()
      // Codes that nobody exchanges are forgotten by Strava.
      system.clock.advance(5 * 60_000 + 1_000)
      return end
    },
  ],
  [
    'the athlete never came back to the app',
    'result=',
    async () => {
      const { deepLink } = await walkToDeepLink(first, { athlete: anna })
      expect((await askAgain()).status).toBe(409)
      system.clock.advance(5 * 60_000 + 1_000)
      return deepLink
    },
  ],
  [
    'something broke here after the exchange',
    'code=internal_error',
    async () => {
      await refuseLinks(true)
      const end = await comesBack({ athlete: anna })
      await refuseLinks(false)
      expect((await askAgain()).status).toBe(409)
      system.clock.advance(6 * 60_000 + 1_000)
      return end
    },
  ],
]

test.each(ways)('%s: the place is free again', async (_what, end, give) => {
  expect(await give()).toContain(end)
  expect(await linkNext()).toContain('strava=linked')
})

test('a link that ended at Strava and one that the athlete ended leave the place, too', async () => {
  expect(await linkOnWeb(system, first, { athlete: anna })).toContain('strava=linked')
  await first.call('DELETE', '/api/v1/strava/link')
  expect(await linkNext()).toContain('strava=linked')
})

test('the places taken and the places there are can be watched', async () => {
  const gauge = async (name: string) => {
    const metrics = await (await fetch(`${system.opsUrl}/metrics`)).text()
    return Number(new RegExp(`^${name}\\{.*\\} (\\S+)$`, 'm').exec(metrics)?.[1])
  }
  expect(await gauge('slipstream_slots_limit')).toBe(1)
  expect(await gauge('slipstream_slots_used')).toBe(0)
  await linkOnWeb(system, first, { athlete: anna })
  expect(await gauge('slipstream_slots_used')).toBe(1)
  // Strava does not answer: the athlete is gone from here and not from there.
  system.strava.control.setFaults({ rules: [{ endpoint: 'revoke', effect: { kind: 'status', status: 503 } }] })
  expect((await first.call('DELETE', '/api/v1/strava/link')).status).toBe(202)
  expect(await system.store.collections.links.countDocuments()).toBe(0)
  expect(await gauge('slipstream_slots_used')).toBe(1)
  await system.store.collections.receipts.updateMany(
    {},
    { $set: { requestedAt: new Date(system.clock.now().getTime() - 3_600_000) } },
  )
  const seconds = await gauge('slipstream_receipt_oldest_open_seconds')
  expect(seconds).toBeGreaterThanOrEqual(3_599)
  expect(seconds).toBeLessThan(3_700)
})
