import { newOneTimeSecret } from '@slipstream/runtime'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Browser, consent, createBrowser, locationOf } from './support/browser.ts'
import {
  anna,
  askWeb,
  ben,
  challengeOf,
  completeOnMobile,
  forgetLinks,
  linkCount,
  linkOnWeb,
  tokenCalls,
  walkToDeepLink,
  walkToReturn,
} from './support/linking.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

/** One-time values are not burnt: by a visit that no person made, by another's, or by the first of several. */

let system: System
let athlete: SignedIn
beforeAll(async () => {
  system = await startSystem()
  athlete = await system.signIn('anna', { claims: { exp: Math.floor(Date.now() / 1000) + 86_400 } })
})
afterEach(() => forgetLinks(system))
afterAll(() => system.stop())

const linked = () => `${system.url}/?strava=linked`
const refusedAs = (code: string) => `${system.url}/?strava=error&code=${code}`
const end = async (browser: Browser, url: string) => locationOf(await browser.visit(url))
const isConnected = (account: string) =>
  system.strava.control.athletes().find((view) => view.account === account)?.connected
const attempts = () => system.store.collections.linkTransactions
const resultIn = (deepLink: string) => new URL(deepLink).searchParams.get('result') ?? ''

/** Asks as an app would, up to the address that it opens in the system's browser. */
const askMobile = async () => {
  const codeVerifier = newOneTimeSecret()
  const { connectUrl } = await athlete.json('POST', '/api/v1/strava/link-token', {
    platform: 'mobile',
    codeChallenge: challengeOf(codeVerifier),
  })
  return { codeVerifier, connectUrl: connectUrl as string }
}

describe('a visit that no person made', () => {
  const ways: [string, RequestInit, number][] = [
    ['Sec-Purpose: prefetch', { headers: { 'sec-purpose': 'prefetch' } }, 503],
    ['Sec-Purpose: prefetch;prerender', { headers: { 'sec-purpose': 'prefetch;prerender' } }, 503],
    ['Sec-Purpose: prefetch;anonymous-client-ip', { headers: { 'sec-purpose': 'prefetch;anonymous-client-ip' } }, 503],
    ['Purpose: prefetch', { headers: { purpose: 'prefetch' } }, 503],
    ['X-Purpose: preview', { headers: { 'x-purpose': 'preview' } }, 503],
    ['X-Moz: prefetch', { headers: { 'x-moz': 'prefetch' } }, 503],
    ['HEAD', { method: 'HEAD' }, 405],
  ]

  test.each(ways)('changes nothing at /connect: %s', async (_way, init, status) => {
    const browser = createBrowser()
    const { connectUrl } = await askWeb(system, athlete, browser)
    const before = await attempts().find().lean()
    const answer = await browser.visit(connectUrl, init)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect([answer.headers.getSetCookie(), answer.headers.get('location')]).toEqual([[], null])
    expect(await attempts().find().lean()).toEqual(before)
    expect(await end(browser, connectUrl)).toContain('/oauth/authorize')
  })

  test('is no failure of the step', async () => {
    const { connectUrl } = await askWeb(system, athlete, createBrowser())
    await createBrowser().visit(connectUrl, { headers: { 'sec-purpose': 'prefetch' } })
    await vi.waitFor(async () => {
      const metrics = await (await fetch(`${system.opsUrl}/metrics`)).text()
      const failed = metrics.match(/^slipstream_http_request_duration_seconds_count.*status="503".*$/gm)
      expect(failed?.length).toBeGreaterThan(0)
      expect(failed?.filter((line) => !line.includes('route="loaded_ahead"'))).toEqual([])
    })
  })

  test.each(ways)('changes nothing at the return: %s', async (_way, init, status) => {
    const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
    const before = await attempts().find().lean()
    const answer = await browser.visit(back, init)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await attempts().find().lean()).toEqual(before)
    expect(tokenCalls(system)).toBe(0)
    expect(await end(browser, back)).toBe(linked())
  })
})

describe('the return loaded again in its browser', () => {
  test('gets the same answer, and the code is exchanged once', async () => {
    const { browser, back } = await walkToReturn(system, athlete, { athlete: anna }, createBrowser(), {
      returnTo: '/training',
    })
    for (const _time of [1, 2, 3]) expect(await end(browser, back)).toBe(`${system.url}/training?strava=linked`)
    expect([await linkCount(system), tokenCalls(system)]).toEqual([1, 1])
  })

  test('gets the same refusal, also in the address of the other path', async () => {
    await linkOnWeb(system, await system.signIn('holder'), { athlete: anna })
    const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
    const calls = tokenCalls(system)
    for (const url of [back, back, back.replace('/callback', '/api/v1/strava/callback')]) {
      expect(await end(browser, url)).toBe(refusedAs('strava_account_in_use'))
    }
    expect(tokenCalls(system)).toBe(calls + 1)
  })

  test('waits for the first, which another replica is still busy with', async () => {
    const replica = await system.startReplica()
    const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
    for (const [name, value] of browser.jarOf(system.url)) browser.jarOf(replica).set(name, value)
    const effect = { kind: 'latency', latencyMs: 1_500 } as const
    system.strava.control.setFaults({ rules: [{ endpoint: 'token', effect }] })
    const first = end(browser, back)
    await vi.waitFor(async () => expect(await attempts().countDocuments({ step: 'exchanging' })).toBe(1))
    const others = [end(browser, back.replace(system.url, replica)), end(browser, back)]
    expect(await first).toBe(linked())
    expect(await Promise.all(others)).toEqual([`${replica}/?strava=linked`, linked()])
    expect([await linkCount(system), tokenCalls(system)]).toEqual([1, 1])
  })

  test('gets a fresh result for the app, which takes the first one’s place', async () => {
    const { browser, back, result: first, codeVerifier } = await walkToDeepLink(athlete, { athlete: anna })
    const second = resultIn(await end(browser, back))
    expect(second).not.toBe(first)
    expect(await (await completeOnMobile(athlete, first, codeVerifier)).json()).toMatchObject({
      code: 'result_invalid',
    })
    expect((await completeOnMobile(athlete, second, codeVerifier)).status).toBe(200)
    expect([await linkCount(system), tokenCalls(system)]).toEqual([1, 1])
  })

  test('the same, where Strava’s app has opened another browser for it', async () => {
    const { codeVerifier, connectUrl } = await askMobile()
    const first = createBrowser()
    const back = await consent(first, await end(first, connectUrl), { athlete: anna })
    const other = createBrowser()
    await end(other, back)
    const result = resultIn(await end(other, back))
    expect((await completeOnMobile(athlete, result, codeVerifier)).status).toBe(200)
  })

  test('leads no more into an app that has completed: a page says that Strava is linked', async () => {
    const { browser, back, result, codeVerifier } = await walkToDeepLink(athlete, { athlete: anna })
    await completeOnMobile(athlete, result, codeVerifier)
    const again = await browser.visit(back)
    expect([again.status, again.headers.get('location')]).toEqual([200, null])
    expect(await again.text()).toContain('<h1>Strava is linked</h1>')
  })

  test('leads into the app with the same refusal', async () => {
    const { browser, back, deepLink } = await walkToDeepLink(athlete, { athlete: anna, scopes: [] })
    expect(deepLink).toBe('coachai://oauth/strava?error=scope_missing')
    expect(await end(browser, back)).toBe(deepLink)
    expect(tokenCalls(system)).toBe(1)
  })

  test.each(['web', 'mobile'] as const)('%s: in another browser it is refused as before', async (platform) => {
    const { back } =
      platform === 'web'
        ? await walkToReturn(system, athlete, { athlete: anna }).then(async (walk) => {
            await end(walk.browser, walk.back)
            return walk
          })
        : await walkToDeepLink(athlete, { athlete: anna })
    const waiting = await attempts()
      .findOne({ step: { $in: ['pending', 'completed'] } })
      .lean()
    expect(await end(createBrowser(), back)).toContain('link_token_invalid')
    expect((await attempts().findById(waiting!._id).lean())!.resultHash).toBe(waiting!.resultHash)
  })
})

describe('the return in a browser that it does not belong to', () => {
  test('leaves the state to the right one', async () => {
    const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
    expect(await end(createBrowser(), back)).toBe(refusedAs('link_token_invalid'))
    expect(await end(browser, back)).toBe(linked())
  })

  test('moves a mobile attempt there: the browser that began is told nothing more', async () => {
    const { codeVerifier, connectUrl } = await askMobile()
    const [began, ended] = [createBrowser(), createBrowser()]
    const back = await consent(began, await end(began, connectUrl), { athlete: anna })
    const result = resultIn(await end(ended, back))
    for (const url of [back, connectUrl]) expect(await end(began, url)).toContain('link_token_invalid')
    expect((await completeOnMobile(athlete, result, codeVerifier)).status).toBe(200)
  })
})

describe('after a person has signed out', () => {
  const signOut = (browser: Browser) => browser.visit(`${system.url}/api/v1/strava/link-token`, { method: 'DELETE' })

  test('nothing in the browser answers for an attempt of theirs that is forwarded to the next', async () => {
    const [own, shared] = [createBrowser(), createBrowser()]
    const { connectUrl } = await askWeb(system, athlete, shared)
    const authorizeUrl = await end(shared, connectUrl)
    for (const [name, value] of shared.jarOf(system.url)) own.jarOf(system.url).set(name, value)
    const later = await askWeb(system, athlete, own)
    const answer = await signOut(shared)
    expect([answer.status, shared.jarOf(system.url).size]).toEqual([204, 0])
    expect(await end(shared, later.connectUrl)).toBe(refusedAs('link_token_invalid'))
    const back = await consent(shared, authorizeUrl, { athlete: ben })
    expect(await end(shared, back)).toBe(refusedAs('link_token_invalid'))
    expect([await linkCount(system), tokenCalls(system)]).toEqual([0, 0])
  })

  test('the next link token works as in any browser', async () => {
    const { browser } = await walkToReturn(system, athlete, { athlete: anna })
    await signOut(browser)
    const { back } = await walkToReturn(system, await system.signIn('next'), { athlete: ben }, browser)
    expect(await end(browser, back)).toBe(linked())
  })

  test('another site can neither ask for it nor have a browser go there', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'DELETE' }
    const asked = await system.call(null, 'OPTIONS', '/api/v1/strava/link-token', undefined, headers)
    expect([asked.ok, asked.headers.get('access-control-allow-origin')]).toEqual([false, null])
  })
})

describe('two tabs of one browser', () => {
  test.each([
    ['the first is approved first', [0, 1]],
    ['the second is approved first', [1, 0]],
  ])('both work, and both link tokens: %s', async (_order, order) => {
    const browser = createBrowser()
    const tokens = [await askWeb(system, athlete, browser), await askWeb(system, athlete, browser)]
    const authorizeUrls: string[] = []
    for (const { connectUrl } of tokens) authorizeUrls.push(await end(browser, connectUrl))
    for (const index of order) {
      const back = await consent(browser, authorizeUrls[index]!, { athlete: anna })
      expect(await end(browser, back)).toBe(linked())
    }
    expect(await linkCount(system)).toBe(1)
  })

  test('of one link token that come to /connect at the same moment lead to Strava with the same state', async () => {
    const browser = createBrowser()
    const { connectUrl } = await askWeb(system, athlete, browser)
    const [one, other] = await Promise.all([end(browser, connectUrl), end(browser, connectUrl)])
    expect(one).toBe(other)
    expect(await end(browser, await consent(browser, one, { athlete: anna }))).toBe(linked())
  })

  test('that come to /connect at the same moment are of the same browser', async () => {
    const browser = createBrowser()
    const tokens = [await askWeb(system, athlete, browser), await askWeb(system, athlete, browser)]
    const authorizeUrls = await Promise.all(tokens.map(({ connectUrl }) => end(browser, connectUrl)))
    for (const authorizeUrl of authorizeUrls) {
      expect(await end(browser, await consent(browser, authorizeUrl, { athlete: anna }))).toBe(linked())
    }
  })

  test('a mobile attempt in the same browser does not take the cookie away', async () => {
    const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
    await browser.visit((await askMobile()).connectUrl)
    expect(await end(browser, back)).toBe(linked())
  })

  test('one opened twice leads to Strava twice; approved in both, the second tells the same', async () => {
    const browser = createBrowser()
    const { connectUrl } = await askWeb(system, athlete, browser)
    const authorizeUrls = [await end(browser, connectUrl), await end(browser, connectUrl)]
    const backs: string[] = []
    for (const authorizeUrl of authorizeUrls) backs.push(await consent(browser, authorizeUrl, { athlete: anna }))
    for (const back of [...backs, ...backs]) expect(await end(browser, back)).toBe(linked())
    expect([await linkCount(system), tokenCalls(system)]).toEqual([1, 2])
    expect(await end(browser, connectUrl)).toBe(linked())
    expect(isConnected('anna')).toBe(true)
  })

  test('mobile: one opened twice and approved in both completes with the newest result', async () => {
    const browser = createBrowser()
    const { codeVerifier, connectUrl } = await askMobile()
    const authorizeUrls = [await end(browser, connectUrl), await end(browser, connectUrl)]
    const backs: string[] = []
    for (const authorizeUrl of authorizeUrls) backs.push(await consent(browser, authorizeUrl, { athlete: anna }))
    await end(browser, backs[0]!)
    const result = resultIn(await end(browser, backs[1]!))
    expect((await completeOnMobile(athlete, result, codeVerifier)).status).toBe(200)
    expect(isConnected('anna')).toBe(true)
    const credential = await system.store.collections.credentials.findOne().lean()
    expect(credential).toMatchObject({
      status: 'active',
      _id: (await system.store.collections.links.findOne().lean())!._id,
    })
  })

  test('mobile: a link token that was used is of no use in another browser', async () => {
    const { connectUrl } = await askMobile()
    await createBrowser().visit(connectUrl)
    expect(await end(createBrowser(), connectUrl)).toContain('code=link_token_invalid')
  })
})

describe('a return without a code', () => {
  test('that says no leaves the way open: the athlete goes back and says yes', async () => {
    const browser = createBrowser()
    const { connectUrl } = await askWeb(system, athlete, browser)
    const authorizeUrl = await end(browser, connectUrl)
    const no = await consent(browser, authorizeUrl, { athlete: anna, decision: 'deny' })
    for (const _time of [1, 2]) expect(await end(browser, no)).toBe(refusedAs('consent_denied'))
    expect(await end(browser, await consent(browser, authorizeUrl, { athlete: anna }))).toBe(linked())
  })

  test('whose code was lost on the way burns nothing', async () => {
    const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
    expect(await end(browser, back.replace(/&code=[^&]*/, ''))).toBe(refusedAs('link_token_invalid'))
    expect(await end(browser, back)).toBe(linked())
  })
})

describe('another code with a state that was used', () => {
  const refusedThenBack = async () => {
    const browser = createBrowser()
    const { connectUrl } = await askWeb(system, athlete, browser)
    const authorizeUrl = await end(browser, connectUrl)
    const first = await consent(browser, authorizeUrl, { athlete: anna, scopes: [] })
    expect(await end(browser, first)).toBe(refusedAs('scope_missing'))
    return { browser, back: await consent(browser, authorizeUrl, { athlete: ben }) }
  }

  test('links nothing, is exchanged once, and its grant is given back', async () => {
    const { browser, back } = await refusedThenBack()
    for (const _time of [1, 2]) expect(await end(browser, back)).toBe(refusedAs('link_token_invalid'))
    await vi.waitFor(() => expect(isConnected('ben')).toBe(false))
    expect([await linkCount(system), tokenCalls(system)]).toEqual([0, 2])
  })

  test('of another account than the one that was linked is given back', async () => {
    const browser = createBrowser()
    const { connectUrl } = await askWeb(system, athlete, browser)
    const authorizeUrl = await end(browser, connectUrl)
    expect(await end(browser, await consent(browser, authorizeUrl, { athlete: anna }))).toBe(linked())
    const back = await consent(browser, authorizeUrl, { athlete: ben })
    for (const _time of [1, 2]) expect(await end(browser, back)).toBe(refusedAs('link_token_invalid'))
    await vi.waitFor(() => expect(isConnected('ben')).toBe(false))
    expect([isConnected('anna'), tokenCalls(system)]).toEqual([true, 2])
  })

  test('mobile: of another account than the one that waits for the app brings no result, however often', async () => {
    const { browser, authorizeUrl, result, codeVerifier } = await walkToDeepLink(athlete, { athlete: anna })
    const back = await consent(browser, authorizeUrl, { athlete: ben })
    for (const _time of [1, 2]) expect(await end(browser, back)).toContain('error=link_token_invalid')
    expect((await completeOnMobile(athlete, result, codeVerifier)).status).toBe(200)
  })

  test('brought twice at the same moment has one answer', async () => {
    const { browser, back } = await refusedThenBack()
    const answers = await Promise.all([end(browser, back), end(browser, back)])
    expect(answers).toEqual([refusedAs('link_token_invalid'), refusedAs('link_token_invalid')])
    expect(tokenCalls(system)).toBe(2)
  })

  test('is given back also where Strava refuses it at first: that says nothing of whether there is a grant', async () => {
    const { browser, back } = await refusedThenBack()
    const calls = tokenCalls(system)
    system.strava.control.setFaults({ rules: [{ endpoint: 'token', effect: { kind: 'code_invalid' }, times: 1 }] })
    expect(await end(browser, back)).toBe(refusedAs('link_token_invalid'))
    expect(tokenCalls(system)).toBe(calls + 2)
    await vi.waitFor(() => expect(isConnected('ben')).toBe(false))
  })

  test('does not stand for a link: after a refusal Strava asks again which account it is to be', async () => {
    await linkOnWeb(system, await system.signIn('holder'), { athlete: ben })
    const browser = createBrowser()
    const { connectUrl } = await askWeb(system, athlete, browser)
    const authorizeUrl = await end(browser, connectUrl)
    expect(await end(browser, await consent(browser, authorizeUrl, { athlete: anna }))).toBe(linked())
    const other = await askWeb(system, athlete, browser)
    const refused = await consent(browser, await end(browser, other.connectUrl), { athlete: ben })
    expect(await end(browser, refused)).toBe(refusedAs('strava_account_in_use'))
    expect(await end(browser, await consent(browser, authorizeUrl, { athlete: anna }))).toBe(linked())
    const next = await askWeb(system, athlete, browser)
    expect(new URL(await end(browser, next.connectUrl)).searchParams.get('approval_prompt')).toBe('force')
  })

  test('is refused where too many came before, and that a grant may be left at Strava is told', async () => {
    const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
    expect(await end(browser, back)).toBe(linked())
    await attempts().updateMany({ step: 'completed' }, { $set: { laterCodes: 5 } })
    expect(await end(browser, back.replace(/code=[^&]*/, 'code=sixth'))).toBe(refusedAs('link_token_invalid'))
    expect(system.logLines.join()).toContain('too many codes came with one state')
    expect(await end(browser, back)).toBe(linked())
  })

  test('is not looked at in another browser, nor a sixth', async () => {
    const { browser, back } = await refusedThenBack()
    await createBrowser().visit(back)
    expect(tokenCalls(system)).toBe(1)
    const made = (index: number) => back.replace(/code=[^&]*/, `code=made-up-${index}`)
    for (let index = 1; index <= 6; index++) await browser.visit(made(index))
    expect(await attempts().countDocuments({ answer: { $exists: true } })).toBe(6)
  }, 20_000)
})
