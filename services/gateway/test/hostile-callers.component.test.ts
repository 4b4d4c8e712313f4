import { createHmac, createPublicKey } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { CompactEncrypt, CompactSign, importJWK, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAttackTable } from './support/attack-table.ts'
import { audience, type MintOptions, makeKey } from './support/issuer.ts'
import { anna, ben, linkOnWeb } from './support/linking.ts'
import { type RawAnswer, type RawRequest, sendRaw } from './support/raw-request.ts'
import { day, insert, runOf, storedLink, workoutOf } from './support/stored.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

/*
 * Promise 19: malformed and hostile callers are refused, never heard as somebody else, and never bring the gateway down. The
 * first table tries to be let in, the second to read what is another athlete's, the third to break the reading of a request.
 */

let system: System
beforeAll(async () => {
  system = await startSystem()
  // A second key, so that a token has to say which, and one whose algorithm is older.
  system.issuer.keys.push(await makeKey('rsa', 'RS256'))
})
afterAll(() => system?.stop())

const statusPath = '/api/v1/strava/status'
const seconds = () => Math.floor(Date.now() / 1000)

// ————— To be let in —————

const encoded = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const mint = (options?: MintOptions) => system.issuer.mint('anna', options)
const parts = async () => (await mint()).split('.') as [string, string, string]
/** A good token under another header, which the signature is not of. */
const underHeader = async (header: unknown) => {
  const [, payload, signature] = await parts()
  return `${encoded(header)}.${payload}.${signature}`
}
const goodClaims = () => ({
  ...{ iss: system.issuer.url, aud: audience, sub: 'anna', client_id: 'test', jti: 'anna' },
  ...{ iat: seconds(), exp: seconds() + 3600 },
})
const publicJwk = (kid: string) => system.issuer.keys.find((key) => key.kid === kid)?.publicJwk ?? {}
const pemOf = (kid: string) =>
  createPublicKey({ key: publicJwk(kid) as never, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString()
/** By hand: a library would refuse to make it. */
const hmacSigned = (secret: string, header: object, hash = 'sha256') => {
  const signed = `${encoded({ typ: 'at+jwt', ...header })}.${encoded(goodClaims())}`
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`
}
/** Signed by the issuer's own key, whatever the payload is. */
const signedPayload = (payload: string, header: object = {}) =>
  new CompactSign(Buffer.from(payload))
    .setProtectedHeader({ alg: 'ES256', kid: 'first', typ: 'at+jwt', ...header })
    .sign(system.issuer.keys[0]!.privateKey)

const hostileTokens: [string, () => Promise<string> | string][] = [
  // Form
  ['not a token', () => 'hello'],
  ['three dots', () => '..'],
  ['only a header', async () => (await parts())[0]],
  ['a part more', async () => `${await mint()}.x`],
  ['no signature', async () => `${(await parts()).slice(0, 2).join('.')}.`],
  ['a header that is no JSON', async () => `bm90anNvbg.${(await parts())[1]}.x`],
  ['a header that is a list', () => underHeader([])],
  ['a header that is null', () => underHeader(null)],
  ['a payload that is a list', () => signedPayload('[]')],
  ['a payload that is a text', () => signedPayload('"anna"')],
  ['a payload that is no JSON', () => signedPayload('{"sub":')],
  ['a payload that is empty', () => signedPayload('')],
  ['a token inside a token', async () => signedPayload(await mint(), { cty: 'JWT' })],
  [
    'a signature in base64 instead of base64url',
    async () => {
      const [header, payload, signature] = await parts()
      return `${header}.${payload}.${Buffer.from(signature, 'base64url').toString('base64')}`
    },
  ],
  ['padding behind the signature', async () => `${await mint()}==`],
  ['10,000 characters', async () => `${await mint()}${'A'.repeat(10_000)}`],

  // Signature
  [
    'the signature of another token',
    async () => {
      const other = (await system.issuer.mint('ben')).split('.')
      return [...(await parts()).slice(0, 2), other[2]].join('.')
    },
  ],
  [
    'another payload under a good signature',
    async () => {
      const [header, , signature] = await parts()
      return [header, encoded({ ...goodClaims(), sub: 'root' }), signature].join('.')
    },
  ],
  [
    'one bit of the signature',
    async () => {
      const [header, payload, signature] = await parts()
      return [header, payload, (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)].join('.')
    },
  ],
  [
    'a signature of zeros (CVE-2022-21449)',
    async () => {
      const [header, payload] = await parts()
      return `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`
    },
  ],
  [
    'a signature in DER',
    async () => {
      const [header, payload, signature] = await parts()
      return `${header}.${payload}.${Buffer.concat([Buffer.from([0x30, 0x44, 2, 0x20]), Buffer.from(signature, 'base64url')]).toString('base64url')}`
    },
  ],

  // Algorithm
  ...['none', 'None', 'NONE', 'nOnE'].map((alg): [string, () => Promise<string>] => [
    `alg ${alg}, with no signature`,
    async () => `${encoded({ alg, typ: 'at+jwt', kid: 'first' })}.${(await parts())[1]}.`,
  ]),
  ['alg none, with a good signature', () => underHeader({ alg: 'none', typ: 'at+jwt', kid: 'first' })],
  ['no alg', () => underHeader({ typ: 'at+jwt', kid: 'first' })],
  ['a list of algs', () => underHeader({ alg: ['ES256', 'none'], typ: 'at+jwt', kid: 'first' })],
  [
    'alg twice',
    async () => {
      const [, payload, signature] = await parts()
      return `${encoded('{"alg":"none","typ":"at+jwt","kid":"first","alg":"ES256"}')}.${payload}.${signature}`
    },
  ],
  [
    'HS256 with the public key of the issuer as JSON',
    () => hmacSigned(JSON.stringify(publicJwk('first')), { alg: 'HS256', kid: 'first' }),
  ],
  ['HS256 with the public key of the issuer as PEM', () => hmacSigned(pemOf('first'), { alg: 'HS256', kid: 'first' })],
  ['HS256 under the name of an RSA key, with its PEM', () => hmacSigned(pemOf('rsa'), { alg: 'HS256', kid: 'rsa' })],
  [
    'HS512 under the name of an RSA key, with its modulus',
    () => hmacSigned(String(publicJwk('rsa').n), { alg: 'HS512', kid: 'rsa' }, 'sha512'),
  ],
  ['HS256 with an empty secret', () => hmacSigned('', { alg: 'HS256', kid: 'first' })],
  ['HS256 without a key id', () => hmacSigned('secret', { alg: 'HS256' })],
  ['RS256 under the name of the elliptic key', () => mint({ key: { ...system.issuer.keys[1]!, kid: 'first' } })],
  ['PS256 with a key that is for RS256', async () => underHeader({ alg: 'PS256', kid: 'rsa', typ: 'at+jwt' })],

  // Key
  ['a key of the sender under the name of the issuer’s', async () => mint({ key: await makeKey('first') })],
  ['a key of the sender, of another algorithm', async () => mint({ key: await makeKey('first', 'EdDSA') })],
  [
    'a key of the sender brought in jwk',
    async () => {
      const key = await makeKey('mine')
      return mint({ key, header: { jwk: key.publicJwk } })
    },
  ],
  ['a good key, and a jwk beside it', async () => mint({ header: { jwk: (await makeKey('mine')).publicJwk } })],
  ['a good key, and a jku', () => mint({ header: { jku: 'https://evil.example/jwks' } })],
  ['a good key, and an x5u', () => mint({ header: { x5u: 'https://evil.example/cert' } })],
  ['a good key, and an x5c', () => mint({ header: { x5c: ['AAAA'] } })],
  [
    'no key id while there are two keys of the algorithm',
    async () => {
      const { kid: _kid, ...header } = { alg: 'ES256', kid: 'first', typ: 'at+jwt' }
      return new SignJWT(goodClaims()).setProtectedHeader(header).sign((await makeKey('mine')).privateKey)
    },
  ],
  ...[
    'nobody',
    '../../../../dev/null',
    'file:///dev/null',
    'https://evil.example/jwks#1',
    "first' OR '1'='1",
    'first; cat /etc/passwd',
    'first\0',
    '__proto__',
    '',
    'x'.repeat(4_000),
  ].map((kid): [string, () => Promise<string> | string] => [
    `a key id of ${JSON.stringify(kid).slice(0, 40)}, signed with nothing`,
    () => hmacSigned('', { alg: 'HS256', kid }),
  ]),
  ['a key id that is an operator', () => mint({ header: { kid: { $ne: '' } as never } })],
  ['a key id that is a list', () => mint({ header: { kid: ['first'] as never } })],

  // Other headers
  ['an unknown critical header', () => underHeader({ alg: 'ES256', kid: 'first', crit: ['x'], x: 1 })],
  ['an empty list of critical headers', () => underHeader({ alg: 'ES256', kid: 'first', crit: [] })],
  ['an unencoded payload', () => underHeader({ alg: 'ES256', kid: 'first', b64: false, crit: ['b64'] })],
  ['an ID token by its type', () => mint({ header: { typ: 'id+jwt' } })],
  ['a logout token', () => mint({ header: { typ: 'logout+jwt' } })],
  ['a proof of possession', () => mint({ header: { typ: 'dpop+jwt' } })],
  ['a type that is no text', () => mint({ header: { typ: 1 as never } })],
  ['a type that is a list', () => mint({ header: { typ: ['at+jwt'] as never } })],
  ['an encrypted token of made-up parts', () => `${encoded({ alg: 'dir', enc: 'A256GCM' })}..aaaa.bbbb.cccc`],
  [
    'claims encrypted with the public key of the issuer',
    async () =>
      new CompactEncrypt(Buffer.from(JSON.stringify(goodClaims())))
        .setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A256GCM', kid: 'rsa' })
        .encrypt(await importJWK({ ...publicJwk('rsa'), use: 'enc' }, 'RSA-OAEP')),
  ],

  // Issuer
  ['another issuer', () => mint({ claims: { iss: 'https://evil.example' } })],
  ['no issuer', () => mint({ claims: { iss: undefined } })],
  ['the issuer with a slash more', () => mint({ claims: { iss: `${system.issuer.url}/` } })],
  ['the issuer in capitals', () => mint({ claims: { iss: system.issuer.url.toUpperCase() } })],
  [
    'the issuer with a letter that only looks alike',
    () => mint({ claims: { iss: system.issuer.url.replace('p', '\u0440') } }),
  ],
  ['an issuer that begins as ours', () => mint({ claims: { iss: `${system.issuer.url}.evil.example` } })],
  ['an issuer that ends as ours', () => mint({ claims: { iss: `https://evil.example/${system.issuer.url}` } })],
  ['the issuer behind a user name', () => mint({ claims: { iss: system.issuer.url.replace('//', '//evil@') } })],
  ['a list with the issuer in it', () => mint({ claims: { iss: [system.issuer.url] as never } })],

  // Audience
  ['another audience', () => mint({ claims: { aud: 'another-api' } })],
  ['no audience', () => mint({ claims: { aud: undefined } })],
  ['an empty list of audiences', () => mint({ claims: { aud: [] } })],
  ['several other audiences', () => mint({ claims: { aud: ['one', 'two', `${audience}2`] } })],
  ['the audience in capitals', () => mint({ claims: { aud: audience.toUpperCase() } })],
  ['the audience with a space', () => mint({ claims: { aud: `${audience} ` } })],
  ['audiences in one text', () => mint({ claims: { aud: `other,${audience}` } })],
  ['the audience inside an object', () => mint({ claims: { aud: { 0: audience, length: 1 } as never } })],
  ['the audience one list deeper', () => mint({ claims: { aud: [[audience]] as never } })],

  // Time
  ['expired', () => mint({ claims: { exp: seconds() - 10 } })],
  ['expired by a part of a second', () => mint({ claims: { exp: seconds() - 6.5 } })],
  ['expires before 1970', () => mint({ claims: { exp: -1 } })],
  ['never expires', () => mint({ claims: { exp: undefined } })],
  ['expires at a text', () => mint({ claims: { exp: String(seconds() + 60) as never } })],
  ['expires at null', () => mint({ claims: { exp: null } })],
  ['expires at true', () => mint({ claims: { exp: true as never } })],
  ['expires in a list', () => mint({ claims: { exp: [seconds() + 60] as never } })],
  ['expires later than there are dates', () => mint({ claims: { exp: 1e300 } })],
  ['expires at infinity', () => signedPayload(JSON.stringify(goodClaims()).replace(/"exp":\d+/, '"exp":1e400'))],
  ['not valid yet', () => mint({ claims: { nbf: seconds() + 60 } })],
  ['valid from a text on', () => mint({ claims: { nbf: 'now' as never } })],
  ['issued in an hour', () => mint({ claims: { iat: seconds() + 3_600, exp: seconds() + 7_200 } })],
  ['issued at a text', () => mint({ claims: { iat: 'now' as never } })],

  // Subject
  ['no subject', () => mint({ claims: { sub: undefined } })],
  ['an empty subject', () => mint({ claims: { sub: '' } })],
  ['a subject that is null', () => mint({ claims: { sub: null } })],
  ['a subject that is a number', () => mint({ claims: { sub: 1 as never } })],
  ['a subject that is an operator', () => mint({ claims: { sub: { $ne: '' } as never } })],
  ['a subject that is a list', () => mint({ claims: { sub: ['anna'] as never } })],
  ['a subject of 300 letters', () => mint({ claims: { sub: 'a'.repeat(300) } })],
  ['a subject with half a letter, which a store would change', () => mint({ claims: { sub: 'anna\ud800' } })],
]

/** With a token that is good, brought in a way that is not. */
const hostileHeaders: [string, (good: string) => RawRequest, path?: (good: string) => string][] = [
  ['nothing', () => ({})],
  ['a scheme alone', () => ({ headers: { authorization: 'Bearer' } })],
  ['no scheme', (good) => ({ headers: { authorization: good } })],
  ['another scheme', (good) => ({ headers: { authorization: `Basic ${good}` } })],
  ['a scheme that begins alike', (good) => ({ headers: { authorization: `BearerX ${good}` } })],
  ['a tab behind the scheme', (good) => ({ headers: { authorization: `Bearer\t${good}` } })],
  ['two tokens in a line', (good) => ({ headers: { authorization: `Bearer ${good}, Bearer ${good}` } })],
  [
    'a space inside the token',
    (good) => ({ headers: { authorization: `Bearer ${good.slice(0, 9)} ${good.slice(9)}` } }),
  ],
  ['quotes around the token', (good) => ({ headers: { authorization: `Bearer "${good}"` } })],
  ['letters beyond ASCII', (good) => ({ headers: { authorization: `Bearer ${good}\u00e9` } })],
  [
    'two lines, the good one first',
    (good) => ({ headers: ['Authorization', `Bearer ${good}`, 'Authorization', 'Bearer x', 'Host', 'localhost'] }),
  ],
  [
    'two lines, the good one last',
    (good) => ({ headers: ['Authorization', 'Bearer x', 'Authorization', `Bearer ${good}`, 'Host', 'localhost'] }),
  ],
  ['a line for a proxy', (good) => ({ headers: { 'proxy-authorization': `Bearer ${good}` } })],
  ['a line of what a proxy was sent', (good) => ({ headers: { 'x-forwarded-authorization': `Bearer ${good}` } })],
  ['a name instead of a token', () => ({ headers: { 'x-user-id': 'anna', 'x-forwarded-user': 'anna' } })],
  ['a cookie', (good) => ({ headers: { cookie: `access_token=${good}; authorization=Bearer ${good}` } })],
  ['a parameter', () => ({}), (good) => `${statusPath}?access_token=${good}&token=${good}`],
  [
    'a form',
    (good) => ({
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: [`access_token=${good}`],
    }),
    () => '/api/v1/strava/sync',
  ],
]

const tokens = createAttackTable()

const expectStranger = async (what: string, answer: Pick<RawAnswer, 'status' | 'headers'>, athletes: number) => {
  const seen = { status: answer.status, athletes: await system.store.collections.athletes.countDocuments() }
  tokens.record(what, seen.status === 401 && seen.athletes === athletes)
  expect(seen).toEqual({ status: 401, athletes })
  expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="slipstream"(, error="invalid_token")?$/)
}

describe('nobody is let in with', () => {
  test.each(hostileTokens)('%s', async (what, forge) => {
    const athletes = await system.store.collections.athletes.countDocuments()
    const headers = { authorization: `Bearer ${await forge()}` }
    const answer = await sendRaw(system.url + statusPath, { headers })
    await expectStranger(what, answer, athletes)
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'unauthorized', status: 401 })
  })

  test.each(hostileHeaders)('a good token in the wrong place: %s', async (what, request, path = () => statusPath) => {
    const athletes = await system.store.collections.athletes.countDocuments()
    const good = await system.issuer.mint('stranger')
    await expectStranger(what, await sendRaw(system.url + path(good), request(good)), athletes)
  })

  test('a token that is longer than a request may be', async () => {
    const answer = await sendRaw(system.url + statusPath, {
      headers: { authorization: `Bearer ${'A'.repeat(40_000)}` },
    })
    tokens.record('too long', answer.status === 431)
    expect(answer.status).toBe(431)
  })

  const tries = hostileTokens.length + hostileHeaders.length + 1
  test(`${tries} tries, none accepted`, () => {
    expect(tries).toBeGreaterThanOrEqual(50)
    expect(tokens.summary()).toEqual({ tries, accepted: [] })
  })
})

describe('a flood of made-up key ids', () => {
  let serial = 0
  const flood = async () => {
    const answers = Array.from({ length: 200 }, async () => {
      serial += 1
      const token = await mint({ header: { kid: `made-up-${serial}` } })
      return (await system.call(token, 'GET', statusPath)).status
    })
    return new Set(await Promise.all(answers))
  }

  test('becomes one call to the issuer in 30 seconds', async () => {
    const before = system.issuer.asked.jwks
    for (const asked of [1, 2]) {
      system.clock.advance(31_000)
      expect(await flood()).toEqual(new Set([401]))
      expect(system.issuer.asked.jwks - before).toBe(asked)
    }
  })

  test('keeps nobody out whose key is known, though the issuer is down', async () => {
    const good = () => system.issuer.mint('anna', { claims: { exp: seconds() + 7_200 } })
    expect((await system.call(await good(), 'GET', statusPath)).status).toBe(200)
    system.issuer.state.isDown = true
    system.clock.advance(31_000)
    const [statuses, answer] = await Promise.all([flood(), system.call(await good(), 'GET', statusPath)])
    system.issuer.state.isDown = false
    expect(statuses).toEqual(new Set([401]))
    expect(answer.status).toBe(200)
  })
})

test('subjects that look alike are not the same athlete', async () => {
  const subjects = ['zoë', 'zoe\u0308', 'Zoë', ' zoë', 'zoë ', 'zoë\0', 'zo\u0451', 'zoë\u200b', 'zoë\ufffd']
  for (const subject of subjects) {
    expect((await system.call(await system.issuer.mint(subject), 'GET', statusPath)).status).toBe(200)
  }
  expect(await system.store.collections.athletes.countDocuments({ subject: { $in: subjects } })).toBe(subjects.length)
})

// ————— To read what is another athlete's —————

/** What another athlete has, none of which may be seen. */
interface Owned {
  workoutId: string
  receiptId: string
  runId: string
  cursor: string
  etag: string
  athleteId: string
  linkId: string
}

describe('the data of another athlete', () => {
  let stranger: SignedIn
  let theirs: Owned
  beforeAll(async () => {
    const owner = await system.signIn('owner')
    stranger = await system.signIn('reader')
    await linkOnWeb(system, owner, { athlete: anna })
    const { receiptId } = (await owner.json('DELETE', '/api/v1/strava/link')) as { receiptId: string }
    await linkOnWeb(system, owner, { athlete: anna })
    await linkOnWeb(system, stranger, { athlete: ben })
    const link = await storedLink(system, 'owner')
    const [workoutId, runId] = ['wko_of_owner', 'run_of_owner']
    await insert(system, 'workouts', [
      ...[1, 2, 3].map((ago) => workoutOf(link, day(ago), { name: 'Secret run' })),
      workoutOf(link, day(4), { _id: workoutId, name: 'Secret run' }),
    ])
    await insert(system, 'sync_runs', [runOf(link, runId), runOf(link, 'run_of_owner_2')])
    const page = await owner.call('GET', '/api/v1/workouts?limit=2')
    const { nextCursor: cursor } = (await page.json()) as { nextCursor: string }
    const etag = (await owner.call('GET', `/api/v1/workouts/${workoutId}`)).headers.get('etag') ?? ''
    theirs = { workoutId, receiptId, runId, cursor, etag, athleteId: link.athleteId, linkId: link._id }
    // All of it is there to be had, by its owner.
    expect(cursor).toEqual(expect.any(String))
    expect((await owner.call('GET', `/api/v1/strava/receipts/${receiptId}`)).status).toBe(200)
    expect(await (await owner.call('GET', '/api/v1/strava/runs')).text()).toContain(runId)
  })

  const reads: [string, (theirs: Owned) => [path: string, headers?: Record<string, string>]][] = [
    ['a workout by its id', ({ workoutId }) => [`/api/v1/workouts/${workoutId}`]],
    [
      'a workout by its id and the tag of its content',
      ({ workoutId, etag }) => [`/api/v1/workouts/${workoutId}`, { 'if-none-match': etag }],
    ],
    [
      'a workout by its id and its athlete',
      ({ workoutId, athleteId }) => [`/api/v1/workouts/${workoutId}?athleteId=${athleteId}`],
    ],
    ['a workout through a path', ({ workoutId }) => [`/api/v1/workouts/x%2f..%2f${workoutId}`]],
    ['a workout through an operator', () => ['/api/v1/workouts/%7B%22$gt%22:%22%22%7D']],
    ['workouts by the cursor of a page', ({ cursor }) => [`/api/v1/workouts?cursor=${cursor}`]],
    ['workouts by an operator', () => ['/api/v1/workouts?linkId[$ne]=x']],
    ['workouts by the athlete', ({ athleteId }) => [`/api/v1/workouts?athleteId=${athleteId}`]],
    [
      'workouts by headers that name the athlete',
      ({ athleteId }) => [
        '/api/v1/workouts',
        { 'x-athlete-id': athleteId, 'x-user-id': 'owner', 'x-original-url': '/api/v1/export' },
      ],
    ],
    ['runs', () => ['/api/v1/strava/runs']],
    ['runs by the cursor of a page', ({ cursor }) => [`/api/v1/strava/runs?cursor=${cursor}`]],
    ['runs by the link', ({ linkId }) => [`/api/v1/strava/runs?linkId=${linkId}`]],
    ['a receipt by its id', ({ receiptId }) => [`/api/v1/strava/receipts/${receiptId}`]],
    ['a receipt by the name of every object', () => ['/api/v1/strava/receipts/__proto__']],
    ['receipts', () => ['/api/v1/strava/receipts']],
    ['the status', ({ athleteId }) => [`/api/v1/strava/status?athleteId=${athleteId}`]],
    ['the profile', ({ athleteId }) => [`/api/v1/profile?athleteId=${athleteId}`]],
    ['the summary', () => ['/api/v1/profile/summary']],
    ['the training load', ({ athleteId }) => [`/api/v1/training-load?athleteId=${athleteId}`]],
    ['an export', ({ athleteId }) => [`/api/v1/export?athleteId=${athleteId}`]],
  ]
  const table = createAttackTable()

  test.each(reads)('is not in %s', async (what, read) => {
    const [path, headers = {}] = read(theirs)
    const answer = await stranger.call('GET', path, undefined, headers)
    const { etag: _etag, cursor: _cursor, ...ids } = theirs
    const text = await answer.text()
    const seen = [...Object.values(ids), 'Secret run', 'revokedAtStrava', String(anna), '"owner"'].filter(
      // What was asked for may be named in a refusal.
      (secret) => text.includes(secret) && !path.includes(secret),
    )
    const isRefused = seen.length === 0 && answer.status < 500 && answer.status !== 304
    table.record(what, isRefused)
    expect({ seen, status: answer.status }).toEqual({ seen: [], status: expect.toBeOneOf([200, 400, 404]) })
  })

  test('is not told from data that nobody has', async () => {
    for (const [path, id] of [
      ['workouts', theirs.workoutId],
      ['strava/receipts', theirs.receiptId],
    ]) {
      const [known, unknown] = [`/api/v1/${path}/${id}`, `/api/v1/${path}/nobody_has_this`]
      const [one, other] = await Promise.all([stranger.call('GET', known), stranger.call('GET', unknown)])
      expect([one.status, await one.text()]).toEqual([404, await other.text()])
    }
  })

  test('is not in the stream of another, from whatever place on', async () => {
    const leaving = new AbortController()
    const stream = await fetch(`${system.url}/api/v1/strava/events`, {
      headers: { authorization: `Bearer ${stranger.token}`, 'last-event-id': '0' },
      signal: leaving.signal,
    })
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of stream.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      // The link of the reader is told after all that the owner did.
      if (text.includes('athlete.linked')) break
    }
    leaving.abort()
    expect(text).not.toContain(theirs.athleteId)
    expect(text).not.toContain(theirs.linkId)
  })

  test('stays though another unlinks', async () => {
    expect((await stranger.call('DELETE', `/api/v1/strava/link?athleteId=${theirs.athleteId}`)).status).toBe(202)
    expect(await system.store.collections.links.exists({ _id: theirs.linkId })).not.toBeNull()
  })

  test(`${reads.length} tries, none accepted`, () => {
    expect(table.summary()).toEqual({ tries: reads.length, accepted: [] })
  })
})

// ————— To break the reading of a request —————

const put = (body: readonly (string | Buffer)[], headers: Record<string, string> = {}): RawRequest => ({
  method: 'PUT',
  headers: { 'content-type': 'application/json', ...headers },
  body,
})
const profileWith = (name: unknown) => JSON.stringify({ displayName: name, primarySport: 'Run' })

const hostileBodies: [string, () => RawRequest, number][] = [
  ['an operator for a text', () => put([profileWith({ $gt: '' })]), 400],
  ['an operator in a list', () => put([profileWith([{ $where: 'sleep(1000)' }])]), 400],
  ['an operator for a name', () => put(['{"displayName":"a","primarySport":"b","$set":{"admin":true}}']), 400],
  ['a path for a name', () => put(['{"displayName":"a","primarySport":"b","outbox.0":{}}']), 400],
  ['a prototype', () => put(['{"displayName":"a","primarySport":"b","__proto__":{"x":1}}']), 400],
  ['a length longer than any list', () => put([profileWith({ length: 1e9 })]), 400],
  ['a number beyond all numbers', () => put(['{"displayName":"a","primarySport":"b","weeklyGoalHours":1e999}']), 400],
  ['1,500 names', () => put([`{${Array.from({ length: 1_500 }, (_, index) => `"k${index}":1`).join()}}`]), 400],
  ['objects in objects, 2,000 deep', () => put(['{"a":'.repeat(2_000), '1', '}'.repeat(2_000)]), 400],
  ['16 MB in chunks, without a length', () => put(Array.from({ length: 16 }, () => 'x'.repeat(1_000_000))), 413],
  ['a length of 16 MB, of which nothing more comes', () => put(['{}'], { 'content-length': '16000000' }), 400],
  [
    'a small body that unfolds to 10 MB',
    () => put([gzipSync(Buffer.alloc(10_000_000))], { 'content-encoding': 'gzip' }),
    415,
  ],
  ['a compression that nobody knows', () => put(['{}'], { 'content-encoding': 'x' }), 415],
  ['compressed twice', () => put(['{}'], { 'content-encoding': 'gzip, gzip' }), 415],
]

describe('a body with', () => {
  test.each(hostileBodies)('%s is the caller’s doing', async (_what, request, status) => {
    const good = await system.issuer.mint('body')
    const { headers, ...rest } = request()
    const answer = await sendRaw(`${system.url}/api/v1/profile`, {
      ...rest,
      headers: { ...(headers as Record<string, string>), authorization: `Bearer ${good}` },
    })
    expect(answer.status).toBe(status)
  })
})
