import { createHmac } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createAttackTable } from './support/attack-table.ts'
import { type Browser, type Consent, consent, createBrowser, locationOf } from './support/browser.ts'
import { anna, askWeb, ben, forgetLinks, linkCount, tokenCalls, walkToReturn } from './support/linking.ts'
import { sendRaw } from './support/raw-request.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

/*
 * Promise 15: linking in the browser resists forged and forwarded returns, injected codes, replays and open redirects. Each row
 * is one try. Whatever is answered, the attacker has gained nothing; where a row says so, the athlete's own attempt goes on
 * as if nothing had been.
 *
 * One attack is not in the tables because nothing here can tell it from the athlete's own doing: a code that was stolen
 * *unused* and brought in the thief's own attempt. PKCE would stop it, and Strava has none. It has a test of its own below,
 * which says what is left to the thief.
 */

let system: System
/** Its public address is https, so that its cookies have the `__Host-` prefix. */
let secure: System
const secureAddress = 'https://gateway.example'

beforeAll(async () => {
  ;[system, secure] = await Promise.all([startSystem(), startSystem({ env: { PUBLIC_URL: secureAddress } })])
})
afterAll(() => Promise.all([system?.stop(), secure?.stop()]))

let people = 0
/** Somebody new for each row: limits on what one person may ask for are another matter. */
const newPerson = (at = system) => {
  people += 1
  return at.signIn(`person-${people}`, { claims: { exp: Math.floor(Date.now() / 1000) + 86_400 } })
}

const table = createAttackTable()

interface Try {
  answers: Response[]
  /** Links that were there before the try. */
  links?: number
  at?: System
}

/** A browser is led back to the page with an error of the catalogue, or is told so right there. */
const isRefusal = ({ status, headers }: Response, publicUrl: string): boolean => {
  const location = headers.get('location')
  if (location === null) return status >= 400 && status < 500
  const { origin, searchParams } = new URL(location)
  return status === 303 && origin === publicUrl && searchParams.get('strava') === 'error'
}

const expectRefused = async (what: string, { answers, links = 0, at = system }: Try) => {
  const publicUrl = at === secure ? secureAddress : at.url
  const seen = {
    links: await linkCount(at),
    grants: await at.store.collections.credentials.countDocuments(),
    accepted: answers
      .filter((answer) => !isRefusal(answer, publicUrl))
      .map(({ status, headers }) => `${status} ${headers.get('location')}`),
  }
  const refused = { links, grants: links, accepted: [] }
  table.record(what, JSON.stringify(seen) === JSON.stringify(refused))
  expect(answers.length).toBeGreaterThan(0)
  expect(seen).toEqual(refused)
}

const fresh = 'A'.repeat(43)

/** A request with a `Cookie` of our own making. */
const visitWith = (url: string, headers: Record<string, string>, method = 'GET') =>
  fetch(url, { method, headers: { accept: 'text/html', ...headers }, redirect: 'manual' })

const changed = (address: string, change: (query: URLSearchParams) => void): string => {
  const url = new URL(address)
  change(url.searchParams)
  return url.href
}
const withValue = (address: string, name: string, value: string) => changed(address, (query) => query.set(name, value))

// ————— The link token, which opens the way to Strava —————

/** Asked for by its athlete, not opened yet. */
interface Issued {
  athlete: SignedIn
  browser: Browser
  connectUrl: string
  token: string
}

const issued = async (): Promise<Issued> => {
  const [athlete, browser] = [await newPerson(), createBrowser()]
  const { connectUrl, linkToken } = await askWeb(system, athlete, browser)
  return { athlete, browser, connectUrl, token: linkToken }
}

const linkTokenAttacks: [string, (issued: Issued) => Promise<Response>][] = [
  ['opened in a browser without a cookie', ({ connectUrl }) => createBrowser().visit(connectUrl)],
  ['opened with a made-up cookie', ({ connectUrl }) => visitWith(connectUrl, { cookie: `slipstream_link=${fresh}` })],
  [
    'opened in the browser of another athlete, who has a link token too',
    async ({ connectUrl }) => {
      const other = await issued()
      return other.browser.visit(connectUrl)
    },
  ],
  [
    'opened with the link token itself for a cookie',
    ({ connectUrl, token }) => visitWith(connectUrl, { cookie: `slipstream_link=${token}` }),
  ],
  [
    'opened with the hash of the right cookie, as the database has it',
    async ({ connectUrl }) => {
      const row = await system.store.collections.linkTransactions.findOne({ step: 'issued' }).lean()
      return visitWith(connectUrl, { cookie: `slipstream_link=${row?.browserHash}` })
    },
  ],
  [
    'opened with the right cookie under a longer name',
    ({ connectUrl, browser }) =>
      visitWith(connectUrl, { cookie: `slipstream_link2=${browser.jarOf(system.url).get('slipstream_link')}` }),
  ],
  ['made up', ({ browser }) => browser.visit(`${system.url}/connect?token=${fresh}`)],
  ['left out', ({ browser }) => browser.visit(`${system.url}/connect`)],
  ['empty', ({ browser }) => browser.visit(`${system.url}/connect?token=`)],
  ['given twice', ({ browser, connectUrl }) => browser.visit(`${connectUrl}&token=x`)],
  ['cut short', ({ browser, connectUrl }) => browser.visit(connectUrl.slice(0, -1))],
  ['in other letters', ({ browser, token }) => browser.visit(`${system.url}/connect?token=${token.toLowerCase()}x`)],
  ['as a query operator', ({ browser }) => browser.visit(`${system.url}/connect?token[$ne]=x`)],
  ['with a NUL behind it', ({ browser, connectUrl }) => browser.visit(`${connectUrl}%00`)],
  ['with a line break and a header behind it', ({ browser, connectUrl }) => browser.visit(`${connectUrl}%0d%0aX: y`)],
  ['of 8,000 characters', ({ browser }) => browser.visit(`${system.url}/connect?token=${'A'.repeat(8_000)}`)],
  [
    'as the hash of it, as the database has it',
    async ({ browser }) => {
      const row = await system.store.collections.linkTransactions.findOne({ step: 'issued' }).lean()
      return browser.visit(`${system.url}/connect?token=${row?.linkTokenHash}`)
    },
  ],
  [
    'looked at with HEAD, as a scanner does',
    ({ browser, connectUrl }) => browser.visit(connectUrl, { method: 'HEAD' }),
  ],
  ['sent with POST', ({ browser, connectUrl }) => browser.visit(connectUrl, { method: 'POST' })],
  ['asked about with OPTIONS', ({ browser, connectUrl }) => browser.visit(connectUrl, { method: 'OPTIONS' })],
]

describe('a link token', () => {
  let mine: Issued
  beforeAll(async () => {
    mine = await issued()
  })
  afterAll(() => forgetLinks(system))

  test.each(linkTokenAttacks)('%s', async (what, attack) => {
    await expectRefused(what, { answers: [await attack(mine)] })
  })

  test('still works for its athlete after all that', async () => {
    expect(locationOf(await mine.browser.visit(mine.connectUrl))).toContain('/oauth/authorize')
  })
})

// ————— The return from Strava —————

/** The athlete has agreed; the browser is about to follow Strava back. */
interface Returning {
  athlete: SignedIn
  browser: Browser
  /** Where Strava sends the browser. */
  back: string
}

const returning = async (answer: Consent = { athlete: anna }): Promise<Returning> => {
  const athlete = await newPerson()
  return { athlete, ...(await walkToReturn(system, athlete, answer)) }
}

const stateOf = (back: string) => new URL(back).searchParams.get('state') ?? ''
const codeOf = (back: string) => new URL(back).searchParams.get('code') ?? ''

/** In the athlete's own browser, so that only the state is wrong. */
const stateAttacks: [string, (returning: Returning) => Promise<Response> | Response][] = [
  ['missing', ({ browser, back }) => browser.visit(changed(back, (query) => query.delete('state')))],
  ['empty', ({ browser, back }) => browser.visit(withValue(back, 'state', ''))],
  ['made up (CSRF)', ({ browser, back }) => browser.visit(withValue(back, 'state', fresh))],
  [
    'of the attempt of another athlete',
    async ({ browser, back }) => {
      const other = await returning({ athlete: ben })
      return browser.visit(withValue(back, 'state', stateOf(other.back)))
    },
  ],
  ['twice, the right one first', ({ browser, back }) => browser.visit(`${back}&state=${fresh}`)],
  ['twice, the right one last', ({ browser, back }) => browser.visit(back.replace('state=', `state=${fresh}&state=`))],
  ['twice, both right', ({ browser, back }) => browser.visit(`${back}&state=${stateOf(back)}`)],
  ['as a list', ({ browser, back }) => browser.visit(back.replace('state=', 'state[]='))],
  ['as an element of a list', ({ browser, back }) => browser.visit(back.replace('state=', 'state[0]='))],
  ['as a query operator', ({ browser, back }) => browser.visit(back.replace('state=', 'state[$ne]='))],
  ['under another name', ({ browser, back }) => browser.visit(back.replace('state=', 'STATE='))],
  [
    'encoded twice',
    ({ browser, back }) => browser.visit(back.replace(/state=([\w-]+)/, (_all, state) => `state=${hexTwice(state)}`)),
  ],
  ['with a NUL behind it', ({ browser, back }) => browser.visit(withValue(back, 'state', `${stateOf(back)}\0`))],
  ['with a space behind it', ({ browser, back }) => browser.visit(withValue(back, 'state', `${stateOf(back)} `))],
  [
    'with a line break and a cookie behind it',
    ({ browser, back }) => browser.visit(withValue(back, 'state', `${stateOf(back)}\r\nSet-Cookie: x=y`)),
  ],
  ['cut short', ({ browser, back }) => browser.visit(withValue(back, 'state', stateOf(back).slice(0, -1)))],
  ['of 8,000 characters', ({ browser, back }) => browser.visit(withValue(back, 'state', stateOf(back).repeat(186)))],
  [
    'of 20,000 characters, more than a request may have',
    ({ browser, back }) => browser.visit(withValue(back, 'state', 'A'.repeat(20_000))),
  ],
  ['in bytes that are no text', ({ browser, back }) => browser.visit(back.replace('state=', 'state=%ff%fe'))],
  [
    'as the hash of it, as the database has it',
    async ({ browser, back }) => {
      const row = await system.store.collections.linkTransactions.findOne({ step: 'authorizing' }).lean()
      return browser.visit(withValue(back, 'state', row?.stateHash ?? ''))
    },
  ],
  [
    'in the body of a POST',
    ({ browser, back }) => {
      const { origin, pathname, search } = new URL(back)
      return browser.visit(origin + pathname, { method: 'POST', body: new URLSearchParams(search) })
    },
  ],
  ['looked at with HEAD, as a scanner does', ({ browser, back }) => browser.visit(back, { method: 'HEAD' })],
  ['asked about with OPTIONS', ({ browser, back }) => browser.visit(back, { method: 'OPTIONS' })],
]

const hexTwice = (text: string) =>
  [...text].map((letter) => `%25${letter.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')

describe('a return whose state is', () => {
  let mine: Returning
  beforeAll(async () => {
    mine = await returning()
  })
  afterAll(() => forgetLinks(system))

  test.each(stateAttacks)('%s', async (what, attack) => {
    await expectRefused(what, { answers: [await attack(mine)] })
  })

  test('right still links its athlete after all that', async () => {
    expect(locationOf(await mine.browser.visit(mine.back))).toContain('strava=linked')
    expect(await mine.athlete.json('GET', '/api/v1/strava/status')).toMatchObject({ status: 'active' })
  })
})

/** Each begins with an attempt of its own: what it does may end the attempt. */
const otherAttacks: [string, () => Promise<Try>][] = [
  // ————— Whose browser it is —————
  [
    'forwarded authorisation: the attacker’s page of Strava, approved in the victim’s browser',
    async () => {
      const { authorizeUrl } = await atStrava(await newPerson())
      const victim = createBrowser()
      return { answers: [await victim.visit(await consent(victim, authorizeUrl, { athlete: ben }))] }
    },
  ],
  [
    'forwarded authorisation, to a victim who is linking too',
    async () => {
      const { authorizeUrl } = await atStrava(await newPerson())
      const victim = await returning({ athlete: ben })
      return { answers: [await victim.browser.visit(await consent(victim.browser, authorizeUrl, { athlete: ben }))] }
    },
  ],
  [
    'forwarded authorisation, to a victim who has linked',
    async () => {
      const victim = await returning({ athlete: ben })
      await victim.browser.visit(victim.back)
      const { authorizeUrl } = await atStrava(await newPerson())
      const back = await consent(victim.browser, authorizeUrl, { athlete: ben })
      return { answers: [await victim.browser.visit(back)], links: 1 }
    },
  ],
  [
    'forwarded authorisation, to a program that asks for JSON',
    async () => {
      const { authorizeUrl } = await atStrava(await newPerson())
      const back = await consent(createBrowser(), authorizeUrl, { athlete: ben })
      return { answers: [await visitWith(back, { accept: 'application/json' })] }
    },
  ],
  [
    'login CSRF: the attacker’s own return, code and all, opened by a victim',
    async () => ({ answers: [await createBrowser().visit((await returning()).back)] }),
  ],
  [
    'login CSRF, opened by a victim who is linking too',
    async () => {
      const [attacker, victim] = [await returning(), await returning({ athlete: ben })]
      return { answers: [await victim.browser.visit(attacker.back)] }
    },
  ],
  [
    'two athletes whose returns are exchanged',
    async () => {
      const [one, other] = [await returning(), await returning({ athlete: ben })]
      return { answers: await Promise.all([one.browser.visit(other.back), other.browser.visit(one.back)]) }
    },
  ],
  [
    'a code of the attacker’s, with a state worked out from the link token, opened in the browser that is linking',
    async () => {
      const [attacker, victim] = [await returning({ athlete: ben }), await atStrava(await newPerson())]
      const token = new URL(victim.connectUrl).searchParams.get('token') ?? ''
      const state = createHmac('sha256', token).update('state').digest('base64url')
      return { answers: [await victim.browser.visit(withValue(attacker.back, 'state', state))] }
    },
  ],
  [
    'forwarded link, from whoever used the victim’s browser before and has kept a copy of its cookies',
    async () => {
      const { attacker, shared, copy } = await sharedBrowser()
      const { connectUrl } = await askWeb(system, attacker, copy)
      return { answers: [await shared.visit(connectUrl)] }
    },
  ],
  [
    'forwarded authorisation, from whoever used the victim’s browser before and has kept a copy of its cookies',
    async () => {
      const { attacker, shared, copy } = await sharedBrowser()
      const { connectUrl } = await askWeb(system, attacker, copy)
      const authorizeUrl = locationOf(await copy.visit(connectUrl))
      return { answers: [await shared.visit(await consent(shared, authorizeUrl, { athlete: ben }))] }
    },
  ],
  [
    'the cookie is made up',
    async () => ({ answers: [await visitWith((await returning()).back, { cookie: `slipstream_oauth_txn=${fresh}` })] }),
  ],
  [
    'the cookie is empty',
    async () => ({ answers: [await visitWith((await returning()).back, { cookie: 'slipstream_oauth_txn=' })] }),
  ],
  [
    'the cookie is the state itself',
    async () => {
      const { back } = await returning()
      return { answers: [await visitWith(back, { cookie: `slipstream_oauth_txn=${stateOf(back)}` })] }
    },
  ],
  [
    'the cookie is the hash of the right one, as the database has it',
    async () => {
      const { back } = await returning()
      const row = await system.store.collections.linkTransactions.findOne({ step: 'authorizing' }).lean()
      return { answers: [await visitWith(back, { cookie: `slipstream_oauth_txn=${row?.transactionCookieHash}` })] }
    },
  ],
  [
    'the cookie is that of the link token',
    async () => {
      const { browser, back } = await returning()
      const cookie = `slipstream_oauth_txn=${browser.jarOf(system.url).get('slipstream_link')}`
      return { answers: [await visitWith(back, { cookie })] }
    },
  ],
  [
    'the right cookie under a longer name',
    async () => {
      const { browser, back } = await returning()
      const secret = browser.jarOf(system.url).get('slipstream_oauth_txn')
      return { answers: [await visitWith(back, { cookie: `x_slipstream_oauth_txn=${secret}` })] }
    },
  ],
  [
    'the attacker’s cookie planted behind the victim’s own',
    async () => {
      const [attacker, victim] = [await returning(), await returning({ athlete: ben })]
      const [planted, own] = [attacker, victim].map(({ browser }) =>
        browser.jarOf(system.url).get('slipstream_oauth_txn'),
      )
      const cookie = `slipstream_oauth_txn=${own}; slipstream_oauth_txn=${planted}`
      return { answers: [await visitWith(attacker.back, { cookie })] }
    },
  ],
  ...['slipstream_oauth_txn', '__host-slipstream_oauth_txn', '__Secure-slipstream_oauth_txn'].map(
    (name): [string, () => Promise<Try>] => [
      `on https, the right cookie as ${name}, which another host of the domain can plant`,
      async () => {
        const { back, secret } = await overHttps()
        return { answers: [await visitWith(back, { cookie: `${name}=${secret}` })], at: secure }
      },
    ],
  ),

  // ————— Code, consent and scope —————
  ['the code is missing', () => withReturn((back) => changed(back, (query) => query.delete('code')))],
  ['the code is made up', () => withReturn((back) => withValue(back, 'code', 'f'.repeat(40)))],
  ['the code is there twice', () => withReturn((back) => `${back}&code=x`)],
  ['the code is a list', () => withReturn((back) => back.replace('code=', 'code[]='))],
  ['the code has a NUL behind it', () => withReturn((back) => withValue(back, 'code', `${codeOf(back)}\0`))],
  [
    'the code has more parameters of the exchange behind it',
    () => withReturn((back) => withValue(back, 'code', `${codeOf(back)}&grant_type=refresh_token`)),
  ],
  ['the code has 4,000 characters', () => withReturn((back) => withValue(back, 'code', 'f'.repeat(4_000)))],
  [
    'the code of another athlete’s attempt, which has been used',
    async () => {
      const victim = await returning({ athlete: ben })
      await victim.browser.visit(victim.back)
      const thief = await returning()
      return { answers: [await thief.browser.visit(withValue(thief.back, 'code', codeOf(victim.back)))], links: 1 }
    },
  ],
  ['the athlete has refused', () => withReturn((back) => back, { athlete: anna, decision: 'deny' })],
  [
    'the athlete has refused, and the address says otherwise',
    () => withReturn((back) => `${back}&scope=read,activity:read_all`, { athlete: anna, decision: 'deny' }),
  ],
  [
    'the athlete has refused, and a code was put beside it',
    () =>
      withReturn((back) => `${back}&code=${'f'.repeat(40)}&scope=read,activity:read_all`, {
        ...{ athlete: anna, decision: 'deny' },
      }),
  ],
  [
    'an error that has a page in it',
    () => withReturn((back) => `${back}&error=${encodeURIComponent('<script>alert(1)</script>')}`),
  ],
  [
    'an error that has a line break and a header in it',
    () => withReturn((back) => `${back}&error=x%0d%0aLocation:%20https://evil.example`),
  ],
  ['an error that is a name of every object', () => withReturn((back) => `${back}&error=__proto__`)],
  ['the scope is there twice, the right one first', () => withReturn((back) => `${back}&scope=x`)],
  [
    'the scope is there twice, the right one last',
    () => withReturn((back) => back.replace('scope=', 'scope=read&scope=')),
  ],
  ['no permission was ticked', () => withReturn((back) => back, { athlete: anna, scopes: [] })],
  ['one permission was unticked', () => withReturn((back) => back, { athlete: anna, scopes: ['read'] })],
  [
    'a permission of nearly the right name',
    () => withReturn((back) => withValue(back, 'scope', 'read,activity:read_all_')),
  ],
  ['a permission in capitals', () => withReturn((back) => withValue(back, 'scope', 'READ,ACTIVITY:READ_ALL'))],
  [
    'a permission to write in place of one to read',
    () => withReturn((back) => withValue(back, 'scope', 'read,activity:write')),
  ],

  // ————— Later, or again —————
  [
    'a link token opened after two minutes',
    async () => {
      const { browser, connectUrl } = await issued()
      system.clock.advance(121_000)
      return { answers: [await browser.visit(connectUrl)] }
    },
  ],
  [
    'a return that comes after ten minutes',
    async () => {
      const { browser, back } = await returning()
      system.clock.advance(601_000)
      return { answers: [await browser.visit(back)] }
    },
  ],
  [
    'a link token replayed by somebody else after its athlete has opened it',
    async () => {
      const { browser, connectUrl } = await issued()
      await browser.visit(connectUrl)
      return { answers: [await createBrowser().visit(connectUrl)] }
    },
  ],
  [
    'a return replayed by somebody else after it has linked its athlete',
    async () => {
      const { browser, back } = await returning()
      await browser.visit(back)
      return { answers: [await createBrowser().visit(back)], links: 1 }
    },
  ],
  [
    'a state replayed with a code of one’s own',
    async () => {
      const victim = await returning()
      await victim.browser.visit(victim.back)
      const thief = await returning({ athlete: ben })
      const injected = withValue(victim.back, 'code', codeOf(thief.back))
      return { answers: [await thief.browser.visit(injected)], links: 1 }
    },
  ],
  [
    'a code replayed in another attempt of the same athlete',
    async () => {
      const { athlete, browser, back } = await returning()
      await browser.visit(back)
      const again = await walkToReturn(system, athlete, { athlete: anna })
      return { answers: [await again.browser.visit(withValue(again.back, 'code', codeOf(back)))], links: 1 }
    },
  ],

  // ————— Where the browser is sent —————
  ...[
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/@evil.example/..//evil.example',
    '@evil.example',
    ':80@evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '/x?next=https://evil.example',
    '/%2f%2fevil.example',
    '/%0d%0aSet-Cookie:x=y',
    'evil',
    '',
    `/${'x'.repeat(300)}`,
    ['/training'],
    { $ne: '' },
  ].map((returnTo): [string, () => Promise<Try>] => [
    `asked to return to ${JSON.stringify(returnTo)}`,
    async () => ({
      answers: [await (await newPerson()).call('POST', '/api/v1/strava/link-token', { platform: 'web', returnTo })],
    }),
  ]),
]

/** As far as Strava's page. */
const atStrava = async (athlete: SignedIn) => {
  const browser = createBrowser()
  const { connectUrl } = await askWeb(system, athlete, browser)
  return { browser, connectUrl, authorizeUrl: locationOf(await browser.visit(connectUrl)) }
}

/** The attacker has been at Strava from there; then the victim asks for a link token of their own. */
const sharedBrowser = async () => {
  const attacker = await newPerson()
  const { browser: shared } = await atStrava(attacker)
  const copy = createBrowser()
  for (const [name, value] of shared.jarOf(system.url)) copy.jarOf(system.url).set(name, value)
  await askWeb(system, await newPerson(), shared)
  return { attacker, shared, copy }
}

/** In the right browser, from another address than Strava's. */
const withReturn = async (change: (back: string) => string, answer?: Consent): Promise<Try> => {
  const { browser, back } = await returning(answer)
  return { answers: [await browser.visit(change(back))] }
}

/** A return to the gateway behind https, and the secret in its cookie. */
const overHttps = async () => {
  const cookieIn = (response: Response) => response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const here = (address: string) => address.replace(secureAddress, secure.url)
  const athlete = await newPerson(secure)
  const asked = await athlete.call('POST', '/api/v1/strava/link-token', { platform: 'web' })
  const { connectUrl } = (await asked.json()) as { connectUrl: string }
  const left = await visitWith(here(connectUrl), { cookie: cookieIn(asked) })
  // The simulated Strava returns to this machine only.
  const authorizeUrl = withValue(locationOf(left), 'redirect_uri', `${secure.url}/callback`)
  const back = await consent(createBrowser(), authorizeUrl, { athlete: anna })
  return { back, cookie: cookieIn(left), secret: cookieIn(left).split('=')[1] ?? '' }
}

describe('nothing is linked when', () => {
  afterEach(() => Promise.all([forgetLinks(system), forgetLinks(secure)]))

  test.each(otherAttacks)('%s', async (what, attack) => {
    await expectRefused(what, await attack())
  })

  test('but on https the right cookie under its own name is the athlete’s', async () => {
    const { back, cookie } = await overHttps()
    expect(locationOf(await visitWith(back, { cookie }))).toBe(`${secureAddress}/?strava=linked`)
  })
})

describe('what is answered', () => {
  afterEach(() => forgetLinks(system))

  test.each([
    ['Host', 'host'],
    ['X-Forwarded-Host', 'x-forwarded-host'],
    ['X-Original-Host', 'x-original-host'],
    ['Forwarded', 'forwarded'],
  ])('names the public address, whatever %s says', async (_what, name) => {
    const evil = {
      accept: 'text/html',
      [name]: name === 'forwarded' ? 'host=evil.example;proto=https' : 'evil.example',
    }
    const athlete = await newPerson()
    const asked = await sendRaw(`${system.url}/api/v1/strava/link-token`, {
      method: 'POST',
      headers: { authorization: `Bearer ${athlete.token}`, 'content-type': 'application/json', ...evil },
      body: ['{"platform":"web"}'],
    })
    const { connectUrl } = JSON.parse(asked.body) as { connectUrl: string }
    expect(new URL(connectUrl).origin).toBe(system.url)
    const cookie = asked.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    const left = await sendRaw(connectUrl, { headers: { cookie, ...evil } })
    expect(new URL(left.headers.location ?? '').searchParams.get('redirect_uri')).toBe(`${system.url}/callback`)
    const refused = await sendRaw(`${system.url}/callback?state=${fresh}`, { headers: evil })
    expect(new URL(refused.headers.location ?? '').origin).toBe(system.url)
  })

  test('to a program that asks for JSON is a problem document', async () => {
    const response = await visitWith(`${system.url}/connect?token=x`, { accept: 'application/json' })
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(await response.json()).toMatchObject({ code: 'link_token_invalid', actor: 'athlete' })
  })
})

describe('one attempt', () => {
  afterEach(() => forgetLinks(system))

  test('is one exchange and one link, though 200 returns come at the same moment', async () => {
    const { athlete, browser, back } = await returning()
    const answers = await Promise.all(Array.from({ length: 200 }, () => browser.visit(back)))
    expect(answers.filter(({ status }) => status >= 500)).toEqual([])
    expect(answers.some((answer) => answer.headers.get('location')?.includes('strava=linked'))).toBe(true)
    expect([await linkCount(system), tokenCalls(system)]).toEqual([1, 1])
    expect(await athlete.json('GET', '/api/v1/strava/status')).toMatchObject({ status: 'active' })
  })

  test('that comes back twice in its own browser changes nothing more', async () => {
    const { browser, back } = await returning()
    expect(locationOf(await browser.visit(back))).toContain('strava=linked')
    expect((await browser.visit(back)).status).toBe(303)
    expect([await linkCount(system), tokenCalls(system)]).toEqual([1, 1])
  })

  test('leaves its one-time values hashed at rest, and none of them in the log', async () => {
    const { athlete, browser, connectUrl, token } = await issued()
    const authorizeUrl = locationOf(await browser.visit(connectUrl))
    const back = await consent(browser, authorizeUrl, { athlete: anna })
    await browser.visit(back)
    const cookies = [...browser.jarOf(system.url).values()]
    const { linkTransactions, credentials } = system.store.collections
    const stored = JSON.stringify([await linkTransactions.find().lean(), await credentials.find().lean()])
    const logged = system.logLines.join('\n')
    for (const secret of [token, stateOf(back), codeOf(back), athlete.token, ...cookies]) {
      expect(stored).not.toContain(secret)
      expect(logged).not.toContain(secret)
    }
    expect(logged).toContain('/callback')
  })
})

/*
 * Strava has no PKCE, so a code says nothing of the attempt it was given for. What is left to a thief is narrow: the code must be
 * caught before the victim's own browser brings it (it travels once, in a redirect without referrer, and is not logged), works
 * for minutes, and once. The victim sees the loss, is not linked, and gets the account back by unlinking the app at Strava.
 */
test('the exception: a code stolen unused links the victim’s account to the thief’s attempt, and the victim sees it', async () => {
  const victim = await returning({ athlete: ben })
  const thief = await returning()
  const injected = withValue(thief.back, 'code', codeOf(victim.back))
  expect(locationOf(await thief.browser.visit(injected))).toContain('strava=linked')
  expect(locationOf(await victim.browser.visit(victim.back))).toContain('strava=error')
  expect(await victim.athlete.json('GET', '/api/v1/strava/status')).toMatchObject({ status: 'not_linked' })
  await forgetLinks(system)
})

const tries = linkTokenAttacks.length + stateAttacks.length + otherAttacks.length
test(`${tries} tries, none accepted`, () => {
  expect(tries).toBeGreaterThanOrEqual(40)
  expect(table.summary()).toEqual({ tries, accepted: [] })
})

describe('a browser is given secrets of its own', () => {
  const secretsIn = (browser: Browser) => {
    const jar = browser.jarOf(system.url)
    return { link: jar.get('slipstream_link'), transaction: jar.get('slipstream_oauth_txn') }
  }

  test('and keeps none that was never given out', async () => {
    const browser = createBrowser()
    for (const name of ['slipstream_link', 'slipstream_oauth_txn']) browser.jarOf(system.url).set(name, fresh)
    const { connectUrl } = await askWeb(system, await newPerson(), browser)
    await browser.visit(connectUrl)
    expect(Object.values(secretsIn(browser))).not.toContain(fresh)
  })

  test('also where the next person’s app opens it', async () => {
    const { browser } = await atStrava(await newPerson())
    const before = secretsIn(browser).transaction
    const { connectUrl } = await (await newPerson()).json('POST', '/api/v1/strava/link-token', {
      ...{ platform: 'mobile', codeChallenge: fresh },
    })
    await browser.visit(connectUrl)
    expect(secretsIn(browser).transaction).not.toBe(before)
  })

  test('and those stay the same while one person uses it', async () => {
    const [athlete, browser] = [await newPerson(), createBrowser()]
    await browser.visit((await askWeb(system, athlete, browser)).connectUrl)
    const before = secretsIn(browser)
    await browser.visit((await askWeb(system, athlete, browser)).connectUrl)
    expect(secretsIn(browser)).toEqual(before)
  })
})
