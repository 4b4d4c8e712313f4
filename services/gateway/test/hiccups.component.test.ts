import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { locationOf } from './support/browser.ts'
import {
  anna,
  ben,
  completeOnMobile,
  forgetLinks,
  linkCount,
  linkOnWeb,
  passAuthorizeDeadline,
  passRevocationPause,
  tokenCalls,
  walkToDeepLink,
  walkToReturn,
} from './support/linking.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

/** One hiccup of Strava's does not cost the grant. */

let system: System
let athlete: SignedIn
beforeAll(async () => {
  system = await startSystem()
  athlete = await system.signIn('anna')
})
afterEach(async () => {
  await forgetLinks(system)
  // What the ledger was told of troubles.
  await system.store.collections.quota.deleteMany({})
})
afterAll(() => system.stop())

type Rules = NonNullable<Parameters<System['strava']['control']['setFaults']>[0]['rules']>
const faults = (...rules: Rules) => system.strava.control.setFaults({ rules })
const saysNothing = () => system.strava.control.setFaults({ behaviour: { scopeInReturn: false } })
const callsTo = (name: string) => system.strava.control.calls().calls.filter(({ endpoint }) => endpoint === name).length
const isConnected = (account: string) =>
  system.strava.control.athletes().find((view) => view.account === account)?.connected
const status = () => athlete.json('GET', '/api/v1/strava/status')

describe('the exchange is made again', () => {
  test.each<[string, Rules, number]>([
    ['after a first refusal of the code', [{ endpoint: 'token', effect: { kind: 'code_invalid' }, times: 1 }], 2],
    ['after a 503', [{ endpoint: 'token', effect: { kind: 'status', status: 503 }, times: 1 }], 2],
    [
      'after two pages of a proxy',
      [{ endpoint: 'token', effect: { kind: 'status', status: 502, body: 'html' }, times: 2 }],
      3,
    ],
    ['after a connection that was cut', [{ endpoint: 'token', effect: { kind: 'cut' }, times: 1 }], 2],
  ])('%s', async (_what, rules, calls) => {
    faults(...rules)
    expect(await linkOnWeb(system, athlete, { athlete: anna })).toBe(`${system.url}/?strava=linked`)
    expect(tokenCalls(system)).toBe(calls)
  })

  test('for the app as well', async () => {
    faults({ endpoint: 'token', effect: { kind: 'code_invalid' }, times: 1 })
    const { result, codeVerifier } = await walkToDeepLink(athlete, { athlete: anna })
    expect((await completeOnMobile(athlete, result, codeVerifier)).status).toBe(200)
  })

  test('and where the lost answer has spent the code the athlete is told of Strava, not of time', async () => {
    faults({ endpoint: 'token', effect: { kind: 'drop_response' }, times: 1 })
    expect(await linkOnWeb(system, athlete, { athlete: anna })).toContain('code=strava_unavailable')
    // The operator, that a place may be taken.
    expect(system.logLines.filter((line) => line.includes('may be left at Strava'))).toHaveLength(1)
    expect(await linkOnWeb(system, athlete, { athlete: anna })).toContain('strava=linked')
  })

  test('not for ever: who waits is told within seconds', async () => {
    faults({ endpoint: 'token', effect: { kind: 'status', status: 503 } })
    expect(await linkOnWeb(system, athlete, { athlete: anna })).toContain('code=strava_unavailable')
    expect(tokenCalls(system)).toBe(3)
  })
})

describe('tokens that do not say whose they are', () => {
  test('are good: Strava is asked', async () => {
    faults({ endpoint: 'token', effect: { kind: 'without_athlete' } })
    expect(await linkOnWeb(system, athlete, { athlete: anna })).toContain('strava=linked')
    expect(await status()).toMatchObject({ athlete: { stravaAthleteId: String(anna), displayName: 'Anna Ahorn' } })
    expect([tokenCalls(system), callsTo('athlete')]).toEqual([1, 1])
  })

  test('link nothing where Strava does not answer, and are not revoked: they may be of somebody’s link', async () => {
    await linkOnWeb(system, await system.signIn('holder'), { athlete: anna })
    faults(
      { endpoint: 'token', effect: { kind: 'without_athlete' } },
      { endpoint: 'athlete', effect: { kind: 'status', status: 503 } },
    )
    // Of whom the ledger remembers that a call has failed.
    const unlucky = await system.signIn('unlucky')
    expect(await linkOnWeb(system, unlucky, { athlete: anna })).toContain('code=strava_unavailable')
    expect([callsTo('revoke'), isConnected('anna'), await linkCount(system)]).toEqual([0, true, 1])
    expect(system.logLines.at(-1)).not.toContain('access_token')
  })
})

describe('a return that does not say what was granted', () => {
  test.each(['web', 'mobile'] as const)('%s: one list shows it', async (platform) => {
    saysNothing()
    if (platform === 'web') expect(await linkOnWeb(system, athlete, { athlete: anna })).toContain('strava=linked')
    else {
      const { result, codeVerifier } = await walkToDeepLink(athlete, { athlete: anna })
      expect((await completeOnMobile(athlete, result, codeVerifier)).status).toBe(200)
    }
    expect(await status()).toMatchObject({ status: 'active', scopes: ['read', 'activity:read_all'] })
    expect(callsTo('activities')).toBe(1)
  })

  test('and too little was: the athlete is told, and the grant given back', async () => {
    saysNothing()
    expect(await linkOnWeb(system, athlete, { athlete: anna, scopes: [] })).toContain('code=scope_missing')
    expect(await linkCount(system)).toBe(0)
    await vi.waitFor(() => expect(isConnected('anna')).toBe(false))
  })

  test('and Strava cannot be asked: the athlete is not turned away, the first sync finds out', async () => {
    saysNothing()
    faults({ endpoint: 'activities', effect: { kind: 'status', status: 503 } })
    expect(await linkOnWeb(system, athlete, { athlete: anna })).toContain('strava=linked')
  })
})

describe('a grant that is given and not kept', () => {
  test('of an account with a link is not revoked; its tokens go there', async () => {
    await linkOnWeb(system, athlete, { athlete: anna })
    const before = (await system.store.collections.credentials.findOne().lean())!
    const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
    await passAuthorizeDeadline(system)
    expect(locationOf(await browser.visit(back))).toContain('code=link_expired')
    const after = (await system.store.collections.credentials.findOne().lean())!
    expect([after._id, after.tokenVersion > before.tokenVersion]).toEqual([before._id, true])
    expect([callsTo('revoke'), isConnected('anna')]).toEqual([0, true])
  })

  test('of an account with a link that needs more is dropped', async () => {
    await linkOnWeb(system, athlete, { athlete: anna })
    const before = (await system.store.collections.credentials.findOne().lean())!
    const other = await system.signIn('ben')
    expect(await linkOnWeb(system, other, { athlete: anna, scopes: [] })).toContain('code=scope_missing')
    expect((await system.store.collections.credentials.findOne().lean())!.tokenVersion).toBe(before.tokenVersion)
    expect([callsTo('revoke'), isConnected('anna')]).toEqual([0, true])
  })

  test('is revoked later where Strava does not answer at once', async () => {
    const { browser, back } = await walkToReturn(system, athlete, { athlete: ben, scopes: [] })
    faults({ endpoint: 'revoke', effect: { kind: 'status', status: 503 }, times: 1 })
    expect(locationOf(await browser.visit(back))).toContain('code=scope_missing')
    await vi.waitFor(async () => {
      await passRevocationPause(system)
      expect(isConnected('ben')).toBe(false)
    })
  })
})
