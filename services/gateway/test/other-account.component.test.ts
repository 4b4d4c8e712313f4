import { receiptSchema } from '@slipstream/contracts'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { consent, createBrowser, locationOf } from './support/browser.ts'
import {
  anna,
  askWeb,
  ben,
  challengeOf,
  completeOnMobile,
  forgetLinks,
  linkCount,
  linkOnWeb,
  passAuthorizeDeadline,
  tokenCalls,
  walkToDeepLink,
  walkToReturn,
} from './support/linking.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

/** The way out for who came with the wrong Strava account, or has another one now. */

let system: System
let athlete: SignedIn
beforeAll(async () => {
  system = await startSystem()
  athlete = await system.signIn('anna')
})
afterEach(() => forgetLinks(system))
afterAll(() => system.stop())

const promptFor = async (one: SignedIn) => {
  const browser = createBrowser()
  const { connectUrl } = await askWeb(system, one, browser)
  return new URL(locationOf(await browser.visit(connectUrl))).searchParams.get('approval_prompt')
}
const status = () => athlete.json('GET', '/api/v1/strava/status')

describe('the consent page of Strava', () => {
  test('is skipped where it was answered before', async () => {
    expect(await promptFor(athlete)).toBe('auto')
    await linkOnWeb(system, athlete, { athlete: anna, decision: 'deny' })
    await linkOnWeb(system, athlete, { athlete: anna, scopes: [] })
    expect(await promptFor(athlete)).toBe('auto')
  })

  test('is shown again after an account that is in use, until Strava is linked', async () => {
    await linkOnWeb(system, await system.signIn('holder'), { athlete: anna })
    expect(await linkOnWeb(system, athlete, { athlete: anna })).toContain('code=strava_account_in_use')
    // Also where the next attempt is given up half-way.
    for (const _attempt of [1, 2]) expect(await promptFor(athlete)).toBe('force')
    expect(await promptFor(await system.signIn('holder'))).toBe('auto')
    expect(await linkOnWeb(system, athlete, { athlete: ben })).toContain('strava=linked')
    expect(await promptFor(athlete)).toBe('auto')
  })

  test('is shown again after another account than the one that is linked, in the app as well', async () => {
    await linkOnWeb(system, athlete, { athlete: anna })
    const { deepLink } = await walkToDeepLink(athlete, { athlete: ben })
    expect(deepLink).toBe('coachai://oauth/strava?error=different_strava_account')
    expect(await promptFor(athlete)).toBe('force')
    const { authorizeUrl } = await walkToDeepLink(athlete, { athlete: anna })
    expect(new URL(authorizeUrl).searchParams.get('approval_prompt')).toBe('force')
  })
})

describe('tokens that another athlete brings of a linked account', () => {
  const versions = async () =>
    (await system.store.collections.credentials.find().lean()).map(({ _id, tokenVersion }) => `${_id} ${tokenVersion}`)
  const faultyLists = () =>
    system.strava.control.setFaults({ rules: [{ endpoint: 'activities', effect: { kind: 'status', status: 503 } }] })
  const withScope = (back: string) => {
    const url = new URL(back)
    url.searchParams.set('scope', 'read,activity:read_all')
    return url.href
  }
  /** Each with an account of the quota ledger that remembers no failed call. */
  let thieves = 0
  const thief = () => system.signIn(`thief${++thieves}`)
  const onlyRead = { athlete: anna, scopes: ['read'] }

  test.each(['x', 'read', 'read,activity:read_all'])(
    'are not even asked for where the way to Strava has put scope=%s into the return',
    async (scope) => {
      await linkOnWeb(system, athlete, { athlete: anna })
      const before = [await versions(), tokenCalls(system)]
      const { connectUrl } = await (await thief()).json('POST', '/api/v1/strava/link-token', {
        ...{ platform: 'mobile', codeChallenge: challengeOf('v'.repeat(43)) },
      })
      const forwarded = new URL(locationOf(await createBrowser().visit(connectUrl)))
      forwarded.searchParams.set('scope', 'read')
      forwarded.searchParams.set('redirect_uri', `${forwarded.searchParams.get('redirect_uri')}?scope=${scope}`)
      const victim = createBrowser()
      const back = await consent(victim, forwarded.href, { athlete: anna })
      expect(new URL(back).searchParams.getAll('scope')).toEqual([scope, 'read'])
      expect(locationOf(await victim.visit(back))).toBe('coachai://oauth/strava?error=link_token_invalid')
      expect([await versions(), tokenCalls(system)]).toEqual(before)
    },
  )

  test('stay out of the link where the return claims more than Strava has given', async () => {
    await linkOnWeb(system, athlete, { athlete: anna })
    const before = await versions()
    const { browser, back } = await walkToReturn(system, await thief(), onlyRead)
    expect(locationOf(await browser.visit(withScope(back)))).toContain('code=strava_account_in_use')
    expect(await versions()).toEqual(before)
  })

  test('also where they come too late', async () => {
    await linkOnWeb(system, athlete, { athlete: anna })
    const before = await versions()
    const { browser, back } = await walkToReturn(system, await thief(), onlyRead)
    await passAuthorizeDeadline(system)
    expect(locationOf(await browser.visit(withScope(back)))).toContain('code=link_expired')
    expect(await versions()).toEqual(before)
  })

  test.each([true, false])('also where Strava cannot be asked, and the return says enough: %s', async (isSaid) => {
    await linkOnWeb(system, athlete, { athlete: anna })
    const before = await versions()
    const { browser, back } = await walkToReturn(system, await thief(), onlyRead)
    faultyLists()
    const url = new URL(withScope(back))
    if (!isSaid) url.searchParams.delete('scope')
    expect(locationOf(await browser.visit(url.href))).toContain('code=strava_account_in_use')
    expect(await versions()).toEqual(before)
  })

  test('serve the link where Strava lists activities with them, also too late', async () => {
    await linkOnWeb(system, athlete, { athlete: anna })
    const before = await versions()
    const { browser, back } = await walkToReturn(system, await thief(), { athlete: anna })
    await passAuthorizeDeadline(system)
    expect(locationOf(await browser.visit(back))).toContain('code=link_expired')
    expect(await versions()).not.toEqual(before)
  })

  test('do not need to be shown for a link of one’s own', async () => {
    await linkOnWeb(system, athlete, { athlete: anna })
    const before = await versions()
    const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
    await passAuthorizeDeadline(system)
    faultyLists()
    expect(locationOf(await browser.visit(back))).toContain('code=link_expired')
    expect(await versions()).not.toEqual(before)
  })
})

describe('an athlete whose account was revoked at Strava', () => {
  /** As the vault and the sweeps leave it. */
  const loseGrant = async () => {
    const { credentials, links } = system.store.collections
    await credentials.updateMany({}, { $set: { status: 'dead' } })
    await links.updateMany({}, { $set: { status: 'reauth_required', errorCode: 'reauth_required' } })
    return (await links.findOne().lean())!
  }

  const receiptOf = async (receiptId: string | null) =>
    receiptSchema.parse(await athlete.json('GET', `/api/v1/strava/receipts/${receiptId}`))

  test('links another one; the old link ends with a receipt, which the page is told', async () => {
    await linkOnWeb(system, athlete, { athlete: anna })
    const old = await loseGrant()
    const bus = await system.bus()
    const told: unknown[] = []
    const listening = [
      bus.listen('athlete.unlinked', '*', ({ linkId, reason }) => void told.push([linkId, reason])),
      bus.listen('athlete.linked', '*', ({ linkId }) => void told.push(linkId)),
    ]
    const end = new URL(await linkOnWeb(system, athlete, { athlete: ben }))
    expect(end.searchParams.get('strava')).toBe('linked')
    expect(await status()).toMatchObject({ status: 'active', athlete: { stravaAthleteId: String(ben) }, error: null })
    const link = (await system.store.collections.links.findOne().lean())!
    expect([await linkCount(system), link._id === old._id]).toEqual([1, false])
    await vi.waitFor(async () =>
      expect(await receiptOf(end.searchParams.get('receipt'))).toMatchObject({
        ...{ reason: 'revoked_at_strava', revokedAtStrava: false, note: null },
        deleted: { links: 1, credentials: 1 },
      }),
    )
    await vi.waitFor(() => expect(told).toEqual(expect.arrayContaining([[old._id, 'revoked_at_strava'], link._id])))
    for (const one of listening) one.stop()
  })

  test('links another one in the app: nothing ends before it has proven itself', async () => {
    await linkOnWeb(system, athlete, { athlete: anna })
    const old = await loseGrant()
    const { result, codeVerifier } = await walkToDeepLink(athlete, { athlete: ben })
    expect((await system.store.collections.links.findOne().lean())!._id).toBe(old._id)
    expect(await (await completeOnMobile(athlete, result, codeVerifier)).json()).toMatchObject({
      ...{ status: 'active', athlete: { stravaAthleteId: String(ben) } },
    })
    expect(await system.store.collections.receipts.countDocuments({ linkId: old._id })).toBe(1)
  })

  test.each([
    ['lives', {}, {}],
    ['only lacks a permission', { status: 'reauth_required', errorCode: 'scope_missing' }, { status: 'dead' }],
    [
      'has come back, and the link does not say so yet',
      { status: 'reauth_required', errorCode: 'reauth_required' },
      {},
    ],
  ])('keeps the link where its grant %s', async (_what, link, credential) => {
    const { credentials, links } = system.store.collections
    await linkOnWeb(system, athlete, { athlete: anna })
    await credentials.updateMany({}, { $set: credential })
    await links.updateMany({}, { $set: link })
    expect(await linkOnWeb(system, athlete, { athlete: ben })).toContain('code=different_strava_account')
    expect((await links.findOne().lean())!.stravaAthleteId).toBe(String(anna))
    await vi.waitFor(() =>
      expect(system.strava.control.athletes().filter(({ connected }) => connected)).toMatchObject([
        { account: 'anna' },
      ]),
    )
  })
})

describe('the way back into the app', () => {
  test('is a jump, and a link to tap where the browser holds it back', async () => {
    const { browser, back, deepLink } = await walkToDeepLink(athlete, { athlete: anna })
    expect(deepLink).toContain('?result=')
    const answer = await browser.visit(back)
    expect(answer.status).toBe(303)
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/)
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    const page = await answer.text()
    expect([...page.matchAll(/<a href="([^"]*)"/g)].map(([, href]) => href)).toEqual([locationOf(answer)])
    expect(page).not.toMatch(/<script|<style|<img|style=/)
    const url = new URL(back)
    for (const name of ['state', 'code']) expect(page).not.toContain(url.searchParams.get(name)!)
  })

  test('says in words what went wrong', async () => {
    const { browser, back } = await walkToDeepLink(athlete, { athlete: anna, scopes: [] })
    const page = await (await browser.visit(back)).text()
    expect(page).toContain('<h1>A permission is missing</h1>')
    expect(page).toContain('<a href="coachai://oauth/strava?error=scope_missing">')
  })

  test('is none for the page: a browser follows it always', async () => {
    const browser = createBrowser()
    const answer = await browser.visit(`${system.url}/callback?state=x`)
    expect([answer.status, await answer.text()]).toEqual([303, ''])
  })
})
