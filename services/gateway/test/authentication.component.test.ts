import { exportJWK, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { audience, type MintOptions, makeKey } from './support/issuer.ts'
import { type System, startSystem } from './support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

const status = (token: string) => system.call(token, 'GET', '/api/v1/strava/status')
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const seconds = () => Math.floor(Date.now() / 1000)

describe('tokens that are good', () => {
  test.each<[string, MintOptions]>([
    ['at+jwt', {}],
    ['application/at+jwt', { header: { typ: 'application/at+jwt' } }],
    ['JWT', { header: { typ: 'JWT' } }],
    ['no type', { header: { typ: undefined as never } }],
    ['several audiences', { claims: { aud: ['other', audience] } }],
    ['no key id while there is one key', { header: { kid: undefined as never } }],
  ])('%s', async (_what, options) => {
    expect((await status(await system.issuer.mint('anna', options))).status).toBe(200)
  })

  test('the same subject is the same athlete in every token, another subject another', async () => {
    for (const subject of ['ida', 'ida', 'jon']) await status(await system.issuer.mint(subject))
    expect(await system.store.collections.athletes.countDocuments({ subject: { $in: ['ida', 'jon'] } })).toBe(2)
  })

  test('first calls at the same moment make one athlete', async () => {
    const token = await system.issuer.mint('kim')
    const answers = await Promise.all(Array.from({ length: 20 }, () => status(token)))
    expect(answers.every((answer) => answer.status === 200)).toBe(true)
    expect(await system.store.collections.athletes.countDocuments({ subject: 'kim' })).toBe(1)
  })
})

test('a token that was good a moment ago is refused once it is over', async () => {
  const token = await system.issuer.mint('anna', {
    claims: { exp: Math.floor(system.clock.now().getTime() / 1000) + 20 },
  })
  expect((await status(token)).status).toBe(200)
  system.clock.advance(26_000)
  expect((await status(token)).status).toBe(401)
})

const parts = async () => (await system.issuer.mint('anna')).split('.') as [string, string, string]

const hostile: [string, () => Promise<string>][] = [
  ['not a token', async () => 'hello'],
  ['three dots', async () => '..'],
  ['only a header', async () => (await parts())[0]],
  ['no signature', async () => `${(await parts()).slice(0, 2).join('.')}.`],
  [
    'signature of another token',
    async () => {
      const other = (await system.issuer.mint('ben')).split('.')
      return [...(await parts()).slice(0, 2), other[2]].join('.')
    },
  ],
  [
    'payload exchanged',
    async () => {
      const [header, , signature] = await parts()
      return [
        header,
        base64url({ iss: system.issuer.url, aud: audience, sub: 'root', exp: seconds() + 60 }),
        signature,
      ].join('.')
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
    'alg none',
    async () => {
      const [, payload] = await parts()
      return `${base64url({ alg: 'none', typ: 'at+jwt' })}.${payload}.`
    },
  ],
  [
    'alg None with a signature',
    async () => {
      const [, payload, signature] = await parts()
      return `${base64url({ alg: 'None', typ: 'at+jwt' })}.${payload}.${signature}`
    },
  ],
  [
    'HS256 with the public key as secret',
    async () => {
      const jwk = system.issuer.keys[0]!.publicJwk
      return new SignJWT({ iss: system.issuer.url, aud: audience, sub: 'anna', exp: seconds() + 60 })
        .setProtectedHeader({ alg: 'HS256', kid: 'first', typ: 'at+jwt' })
        .sign(new TextEncoder().encode(JSON.stringify(jwk)))
    },
  ],
  [
    'HS256 with an empty-looking secret',
    async () =>
      new SignJWT({ iss: system.issuer.url, aud: audience, sub: 'anna', exp: seconds() + 60 })
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
        .sign(new Uint8Array(32)),
  ],
  ['key of the sender', async () => system.issuer.mint('anna', { key: await makeKey('first') })],
  [
    'key of the sender, other algorithm',
    async () => system.issuer.mint('anna', { key: await makeKey('first', 'EdDSA') }),
  ],
  [
    'key of the sender in jwk',
    async () => {
      const key = await makeKey('mine')
      return system.issuer.mint('anna', {
        key,
        header: { jwk: await exportJWK(key.publicJwk as never).catch(() => key.publicJwk) },
      })
    },
  ],
  ['true key but a jku', async () => system.issuer.mint('anna', { header: { jku: 'https://evil.example/jwks' } })],
  ['true key but an x5u', async () => system.issuer.mint('anna', { header: { x5u: 'https://evil.example/cert' } })],
  ['unknown key id', async () => system.issuer.mint('anna', { header: { kid: 'nobody' } })],
  ['key id as a path', async () => system.issuer.mint('anna', { header: { kid: '../../dev/null' } })],
  ['another issuer', async () => system.issuer.mint('anna', { claims: { iss: 'https://evil.example' } })],
  ['issuer with a slash more', async () => system.issuer.mint('anna', { claims: { iss: `${system.issuer.url}/` } })],
  ['issuer in capitals', async () => system.issuer.mint('anna', { claims: { iss: system.issuer.url.toUpperCase() } })],
  ['no issuer', async () => system.issuer.mint('anna', { claims: { iss: undefined } })],
  ['another audience', async () => system.issuer.mint('anna', { claims: { aud: 'another-api' } })],
  ['no audience', async () => system.issuer.mint('anna', { claims: { aud: undefined } })],
  ['empty audiences', async () => system.issuer.mint('anna', { claims: { aud: [] } })],
  ['audience in capitals', async () => system.issuer.mint('anna', { claims: { aud: audience.toUpperCase() } })],
  ['expired', async () => system.issuer.mint('anna', { claims: { exp: seconds() - 10 } })],
  ['never expires', async () => system.issuer.mint('anna', { claims: { exp: undefined } })],
  ['expiry as text', async () => system.issuer.mint('anna', { claims: { exp: '9999999999' as never } })],
  ['not yet valid', async () => system.issuer.mint('anna', { claims: { nbf: seconds() + 60 } })],
  ['no subject', async () => system.issuer.mint('anna', { claims: { sub: undefined } })],
  ['empty subject', async () => system.issuer.mint('anna', { claims: { sub: '' } })],
  ['subject as an operator', async () => system.issuer.mint('anna', { claims: { sub: { $ne: '' } as never } })],
  ['subject as a list', async () => system.issuer.mint('anna', { claims: { sub: ['anna'] as never } })],
  ['very long subject', async () => system.issuer.mint('anna', { claims: { sub: 'a'.repeat(300) } })],
  ['an ID token by its type', async () => system.issuer.mint('anna', { header: { typ: 'id+jwt' } })],
  ['a logout token', async () => system.issuer.mint('anna', { header: { typ: 'logout+jwt' } })],
  ['a type that is no text', async () => system.issuer.mint('anna', { header: { typ: 1 as never } })],
  [
    'an unknown critical header',
    async () => {
      const [, payload, signature] = await parts()
      return `${base64url({ alg: 'ES256', kid: 'first', crit: ['x'], x: 1 })}.${payload}.${signature}`
    },
  ],
  [
    'an unencoded payload',
    async () => {
      const [, payload, signature] = await parts()
      return `${base64url({ alg: 'ES256', kid: 'first', b64: false, crit: ['b64'] })}.${payload}.${signature}`
    },
  ],
  ['an encrypted token', async () => `${base64url({ alg: 'dir', enc: 'A256GCM' })}..aaaa.bbbb.cccc`],
  ['a header that is no JSON', async () => `bm90anNvbg.${(await parts())[1]}.x`],
  ['a payload that is a list', async () => `${(await parts())[0]}.${base64url([])}.${(await parts())[2]}`],
]

describe('hostile tokens', () => {
  test.each(hostile)('%s', async (_what, forge) => {
    const athletes = await system.store.collections.athletes.countDocuments()
    const answer = await status(await forge())
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="slipstream", error="invalid_token"')
    expect(await answer.json()).toMatchObject({ code: 'unauthorized', status: 401 })
    expect(await system.store.collections.athletes.countDocuments()).toBe(athletes)
  })

  test.each([
    ['nothing', {}],
    ['a scheme alone', { authorization: 'Bearer' }],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['a token with a space', { authorization: 'Bearer a b' }],
    ['a cookie', { cookie: 'access_token=x' }],
  ])('%s instead of a token', async (_what, headers) => {
    const answer = await system.call(null, 'GET', '/api/v1/strava/status', undefined, headers)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="slipstream"/)
  })

  test('a token in the address is not looked at', async () => {
    const token = await system.issuer.mint('anna')
    expect((await system.call(null, 'GET', `/api/v1/strava/status?access_token=${token}`)).status).toBe(401)
  })
})

test('a flood of made-up key ids becomes one call to the issuer in 30 seconds', async () => {
  await status(await system.issuer.mint('anna'))
  system.clock.advance(31_000)
  const before = system.issuer.asked.jwks
  for (let index = 0; index < 20; index++) {
    await status(await system.issuer.mint('anna', { header: { kid: `made-up-${index}` } }))
  }
  expect(system.issuer.asked.jwks - before).toBe(1)
})

test('a new key of the issuer is found at its first use', async () => {
  const next = await makeKey('second')
  system.issuer.keys.push(next)
  system.clock.advance(31_000)
  expect((await status(await system.issuer.mint('anna', { key: next }))).status).toBe(200)
})

describe('while the issuer is down', () => {
  const longLived = (subject: string) => system.issuer.mint(subject, { claims: { exp: seconds() + 40 * 3600 } })

  test('known keys go on working for a day, then nobody is let in, nor told the token is bad', async () => {
    const token = await longLived('anna')
    expect((await status(token)).status).toBe(200)
    system.issuer.state.isDown = true
    system.clock.advance(23 * 3_600_000)
    expect((await status(token)).status).toBe(200)
    system.clock.advance(2 * 3_600_000)
    const answer = await status(token)
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ code: 'service_unavailable' })
    system.issuer.state.isDown = false
    system.clock.advance(2_000)
    expect((await status(token)).status).toBe(200)
  })
})

test('an issuer that is down does not stop the start; its first answer lets people in', async () => {
  const late = await startSystem({ beforeStart: ({ issuer }) => Object.assign(issuer.state, { isDown: true }) })
  try {
    const token = await late.issuer.mint('anna')
    expect((await late.call(token, 'GET', '/api/v1/strava/status')).status).toBe(503)
    late.issuer.state.isDown = false
    late.clock.advance(1_500)
    expect((await late.call(token, 'GET', '/api/v1/strava/status')).status).toBe(200)
  } finally {
    await late.stop()
  }
})

test('discovery that names another issuer is not believed', async () => {
  const misled = await startSystem({
    beforeStart: ({ issuer }) => Object.assign(issuer.state.metadata, { issuer: 'https://evil.example' }),
  })
  try {
    expect((await misled.call(await misled.issuer.mint('anna'), 'GET', '/api/v1/strava/status')).status).toBe(503)
  } finally {
    await misled.stop()
  }
})
