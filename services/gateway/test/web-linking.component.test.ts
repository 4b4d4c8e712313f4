import { type Receipt, receiptSchema } from '@slipstream/contracts'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { consent, createBrowser, locationOf } from './support/browser.ts'
import {
  anna,
  askWeb,
  ben,
  chris,
  forgetLinks,
  linkOnWeb,
  passRevocationPause,
  walkToReturn,
} from './support/linking.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterEach(() => forgetLinks(system))
afterAll(() => system.stop())

const linkCount = () => system.store.collections.links.countDocuments()
const tokenCalls = () => system.strava.control.calls().calls.filter(({ endpoint }) => endpoint === 'token').length

test('an athlete links Strava in the browser, step by step', async () => {
  const athlete = await system.signIn('anna')
  const browser = createBrowser()

  const asked = await browser.visit(`${system.url}/api/v1/strava/link-token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${athlete.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ platform: 'web', returnTo: '/training' }),
  })
  expect(asked.status).toBe(201)
  expect(asked.headers.getSetCookie()[0]).toMatch(
    /^slipstream_link=[\w-]{43}; Max-Age=120; Path=\/; HttpOnly; SameSite=Lax$/,
  )
  const { connectUrl, linkToken, expiresAt } = (await asked.json()) as Record<string, string>
  expect(linkToken).toMatch(/^[\w-]{43}$/)
  expect(connectUrl).toBe(`${system.url}/connect?token=${linkToken}`)
  expect(Date.parse(expiresAt!) - Date.now()).toBeGreaterThan(110_000)

  const connect = await browser.visit(connectUrl!)
  expect(connect.status).toBe(303)
  expect(connect.headers.get('referrer-policy')).toBe('no-referrer')
  const authorizeUrl = new URL(locationOf(connect))
  expect(authorizeUrl.pathname).toBe('/oauth/authorize')
  expect(authorizeUrl.searchParams.get('scope')).toBe('read,activity:read_all')
  expect(authorizeUrl.searchParams.get('redirect_uri')).toBe(`${system.url}/callback`)

  const landed = await browser.visit(await consent(browser, authorizeUrl.href, { athlete: anna }))
  expect(landed.status).toBe(303)
  expect(locationOf(landed)).toBe(`${system.url}/training?strava=linked`)

  expect(await athlete.json('GET', '/api/v1/strava/status')).toMatchObject({
    status: 'active',
    athlete: { stravaAthleteId: String(anna), displayName: 'Anna Ahorn' },
    scopes: ['read', 'activity:read_all'],
    error: null,
  })
  const link = await system.store.collections.links.findOne({ stravaAthleteId: String(anna) }).lean()
  expect((await system.store.collections.credentials.findById(link!._id).lean())!.status).toBe('active')
})

test('the link is told as athlete.linked', async () => {
  const bus = await system.bus()
  const events: unknown[] = []
  const listening = bus.listen('athlete.linked', '*', (data) => events.push(data))
  await linkOnWeb(system, await system.signIn('anna'), { athlete: anna })
  const link = await system.store.collections.links.findOne().lean()
  await vi.waitFor(() =>
    expect(events).toEqual([
      {
        athleteId: link!.athleteId,
        linkId: link!._id,
        stravaAthleteId: String(anna),
        scopes: ['read', 'activity:read_all'],
        linkedAt: link!.linkedAt.toISOString(),
      },
    ]),
  )
  listening.stop()
})

test('an id beyond 32 bits stays whole', async () => {
  await linkOnWeb(system, await system.signIn('chris'), { athlete: chris })
  expect(await system.store.collections.links.findOne({ stravaAthleteId: '3100000033' }).lean()).not.toBeNull()
})

test('linking the same account again keeps the link and heals a dead grant', async () => {
  const athlete = await system.signIn('anna')
  await linkOnWeb(system, athlete, { athlete: anna })
  const { links, credentials } = system.store.collections
  const before = await links.findOne().lean()
  const tokensBefore = await credentials.findById(before!._id).lean()
  await links.updateOne({}, { $set: { status: 'reauth_required', errorCode: 'reauth_required' } })

  expect(await linkOnWeb(system, athlete, { athlete: anna })).toContain('strava=linked')
  expect(await links.findOne().lean()).toMatchObject({ _id: before!._id, status: 'active', errorCode: null })
  const tokensAfter = await credentials.findById(before!._id).lean()
  expect(tokensAfter!.tokenVersion).toBeGreaterThan(tokensBefore!.tokenVersion)
  expect(await credentials.countDocuments()).toBe(1)
})

test('the same attempt ending twice at once makes one link', async () => {
  const athlete = await system.signIn('anna')
  const walks = await Promise.all(
    [1, 2, 3].map(() => walkToReturn(system, athlete, { athlete: anna }, createBrowser())),
  )
  const ends = await Promise.all(walks.map(async ({ browser, back }) => locationOf(await browser.visit(back))))
  expect(ends.filter((end) => end.includes('strava=linked')).length).toBeGreaterThan(0)
  expect(await linkCount()).toBe(1)
  expect(await system.store.collections.credentials.countDocuments()).toBe(1)
})

describe('what Strava says instead of yes', () => {
  test.each<[string, Parameters<typeof linkOnWeb>[2], string]>([
    ['the athlete cancels', { athlete: anna, decision: 'deny' }, 'consent_denied'],
    ['all boxes are unticked', { athlete: anna, scopes: [] }, 'scope_missing'],
    ['private activities are unticked', { athlete: anna, scopes: ['read'] }, 'scope_missing'],
  ])('%s', async (_what, answer, code) => {
    const athlete = await system.signIn('anna')
    expect(await linkOnWeb(system, athlete, answer)).toBe(`${system.url}/?strava=error&code=${code}`)
    expect(await linkCount()).toBe(0)
    expect(tokenCalls()).toBe(0)
  })

  test.each([
    ['it is down', { kind: 'status', status: 503 }, 'strava_unavailable'],
    ['it cuts the line', { kind: 'cut' }, 'strava_unavailable'],
    ['it answers with a page of text', { kind: 'status', status: 502, body: 'html' }, 'strava_unavailable'],
    ['the app is switched off', { kind: 'app_inactive' }, 'app_inactive'],
    ['our secret is wrong', { kind: 'wrong_client_secret' }, 'app_misconfigured'],
    ['the quota is used up', { kind: 'status', status: 429 }, 'quota_exhausted'],
  ] as const)('%s', async (_what, effect, code) => {
    const athlete = await system.signIn('anna')
    system.strava.control.setFaults({ rules: [{ endpoint: 'token', effect }] })
    expect(await linkOnWeb(system, athlete, { athlete: anna })).toBe(`${system.url}/?strava=error&code=${code}`)
    expect(await linkCount()).toBe(0)
    await system.store.collections.quota.deleteMany({})
  })

  test('while the app is switched off the status names the operator', async () => {
    const athlete = await system.signIn('anna')
    await linkOnWeb(system, athlete, { athlete: anna })
    system.strava.control.setFaults({ rules: [{ endpoint: 'token', effect: { kind: 'app_inactive' } }] })
    await linkOnWeb(system, athlete, { athlete: anna })
    expect(await athlete.json('GET', '/api/v1/strava/status')).toMatchObject({
      status: 'active',
      error: { code: 'app_inactive', actor: 'operator' },
    })
    await system.store.collections.quota.deleteMany({})
  })
})

describe('whose account it is', () => {
  test('an account that is linked is refused to a second athlete and stays where it is', async () => {
    const first = await system.signIn('anna')
    await linkOnWeb(system, first, { athlete: anna })
    const link = await system.store.collections.links.findOne().lean()
    const second = await system.signIn('mallory')
    expect(await linkOnWeb(system, second, { athlete: anna })).toContain('code=strava_account_in_use')
    expect(await linkCount()).toBe(1)
    expect((await system.store.collections.links.findOne().lean())!.athleteId).toBe(link!.athleteId)
    expect(await second.json('GET', '/api/v1/strava/status')).toMatchObject({ status: 'not_linked' })
    // The grant of the first lives on: nothing was revoked, and the newest tokens went to the link that is there.
    expect(system.strava.control.athletes().find(({ account }) => account === 'anna')?.connected).toBe(true)
    expect((await system.store.collections.credentials.findById(link!._id).lean())!.tokenVersion).toBeGreaterThan(1)
  })

  test('a second account of the same athlete is refused and its grant taken back', async () => {
    const athlete = await system.signIn('anna')
    await linkOnWeb(system, athlete, { athlete: anna })
    expect(await linkOnWeb(system, athlete, { athlete: ben })).toContain('code=different_strava_account')
    await vi.waitFor(() => expect(connectedAccounts()).toEqual(['anna']))
    expect(await system.store.collections.credentials.countDocuments()).toBe(1)
  })
})

describe('attacks on the web flow', () => {
  const home = () => `${system.url}/?strava=error&code=link_token_invalid`

  const nothingLinked = async () => {
    expect(await linkCount()).toBe(0)
    expect(await system.store.collections.credentials.countDocuments()).toBe(0)
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
      'link token used twice',
      async (athlete) => {
        const browser = createBrowser()
        const { connectUrl } = await askWeb(system, athlete, browser)
        await browser.visit(connectUrl)
        return locationOf(await browser.visit(connectUrl))
      },
    ],
    [
      'link token made up',
      async () => locationOf(await createBrowser().visit(`${system.url}/connect?token=${'A'.repeat(43)}`)),
    ],
    ['link token left out', async () => locationOf(await createBrowser().visit(`${system.url}/connect`))],
    [
      'link token given twice in one address',
      async (athlete) => {
        const browser = createBrowser()
        const { connectUrl } = await askWeb(system, athlete, browser)
        return locationOf(await browser.visit(`${connectUrl}&token=x`))
      },
    ],
    [
      'link token as a query operator',
      async (athlete) => {
        const browser = createBrowser()
        await askWeb(system, athlete, browser)
        return locationOf(await browser.visit(`${system.url}/connect?token[$ne]=x`))
      },
    ],
    [
      'link token cut short',
      async (athlete) => {
        const browser = createBrowser()
        const { connectUrl } = await askWeb(system, athlete, browser)
        return locationOf(await browser.visit(connectUrl.slice(0, -1)))
      },
    ],
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
    [
      'return whose state was consumed by the wrong browser first',
      async (athlete) => {
        const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
        await createBrowser().visit(back)
        return locationOf(await browser.visit(back))
      },
    ],
    [
      'return without a state',
      async (athlete) => {
        const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
        const url = new URL(back)
        url.searchParams.delete('state')
        return locationOf(await browser.visit(url.href))
      },
    ],
    [
      'return with a made-up state (CSRF)',
      async (athlete) => {
        const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
        const url = new URL(back)
        url.searchParams.set('state', 'B'.repeat(43))
        return locationOf(await browser.visit(url.href))
      },
    ],
    [
      'return with two states',
      async (athlete) => {
        const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
        return locationOf(await browser.visit(`${back}&state=x`))
      },
    ],
    [
      'return with the state as a query operator',
      async (athlete) => {
        const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
        return locationOf(await browser.visit(back.replace('state=', 'state[$ne]=')))
      },
    ],
    [
      'return with the hash of the state',
      async (athlete) => {
        const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
        const stored = await system.store.collections.linkTransactions.findOne({ step: 'authorizing' }).lean()
        const url = new URL(back)
        url.searchParams.set('state', stored!.stateHash!)
        return locationOf(await browser.visit(url.href))
      },
    ],
    [
      'return without a code',
      async (athlete) => {
        const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
        const url = new URL(back)
        url.searchParams.delete('code')
        return locationOf(await browser.visit(url.href))
      },
    ],
    [
      'return with two codes (injection)',
      async (athlete) => {
        const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
        return locationOf(await browser.visit(`${back}&code=x`))
      },
    ],
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
    expect(locationOf(await browser.visit(back))).toBe(home())
    expect(await linkCount()).toBe(1)
    expect(tokenCalls()).toBe(1)
  })

  test('a code of another attempt, injected into one’s own, is spent or belongs to who consented', async () => {
    const athlete = await system.signIn('athlete')
    const other = await walkToReturn(system, await system.signIn('victim'), { athlete: ben })
    const stolen = new URL(other.back).searchParams.get('code')!
    await other.browser.visit(other.back)
    const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
    const url = new URL(back)
    url.searchParams.set('code', stolen)
    expect(locationOf(await browser.visit(url.href))).toContain('code=link_expired')
    expect(await athlete.json('GET', '/api/v1/strava/status')).toMatchObject({ status: 'not_linked' })
  })

  test('a made-up code is refused by Strava', async () => {
    const athlete = await system.signIn('athlete')
    const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
    const url = new URL(back)
    url.searchParams.set('code', 'f'.repeat(40))
    expect(locationOf(await browser.visit(url.href))).toContain('code=link_expired')
    await nothingLinked()
  })

  test('the scope in the address cannot be raised to pass the check without a grant behind it', async () => {
    const athlete = await system.signIn('athlete')
    const { browser, back } = await walkToReturn(system, athlete, { athlete: anna, decision: 'deny' })
    expect(locationOf(await browser.visit(`${back}&scope=read,activity:read_all`))).toContain('code=consent_denied')
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

const connectedAccounts = () =>
  system.strava.control
    .athletes()
    .filter(({ connected }) => connected)
    .map(({ account }) => account)

describe('an account whose revocation is still owed', () => {
  const receiptOf = async (athlete: SignedIn, receiptId: string): Promise<Receipt> =>
    receiptSchema.parse(await athlete.json('GET', `/api/v1/strava/receipts/${receiptId}`))
  const revokeCalls = () => system.strava.control.calls().counts.revoke ?? {}
  const unlink = async (athlete: SignedIn): Promise<string> => {
    const { receiptId } = await athlete.json('DELETE', '/api/v1/strava/link')
    return receiptId
  }
  const settledReceipt = async (athlete: SignedIn, receiptId: string) => {
    await vi.waitFor(async () => {
      const receipt = await system.store.collections.receipts.findById(receiptId).lean()
      expect(receipt?.revocationSettledAt).not.toBeNull()
    })
    return await receiptOf(athlete, receiptId)
  }

  test('is linked by another athlete while revoking answers 503: no revocation follows', async () => {
    for (let time = 1; time <= 5; time++) {
      const first = await system.signIn('ben')
      await linkOnWeb(system, first, { athlete: anna })
      system.strava.control.setFaults({ rules: [{ endpoint: 'revoke', effect: { kind: 'status', status: 503 } }] })
      const receiptId = await unlink(first)
      const second = await system.signIn('anna')
      expect(await linkOnWeb(system, second, { athlete: anna })).toContain('strava=linked')
      system.strava.control.clearFaults()
      await passRevocationPause(system)
      const { revokedAtStrava, note } = await settledReceipt(first, receiptId)
      expect([revokedAtStrava, note]).toEqual([false, 'linked_again'])
      const owing = { owed: { $ne: null } }
      await vi.waitFor(async () => expect(await system.store.collections.accounts.countDocuments(owing)).toBe(0))
      expect(connectedAccounts()).toEqual(['anna'])
      await forgetLinks(system)
    }
  })

  test.each([
    ['does not reach the new grant', 'always', 'strava=linked', { revokedAtStrava: false, note: 'linked_again' }],
    ['ends the new grant, too', 'never', 'code=link_expired', { revokedAtStrava: true, note: null }],
  ] as const)('is linked while a slow call to revoke is under way, which %s', async (_what, rotation, end, told) => {
    system.strava.control.setFaults({ behaviour: { refreshRotation: rotation } })
    const first = await system.signIn('ben')
    await linkOnWeb(system, first, { athlete: anna })
    const second = await system.signIn('anna')
    const { browser, back } = await walkToReturn(system, second, { athlete: anna })
    system.strava.control.setFaults({ rules: [{ endpoint: 'revoke', effect: { kind: 'latency', latencyMs: 1_000 } }] })
    const receiptId = await unlink(first)
    await vi.waitFor(async () =>
      expect(await system.store.collections.accounts.countDocuments({ 'owed.callId': { $ne: null } })).toBe(1),
    )
    expect(locationOf(await browser.visit(back))).toContain(end)
    system.strava.control.clearFaults()
    expect(await settledReceipt(first, receiptId)).toMatchObject(told)
    if (end !== 'strava=linked') {
      expect(await linkCount()).toBe(0)
      expect(await system.store.collections.credentials.countDocuments()).toBe(0)
      expect(await linkOnWeb(system, second, { athlete: anna })).toContain('strava=linked')
    }
    expect(connectedAccounts()).toEqual(['anna'])
  })

  test('is linked by the same athlete: the revocation is tried when the link token is asked for, and refuses nobody', async () => {
    const athlete = await system.signIn('anna')
    await linkOnWeb(system, athlete, { athlete: anna })
    system.strava.control.setFaults({ rules: [{ endpoint: 'revoke', effect: { kind: 'status', status: 503 } }] })
    const receiptId = await unlink(athlete)
    await vi.waitFor(() => expect(revokeCalls()).toEqual({ 503: 1 }))
    expect((await athlete.call('POST', '/api/v1/strava/link-token', { platform: 'web' })).status).toBe(201)
    expect(revokeCalls()).toEqual({ 503: 2 })
    system.strava.control.clearFaults()
    expect((await athlete.call('POST', '/api/v1/strava/link-token', { platform: 'web' })).status).toBe(201)
    expect(connectedAccounts()).toEqual([])
    expect(await receiptOf(athlete, receiptId)).toMatchObject({ revokedAtStrava: true })
  })

  test('unlinked while the browser was at Strava: the code is exchanged, and the revocation cancelled', async () => {
    const athlete = await system.signIn('anna')
    await linkOnWeb(system, athlete, { athlete: anna })
    const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
    system.strava.control.setFaults({ rules: [{ endpoint: 'revoke', effect: { kind: 'status', status: 503 } }] })
    const receiptId = await unlink(athlete)
    await vi.waitFor(() => expect(revokeCalls()).toEqual({ 503: 1 }))
    expect(locationOf(await browser.visit(back))).toContain('strava=linked')
    system.strava.control.clearFaults()
    await vi.waitFor(async () =>
      expect(await receiptOf(athlete, receiptId)).toMatchObject({ revokedAtStrava: false, note: 'linked_again' }),
    )
    expect(connectedAccounts()).toEqual(['anna'])
  })
})
