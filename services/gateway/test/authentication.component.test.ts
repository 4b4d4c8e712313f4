import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { audience, type MintOptions, makeKey } from './support/issuer.ts'
import { type System, startSystem } from './support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

const status = (token: string) => system.call(token, 'GET', '/api/v1/strava/status')
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
