import { newOneTimeSecret } from '@slipstream/runtime'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createAttackTable } from './support/attack-table.ts'
import { consent, createBrowser, locationOf } from './support/browser.ts'
import {
  anna,
  ben,
  challengeOf,
  completeOnMobile,
  forgetLinks,
  linkCount,
  tokenCalls,
  walkToDeepLink,
  walkToReturn,
} from './support/linking.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

/*
 * Promise 16: a stolen deep link is useless. Any app may have registered the scheme, so whatever the deep link carries is taken
 * to be known to a thief, and the links and addresses on the way to it, too. What completes an attempt is the result together
 * with the verifier, which never leaves the app, and a token of the same athlete.
 */

let system: System
beforeAll(async () => {
  system = await startSystem()
})
afterEach(() => forgetLinks(system))
afterAll(() => system?.stop())

let people = 0
/** Somebody new for each row; the token outlives the moved clock. */
const newPerson = () => {
  people += 1
  return system.signIn(`person-${people}`, { claims: { exp: Math.floor(Date.now() / 1000) + 86_400 } })
}

type Walk = Awaited<ReturnType<typeof walkToDeepLink>>

/** The athlete whose app waits for the deep link; the thief, who has an account of the service, too. */
interface Scene extends Walk {
  athlete: SignedIn
  thief: SignedIn
}

const post = (token: string | null, body: unknown, headers = {}) =>
  system.call(token, 'POST', '/api/v1/strava/callback', body, headers)
const otherCase = (text: string) =>
  text.replace(/[a-z]/gi, (letter) => (letter < 'a' ? letter.toLowerCase() : letter.toUpperCase()))
const rowOf = (step: 'pending') => system.store.collections.linkTransactions.findOne({ step }).lean()

/** An app begins an attempt, as it would while a foreign deep link arrives. */
const beginOnMobile = async (athlete: SignedIn) => {
  const verifier = newOneTimeSecret()
  const body = { platform: 'mobile', codeChallenge: challengeOf(verifier) }
  const { connectUrl } = (await athlete.json('POST', '/api/v1/strava/link-token', body)) as { connectUrl: string }
  return { verifier, connectUrl }
}
const ownVerifier = async (athlete: SignedIn) => (await beginOnMobile(athlete)).verifier

const resultIn = (address: string) => new URL(address).searchParams.get('result') ?? 'none'

/** The thief begins, and has somebody else agree at Strava: the deep link goes to that person's app. */
const forwarded = async (thief: SignedIn) => {
  const { verifier, connectUrl } = await beginOnMobile(thief)
  const own = createBrowser()
  const authorizeUrl = locationOf(await own.visit(connectUrl))
  const victim = createBrowser()
  const back = await consent(victim, authorizeUrl, { athlete: ben })
  const result = resultIn(locationOf(await victim.visit(back)))
  return { verifier, result, own, connectUrl, back }
}

/** The thief's own browser asks for what came of a forwarded attempt, and the app is told whatever it is told. */
const askForAnswer =
  (addressOf: (sent: Awaited<ReturnType<typeof forwarded>>) => string) =>
  async ({ thief }: Scene) => {
    const sent = await forwarded(thief)
    const answer = await sent.own.visit(addressOf(sent))
    return completeOnMobile(thief, resultIn(locationOf(answer)), sent.verifier)
  }

const attacks: [string, (scene: Scene) => Promise<Response>][] = [
  // ————— The thief has the deep link —————
  ['without a token', ({ result }) => post(null, { result, codeVerifier: newOneTimeSecret() })],
  ['without a token, but with the verifier', ({ result, codeVerifier }) => post(null, { result, codeVerifier })],
  ['with the thief’s token and no verifier', ({ thief, result }) => post(thief.token, { result })],
  ['with a made-up verifier', ({ thief, result }) => completeOnMobile(thief, result, newOneTimeSecret())],
  [
    'with the thief’s token, though the verifier was stolen too',
    ({ thief, result, codeVerifier }) => completeOnMobile(thief, result, codeVerifier),
  ],
  [
    'with the athlete’s token, but no verifier known',
    ({ athlete, result }) => completeOnMobile(athlete, result, newOneTimeSecret()),
  ],
  [
    'with the challenge for a verifier, which was seen on its way',
    ({ athlete, result, codeVerifier }) => completeOnMobile(athlete, result, challengeOf(codeVerifier)),
  ],
  [
    'with the verifier of the thief’s own attempt',
    async ({ thief, result }) => {
      const own = await walkToDeepLink(thief, { athlete: ben })
      return completeOnMobile(thief, result, own.codeVerifier)
    },
  ],
  [
    'with the thief’s own result and the athlete’s verifier',
    async ({ thief, codeVerifier }) => {
      const own = await walkToDeepLink(thief, { athlete: ben })
      return completeOnMobile(thief, own.result, codeVerifier)
    },
  ],
  [
    'with two results, the thief’s own first',
    async ({ thief, result, codeVerifier }) => {
      const own = await walkToDeepLink(thief, { athlete: ben })
      return post(thief.token, `{"result":"${own.result}","result":"${result}","codeVerifier":"${codeVerifier}"}`)
    },
  ],
  [
    'with the athlete named in the body',
    ({ thief, result, codeVerifier }) => post(thief.token, { result, codeVerifier, athleteId: 'ath_1' }),
  ],
  [
    'as a form, with a cookie for a token',
    ({ athlete, result, codeVerifier }) =>
      post(null, new URLSearchParams({ result, codeVerifier }).toString(), {
        'content-type': 'application/x-www-form-urlencoded',
        cookie: `access_token=${athlete.token}`,
      }),
  ],
  [
    'in the address of a return',
    ({ result, codeVerifier }) =>
      createBrowser().visit(`${system.url}/callback?result=${result}&codeVerifier=${codeVerifier}`),
  ],

  // ————— The result is not the one of the deep link —————
  ['made up', ({ athlete, codeVerifier }) => completeOnMobile(athlete, newOneTimeSecret(), codeVerifier)],
  ['cut short', ({ athlete, result, codeVerifier }) => completeOnMobile(athlete, result.slice(0, -1), codeVerifier)],
  ['with a letter more', ({ athlete, result, codeVerifier }) => completeOnMobile(athlete, `${result}A`, codeVerifier)],
  ['in other case', ({ athlete, result, codeVerifier }) => completeOnMobile(athlete, otherCase(result), codeVerifier)],
  ['with a space', ({ athlete, result, codeVerifier }) => completeOnMobile(athlete, ` ${result}`, codeVerifier)],
  ['with a NUL', ({ athlete, result, codeVerifier }) => completeOnMobile(athlete, `${result}\0`, codeVerifier)],
  ['the whole deep link', ({ athlete, deepLink, codeVerifier }) => completeOnMobile(athlete, deepLink, codeVerifier)],
  [
    'its hash, as the database has it',
    async ({ athlete, codeVerifier }) =>
      completeOnMobile(athlete, (await rowOf('pending'))?.resultHash ?? '', codeVerifier),
  ],
  [
    'the state of the attempt',
    ({ athlete, authorizeUrl, codeVerifier }) =>
      completeOnMobile(athlete, new URL(authorizeUrl).searchParams.get('state') ?? '', codeVerifier),
  ],
  [
    'Strava’s code',
    ({ athlete, back, codeVerifier }) =>
      completeOnMobile(athlete, new URL(back).searchParams.get('code') ?? '', codeVerifier),
  ],
  ['a query operator', ({ athlete, codeVerifier }) => post(athlete.token, { result: { $ne: '' }, codeVerifier })],
  ['a pattern', ({ athlete, codeVerifier }) => post(athlete.token, { result: { $regex: '.' }, codeVerifier })],
  ['a list', ({ athlete, result, codeVerifier }) => post(athlete.token, { result: [result], codeVerifier })],
  ['empty', ({ athlete, codeVerifier }) => completeOnMobile(athlete, '', codeVerifier)],

  // ————— The verifier is of another form —————
  ['an operator', ({ athlete, result }) => post(athlete.token, { result, codeVerifier: { $gt: '' } })],
  [
    'a list of it',
    ({ athlete, result, codeVerifier }) => post(athlete.token, { result, codeVerifier: [codeVerifier] }),
  ],
  ['empty, as of an attempt without a challenge', ({ athlete, result }) => completeOnMobile(athlete, result, '')],
  ['null', ({ athlete, result }) => post(athlete.token, { result, codeVerifier: null })],
  [
    'with its last letter another',
    ({ athlete, result, codeVerifier }) =>
      completeOnMobile(athlete, result, codeVerifier.slice(0, -1) + (codeVerifier.endsWith('A') ? 'B' : 'A')),
  ],
  [
    'brought by the prototype',
    ({ athlete, result, codeVerifier }) =>
      post(athlete.token, `{"result":"${result}","__proto__":{"codeVerifier":"${codeVerifier}"}}`),
  ],

  // ————— Links that somebody passes on —————
  [
    'login CSRF: the thief’s deep link opened in the athlete’s app',
    async ({ athlete, thief }) => {
      const planted = await walkToDeepLink(thief, { athlete: ben })
      return completeOnMobile(athlete, planted.result, await ownVerifier(athlete))
    },
  ],
  [
    'forwarded authorisation: the thief’s page of Strava, approved by a victim whose app gets the deep link',
    async ({ athlete, thief }) => {
      const { result } = await forwarded(thief)
      return completeOnMobile(athlete, result, await ownVerifier(athlete))
    },
  ],
  [
    'forwarded authorisation, and the thief has the verifier, but no result',
    async ({ thief }) => {
      const { verifier } = await forwarded(thief)
      return completeOnMobile(thief, newOneTimeSecret(), verifier)
    },
  ],
  ['forwarded authorisation, and the thief loads /connect again', askForAnswer(({ connectUrl }) => connectUrl)],
  ['forwarded authorisation, and the thief loads the return, too', askForAnswer(({ back }) => back)],
  [
    'forwarded authorisation, and the thief comes back with the state and an error',
    askForAnswer(({ back }) => back.replace(/code=[^&]*/, 'error=access_denied')),
  ],
  [
    'forwarded authorisation, approved in a browser of which the thief has a cookie',
    async ({ thief }) => {
      const [shared, copy] = [createBrowser(), createBrowser()]
      await shared.visit((await beginOnMobile(thief)).connectUrl)
      const secret = shared.jarOf(system.url).get('slipstream_oauth_txn') ?? ''
      const { verifier, connectUrl } = await beginOnMobile(thief)
      const back = await consent(shared, locationOf(await createBrowser().visit(connectUrl)), { athlete: ben })
      await shared.visit(back)
      copy.jarOf(system.url).set('slipstream_oauth_txn', secret)
      return completeOnMobile(thief, resultIn(locationOf(await copy.visit(back))), verifier)
    },
  ],
  [
    'the return of the attempt replayed in the thief’s browser',
    async ({ thief, back }) => {
      const { searchParams } = new URL(locationOf(await createBrowser().visit(back)))
      return completeOnMobile(thief, searchParams.get('result') ?? 'none', newOneTimeSecret())
    },
  ],
  [
    'the state of the attempt with a code of the thief’s own',
    async ({ thief, back }) => {
      const own = await walkToReturn(system, thief, { athlete: ben })
      const injected = new URL(back)
      injected.searchParams.set('code', new URL(own.back).searchParams.get('code') ?? '')
      const { searchParams } = new URL(locationOf(await own.browser.visit(injected.href)))
      return completeOnMobile(thief, searchParams.get('result') ?? 'none', newOneTimeSecret())
    },
  ],
]

const table = createAttackTable()

const expectRefused = async (what: string, answer: Response) => {
  const seen = { links: await linkCount(system), isRefused: isRefusal(answer) }
  table.record(what, seen.links === 0 && seen.isRefused)
  expect(seen).toEqual({ links: 0, isRefused: true })
}

/** A browser is sent to the page with an error; every other caller is told that it was the caller's doing. */
const isRefusal = ({ status, headers }: Response): boolean =>
  (status >= 400 && status < 500) || (headers.get('location')?.includes('strava=error') ?? false)

const begin = async (): Promise<Scene> => {
  const [athlete, thief] = [await newPerson(), await newPerson()]
  return { athlete, thief, ...(await walkToDeepLink(athlete, { athlete: anna })) }
}

describe('nobody completes an attempt, and its athlete still does', () => {
  test.each(attacks)('%s', async (what, attack) => {
    const scene = await begin()
    await expectRefused(what, await attack(scene))
    expect((await completeOnMobile(scene.athlete, scene.result, scene.codeVerifier)).status).toBe(200)
    const linked = await scene.athlete.json('GET', '/api/v1/strava/status')
    expect(linked).toMatchObject({ status: 'active', athlete: { stravaAthleteId: String(anna) } })
  })
})

const lateAttacks: [string, (scene: Scene) => Promise<Response>][] = [
  [
    'a result after a minute',
    ({ athlete, result, codeVerifier }) => {
      system.clock.advance(61_000)
      return completeOnMobile(athlete, result, codeVerifier)
    },
  ],
  [
    'the result of an attempt whose athlete unlinked meanwhile',
    async ({ athlete, result, codeVerifier }) => {
      const again = await walkToDeepLink(athlete, { athlete: anna })
      await completeOnMobile(athlete, again.result, again.codeVerifier)
      await athlete.call('DELETE', '/api/v1/strava/link')
      return completeOnMobile(athlete, result, codeVerifier)
    },
  ],
]

describe('too late is', () => {
  test.each(lateAttacks)('%s', async (what, attack) => {
    await expectRefused(what, await attack(await begin()))
  })
})

const tries = attacks.length + lateAttacks.length
test(`${tries} tries, none accepted`, () => {
  expect(tries).toBeGreaterThanOrEqual(20)
  expect(table.summary()).toEqual({ tries, accepted: [] })
})

test('the deep link carries the result and nothing else', async () => {
  const { deepLink } = await begin()
  const { protocol, host, pathname, searchParams, hash } = new URL(deepLink)
  expect(`${protocol}//${host}${pathname}${hash}`).toBe('coachai://oauth/strava')
  expect([...searchParams.keys()]).toEqual(['result'])
})

test('a used result makes no second link, for nobody', async () => {
  const { athlete, thief, result, codeVerifier } = await begin()
  expect((await completeOnMobile(athlete, result, codeVerifier)).status).toBe(200)
  const exchanges = tokenCalls(system)
  expect((await completeOnMobile(thief, result, codeVerifier)).status).toBe(400)
  await completeOnMobile(athlete, result, codeVerifier)
  expect([await linkCount(system), tokenCalls(system)]).toEqual([1, exchanges])
  expect(await thief.json('GET', '/api/v1/strava/status')).toMatchObject({ status: 'not_linked' })
})

test('of 1,000 completions at the same moment exactly one links', async () => {
  const { athlete, result, codeVerifier } = await begin()
  const bus = await system.bus()
  const told: string[] = []
  const listening = bus.listen('athlete.linked', '*', ({ linkId }) => void told.push(linkId))
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, () => completeOnMobile(athlete, result, codeVerifier)),
  )
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => status === 200)).toHaveLength(1)
  expect(statuses.filter((status) => status >= 500)).toEqual([])
  await vi.waitFor(() => expect(told).toHaveLength(1))
  expect([await linkCount(system), tokenCalls(system)]).toEqual([1, 1])
  listening.stop()
})

test('asked for again and again, a result lasts no longer than the first', async () => {
  const { browser, back } = await begin()
  const row = async () => (await rowOf('pending'))?.expiresAt
  const deadline = await row()
  system.clock.advance(40_000)
  expect(resultIn(locationOf(await browser.visit(back)))).not.toBe('none')
  expect(await row()).toEqual(deadline)
  system.clock.advance(40_000)
  expect(locationOf(await browser.visit(back))).toContain('error=link_expired')
})

test('a grant that nobody claims is revoked and gone within six minutes', async () => {
  const { athlete, thief, result, codeVerifier } = await begin()
  const isConnected = () => system.strava.control.athletes().find(({ account }) => account === 'anna')?.connected
  const grants = () => system.store.collections.credentials.countDocuments()
  await completeOnMobile(thief, result, codeVerifier)
  expect([isConnected(), await grants()]).toEqual([true, 1])
  system.clock.advance(5 * 60_000 + 1_000)
  await vi.waitFor(async () => expect([isConnected(), await grants()]).toEqual([false, 0]))
  expect((await completeOnMobile(athlete, result, codeVerifier)).status).toBe(400)
})
