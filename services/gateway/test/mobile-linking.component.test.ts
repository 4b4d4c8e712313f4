import { newOneTimeSecret } from '@slipstream/runtime'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { consent, createBrowser, locationOf } from './support/browser.ts'
import {
  anna,
  ben,
  challengeOf,
  completeOnMobile,
  forgetLinks,
  linkCount,
  linkOnWeb,
  passRevocationPause,
  walkToDeepLink,
} from './support/linking.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

let system: System
let athlete: SignedIn

beforeAll(async () => {
  system = await startSystem()
})
afterEach(() => forgetLinks(system))
afterAll(() => system.stop())

/** Tokens outlive the moved clock. */
const signIn = (subject: string) => system.signIn(subject, { claims: { exp: Math.floor(Date.now() / 1000) + 86_400 } })

const isConnected = (account: string) =>
  system.strava.control.athletes().find((view) => view.account === account)?.connected

test('an app links Strava: nothing is active before it completes', async () => {
  athlete = await signIn('anna')
  const { authorizeUrl, deepLink, result, codeVerifier } = await walkToDeepLink(athlete, { athlete: anna })
  expect(new URL(authorizeUrl).pathname).toBe('/oauth/mobile/authorize')
  expect(deepLink).toBe(`coachai://oauth/strava?result=${result}`)
  expect(result).toMatch(/^[\w-]{43}$/)

  expect(await linkCount(system)).toBe(0)
  expect((await system.store.collections.credentials.findOne().lean())!.status).toBe('pending')
  expect(await athlete.json('GET', '/api/v1/strava/status')).toMatchObject({ status: 'pending' })

  const completed = await completeOnMobile(athlete, result, codeVerifier)
  expect(completed.status).toBe(200)
  expect(await completed.json()).toMatchObject({ status: 'active', athlete: { stravaAthleteId: String(anna) } })
  expect((await system.store.collections.credentials.findOne().lean())!.status).toBe('active')
})

test('the return may come in another browser than the one that left', async () => {
  athlete = await signIn('anna')
  const app = createBrowser()
  const verifier = newOneTimeSecret()
  const { connectUrl } = await athlete.json('POST', '/api/v1/strava/link-token', {
    platform: 'mobile',
    codeChallenge: challengeOf(verifier),
  })
  const back = await consent(app, locationOf(await app.visit(connectUrl)), { athlete: anna })
  const deepLink = locationOf(await createBrowser().visit(back))
  const completed = await completeOnMobile(athlete, new URL(deepLink).searchParams.get('result')!, verifier)
  expect(completed.status).toBe(200)
})

test('a mobile request must bring a challenge, a web request none', async () => {
  athlete = await signIn('anna')
  for (const body of [
    { platform: 'mobile' },
    { platform: 'mobile', codeChallenge: 'plain' },
    { platform: 'web', codeChallenge: 'A'.repeat(43) },
    { platform: 'mobile', codeChallenge: 'A'.repeat(43), returnTo: '/x' },
    { platform: 'tv' },
    {},
  ]) {
    expect((await athlete.call('POST', '/api/v1/strava/link-token', body)).status).toBe(400)
  }
})

test.each([
  ['the athlete cancels', { athlete: anna, decision: 'deny' }, 'consent_denied'],
  ['a scope is unticked', { athlete: anna, scopes: [] }, 'scope_missing'],
] as const)('the app learns that %s', async (_what, answer, code) => {
  athlete = await signIn('anna')
  expect((await walkToDeepLink(athlete, answer)).deepLink).toBe(`coachai://oauth/strava?error=${code}`)
})

describe('unclaimed grants', () => {
  test('are tried again while Strava is away', async () => {
    athlete = await signIn('anna')
    await walkToDeepLink(athlete, { athlete: anna })
    system.strava.control.setFaults({
      rules: [{ endpoint: 'revoke', effect: { kind: 'status', status: 503 }, times: 2 }],
    })
    system.clock.advance(5 * 60_000 + 1_000)
    await vi.waitFor(async () => {
      await passRevocationPause(system)
      expect(isConnected('anna')).toBe(false)
    })
  })

  test('leave the grant of a link of the same account alone', async () => {
    athlete = await signIn('anna')
    await walkToDeepLink(athlete, { athlete: anna })
    await linkOnWeb(system, athlete, { athlete: anna })
    system.clock.advance(5 * 60_000 + 1_000)
    await vi.waitFor(async () =>
      expect(await system.store.collections.linkTransactions.countDocuments({ step: 'pending' })).toBe(0),
    )
    expect(await system.store.collections.credentials.countDocuments()).toBe(1)
    expect(system.strava.control.calls().calls.filter(({ endpoint }) => endpoint === 'revoke')).toEqual([])
    expect(isConnected('anna')).toBe(true)
  })
})

test('unlinked while the app was at Strava: completion makes no link of it', async () => {
  athlete = await signIn('anna')
  await linkOnWeb(system, athlete, { athlete: anna })
  const { result, codeVerifier } = await walkToDeepLink(athlete, { athlete: anna })
  await athlete.call('DELETE', '/api/v1/strava/link')
  const answer = await completeOnMobile(athlete, result, codeVerifier)
  expect(await answer.json()).toMatchObject({ code: 'result_invalid' })
  expect(await linkCount(system)).toBe(0)
  expect(await system.store.collections.credentials.countDocuments()).toBe(0)
  await vi.waitFor(() => expect(isConnected('anna')).toBe(false))
})

test('a second account of the same athlete is refused at completion; its grant goes when Strava answers again', async () => {
  athlete = await signIn('anna')
  const { result, codeVerifier } = await walkToDeepLink(athlete, { athlete: ben })
  await linkOnWeb(system, athlete, { athlete: anna })
  system.strava.control.setFaults({ rules: [{ endpoint: 'revoke', effect: { kind: 'status', status: 503 } }] })
  const answer = await completeOnMobile(athlete, result, codeVerifier)
  expect(answer.status).toBe(409)
  expect(await answer.json()).toMatchObject({ code: 'different_strava_account' })

  system.strava.control.clearFaults()
  await vi.waitFor(async () => {
    await passRevocationPause(system)
    expect(isConnected('ben')).toBe(false)
  })
  expect(isConnected('anna')).toBe(true)
  expect(await linkCount(system)).toBe(1)
})

test('an app links the same account again: link and id stay', async () => {
  athlete = await signIn('anna')
  await linkOnWeb(system, athlete, { athlete: anna })
  const before = await system.store.collections.links.findOne().lean()
  await system.store.collections.links.updateOne({}, { $set: { status: 'reauth_required' } })
  const { result, codeVerifier } = await walkToDeepLink(athlete, { athlete: anna })
  expect(await athlete.json('GET', '/api/v1/strava/status')).toMatchObject({ status: 'reauth_required' })
  expect(await (await completeOnMobile(athlete, result, codeVerifier)).json()).toMatchObject({ status: 'active' })
  expect((await system.store.collections.links.findOne().lean())!._id).toBe(before!._id)
})
