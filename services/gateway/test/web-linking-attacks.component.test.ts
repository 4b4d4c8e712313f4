import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Consent, consent, createBrowser, locationOf } from './support/browser.ts'
import { anna, askWeb, ben, forgetLinks, linkCount, tokenCalls, walkToReturn } from './support/linking.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterEach(() => forgetLinks(system))
afterAll(() => system.stop())

describe('attacks on the web flow', () => {
  const home = () => `${system.url}/?strava=error&code=link_token_invalid`

  const nothingLinked = async () => {
    expect(await linkCount(system)).toBe(0)
    expect(await system.store.collections.credentials.countDocuments()).toBe(0)
  }

  /** Opens another address in the browser that asked for the link token. */
  const connectWith = async (athlete: SignedIn, change: (connectUrl: string) => string) => {
    const browser = createBrowser()
    const { connectUrl } = await askWeb(system, athlete, browser)
    return locationOf(await browser.visit(change(connectUrl)))
  }

  /** Comes back from Strava in the right browser, at another address than Strava's. */
  const returnWith = async (
    athlete: SignedIn,
    change: (back: string) => string | Promise<string>,
    answer: Consent = { athlete: anna },
  ) => {
    const { browser, back } = await walkToReturn(system, athlete, answer)
    return locationOf(await browser.visit(await change(back)))
  }
  const replaced = (name: 'state' | 'code', value: string) => (back: string) => {
    const url = new URL(back)
    url.searchParams.set(name, value)
    return url.href
  }
  const without = (name: 'state' | 'code') => (back: string) => {
    const url = new URL(back)
    url.searchParams.delete(name)
    return url.href
  }

  const cases: [string, (athlete: SignedIn) => Promise<string>][] = [
    [
      'link token opened in another browser',
      async (athlete) => {
        const { connectUrl } = await askWeb(system, athlete, createBrowser())
        return locationOf(await createBrowser().visit(connectUrl))
      },
    ],
    [
      'link token opened with a made-up cookie',
      async (athlete) => {
        const { connectUrl } = await askWeb(system, athlete, createBrowser())
        const other = createBrowser()
        other.jarOf(system.url).set('slipstream_link', 'A'.repeat(43))
        return locationOf(await other.visit(connectUrl))
      },
    ],
    [
      'link token opened with the cookie of another athlete’s attempt',
      async (athlete) => {
        const mine = createBrowser()
        await askWeb(system, await system.signIn('mallory'), mine)
        const { connectUrl } = await askWeb(system, athlete, createBrowser())
        return locationOf(await mine.visit(connectUrl))
      },
    ],
    [
      'link token used by its own browser first',
      async (athlete) => {
        const browser = createBrowser()
        const { connectUrl } = await askWeb(system, athlete, browser)
        await browser.visit(connectUrl)
        return locationOf(await createBrowser().visit(connectUrl))
      },
    ],
    [
      'link token made up',
      async () => locationOf(await createBrowser().visit(`${system.url}/connect?token=${'A'.repeat(43)}`)),
    ],
    ['link token left out', async () => locationOf(await createBrowser().visit(`${system.url}/connect`))],
    [
      'link token given twice in one address',
      (athlete) => connectWith(athlete, (connectUrl) => `${connectUrl}&token=x`),
    ],
    ['link token as a query operator', (athlete) => connectWith(athlete, () => `${system.url}/connect?token[$ne]=x`)],
    ['link token cut short', (athlete) => connectWith(athlete, (connectUrl) => connectUrl.slice(0, -1))],
    [
      'return in another browser: a victim approves the attacker’s attempt',
      async (athlete) => {
        const { back } = await walkToReturn(system, athlete, { athlete: anna })
        return locationOf(await createBrowser().visit(back))
      },
    ],
    [
      'return in a browser with an attempt of its own',
      async (athlete) => {
        const victim = createBrowser()
        await walkToReturn(system, await system.signIn('victim'), { athlete: ben }, victim)
        const { back } = await walkToReturn(system, athlete, { athlete: anna })
        return locationOf(await victim.visit(back))
      },
    ],
    [
      'return with a made-up transaction cookie',
      async (athlete) => {
        const { back } = await walkToReturn(system, athlete, { athlete: anna })
        const other = createBrowser()
        other.jarOf(system.url).set('slipstream_oauth_txn', 'A'.repeat(43))
        return locationOf(await other.visit(back))
      },
    ],
    ['return without a state', (athlete) => returnWith(athlete, without('state'))],
    ['return with a made-up state (CSRF)', (athlete) => returnWith(athlete, replaced('state', 'B'.repeat(43)))],
    ['return with two states', (athlete) => returnWith(athlete, (back) => `${back}&state=x`)],
    [
      'return with the state as a query operator',
      (athlete) => returnWith(athlete, (back) => back.replace('state=', 'state[$ne]=')),
    ],
    [
      'return with the hash of the state',
      (athlete) =>
        returnWith(athlete, async (back) => {
          const stored = await system.store.collections.linkTransactions.findOne({ step: 'authorizing' }).lean()
          return replaced('state', stored!.stateHash!)(back)
        }),
    ],
    ['return without a code', (athlete) => returnWith(athlete, without('code'))],
    ['return with two codes (injection)', (athlete) => returnWith(athlete, (back) => `${back}&code=x`)],
  ]

  test.each(cases)('%s', async (_what, attack) => {
    expect(await attack(await system.signIn('athlete'))).toBe(home())
    await nothingLinked()
  })

  test('link token refused in the wrong browser still works in its own', async () => {
    const athlete = await system.signIn('athlete')
    const browser = createBrowser()
    const { connectUrl } = await askWeb(system, athlete, browser)
    await createBrowser().visit(connectUrl)
    expect(locationOf(await browser.visit(connectUrl))).toContain('/oauth/authorize')
  })

  test('a return replayed after success changes nothing', async () => {
    const athlete = await system.signIn('athlete')
    const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
    expect(locationOf(await browser.visit(back))).toContain('strava=linked')
    expect(locationOf(await createBrowser().visit(back))).toBe(home())
    expect(await linkCount(system)).toBe(1)
    expect(tokenCalls(system)).toBe(1)
  })

  test('a code of another attempt, injected into one’s own, is spent or belongs to who consented', async () => {
    const athlete = await system.signIn('athlete')
    const other = await walkToReturn(system, await system.signIn('victim'), { athlete: ben })
    const stolen = new URL(other.back).searchParams.get('code')!
    await other.browser.visit(other.back)
    expect(await returnWith(athlete, replaced('code', stolen))).toContain('code=link_expired')
    expect(await athlete.json('GET', '/api/v1/strava/status')).toMatchObject({ status: 'not_linked' })
  })

  test('a made-up code is refused by Strava', async () => {
    const athlete = await system.signIn('athlete')
    expect(await returnWith(athlete, replaced('code', 'f'.repeat(40)))).toContain('code=link_expired')
    await nothingLinked()
  })

  test('the scope in the address cannot be raised to pass the check without a grant behind it', async () => {
    const athlete = await system.signIn('athlete')
    const raised = (back: string) => `${back}&scope=read,activity:read_all`
    expect(await returnWith(athlete, raised, { athlete: anna, decision: 'deny' })).toContain('code=consent_denied')
    await nothingLinked()
  })

  test.each([
    [
      'link token',
      121_000,
      async (athlete: SignedIn) => {
        const browser = createBrowser()
        const { connectUrl } = await askWeb(system, athlete, browser)
        return () => browser.visit(connectUrl)
      },
    ],
    [
      'consent',
      601_000,
      async (athlete: SignedIn) => {
        const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
        return () => browser.visit(back)
      },
    ],
  ] as const)('an expired %s is refused', async (_what, ageMs, prepare) => {
    const use = await prepare(
      await system.signIn('athlete', { claims: { exp: Math.floor(Date.now() / 1000) + 86_400 } }),
    )
    system.clock.advance(ageMs)
    expect(locationOf(await use())).toContain('code=link_expired')
    await nothingLinked()
  })

  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'javascript:alert(1)',
    '/x?next=https://evil.example',
    '/%0d%0aSet-Cookie:x=y',
    'evil',
    '',
  ])('return path %j is refused (open redirect)', async (returnTo) => {
    const athlete = await system.signIn('athlete')
    const response = await athlete.call('POST', '/api/v1/strava/link-token', { platform: 'web', returnTo })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 'invalid_request', errors: [{ path: 'returnTo' }] })
  })

  test('HEAD, as a link scanner sends it, spends no link token', async () => {
    const athlete = await system.signIn('athlete')
    const browser = createBrowser()
    const { connectUrl } = await askWeb(system, athlete, browser)
    const head = await fetch(connectUrl, { method: 'HEAD', redirect: 'manual' })
    expect([head.status, head.headers.get('allow')]).toEqual([405, 'GET'])
    expect(locationOf(await browser.visit(connectUrl))).toContain('/oauth/authorize')
  })

  test('a program that asks for JSON gets the problem document', async () => {
    const response = await system.call(null, 'GET', '/connect?token=x', undefined, { accept: 'application/json' })
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(await response.json()).toMatchObject({ code: 'link_token_invalid', actor: 'athlete' })
  })

  test('one-time values are hashed at rest and never logged', async () => {
    const athlete = await system.signIn('athlete')
    const browser = createBrowser()
    const { connectUrl, linkToken } = await askWeb(system, athlete, browser)
    const authorizeUrl = new URL(locationOf(await browser.visit(connectUrl)))
    const state = authorizeUrl.searchParams.get('state')!
    const back = await consent(browser, authorizeUrl.href, { athlete: anna })
    const code = new URL(back).searchParams.get('code')!
    await browser.visit(back)
    const cookies = [...browser.jarOf(system.url).values()]
    const grant = await system.store.collections.credentials.findOne().lean()
    const stored = JSON.stringify([await system.store.collections.linkTransactions.find().lean(), grant])
    const logged = system.logLines.join('\n')
    for (const secret of [linkToken, state, code, athlete.token, ...cookies]) {
      expect(stored).not.toContain(secret)
      expect(logged).not.toContain(secret)
    }
    expect(logged).toContain('/callback')
  })
})
