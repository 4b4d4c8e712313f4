import { createHmac } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createAttackTable } from './support/attack-table.ts'
import { anna, linkOnWeb } from './support/linking.ts'
import { type RawRequest, sendRaw } from './support/raw-request.ts'
import { type System, startSystem } from './support/system.ts'

/*
 * Promise 19, where webhooks come in: whoever has the address may say anything, whoever has it not may say nothing. In the order in
 * which it is looked at: address, method and form of the body, its fields, subscription, signature, owner; then the challenge. A
 * row says what is answered; none of them leaves anything in the inbox or costs a call to Strava.
 *
 * Passed over on purpose: fields that nobody knows, because Strava adds some without notice (they are not stored), and the age
 * of what is told, because late repeats are legitimate and repeats are known.
 */

const [pathSecret, olderSecret] = ['current-path-secret', 'previous-path-secret']
const verifyToken = 'verify-me'
const subscriptionId = '4711'
const env = {
  STRAVA_WEBHOOK_PATH_SECRET: `${pathSecret},${olderSecret}`,
  STRAVA_WEBHOOK_VERIFY_TOKEN: verifyToken,
}

/** One that only counts signatures, as by default, and one that asks for them. */
let system: System
let strict: System
beforeAll(async () => {
  const enforcing = { ...env, STRAVA_WEBHOOK_SIGNATURE: 'enforce', STRAVA_WEBHOOK_SIGNING_SECRET: 'signing-secret' }
  ;[system, strict] = await Promise.all([startSystem({ env }), startSystem({ env: enforcing })])
  for (const one of [system, strict]) {
    await linkOnWeb(one, await one.signIn('anna'), { athlete: anna })
    const { pushSubscription } = one.store.collections
    await vi.waitFor(async () => {
      // A number that the rows below can name.
      const { modifiedCount } = await pushSubscription.updateOne(
        { subscriptionId: { $ne: null } },
        { $set: { subscriptionId } },
      )
      expect(modifiedCount).toBe(1)
    })
  }
})
afterAll(() => Promise.all([system?.stop(), strict?.stop()]))

const callsOf = ({ strava }: System) =>
  strava.control.calls().calls.filter(({ endpoint }) => endpoint !== 'push_subscriptions').length
const inboxOf = ({ store }: System) => store.collections.webhookInbox.countDocuments()

/** What Strava would say of a change. */
const said = (changes: object = {}) =>
  JSON.stringify({
    ...{ aspect_type: 'create', event_time: 1_780_000_000, object_id: 77, object_type: 'activity', owner_id: anna },
    subscription_id: Number(subscriptionId),
    ...changes,
  })
const json = { 'content-type': 'application/json' }
const post = (body: string | Buffer = said(), headers: Record<string, string> = {}): RawRequest => ({
  method: 'POST',
  headers: { ...json, 'content-length': String(Buffer.byteLength(body)), ...headers },
  body: [body],
})
const address = (secret: string) => `/webhooks/strava/${secret}`
/** With an exact text where a number cannot be written otherwise. */
const withRaw = (name: string, raw: string) => said().replace(new RegExp(`"${name}":[^,}]+`), `"${name}":${raw}`)

type Row = [what: string, request: RawRequest, status: number, path?: string]

const addressRows: Row[] = [
  ['another', post(), 404, address('no-such-path-secret')],
  ['one letter less', post(), 404, address(pathSecret.slice(0, -1))],
  ['one letter more', post(), 404, address(`${pathSecret}x`)],
  ['one letter another', post(), 404, address(`${pathSecret.slice(0, -1)}x`)],
  ['in capitals', post(), 404, address(pathSecret.toUpperCase())],
  ['of before the last change', post(), 404, address('retired-path-secret')],
  ['both secrets, as they are set', post(), 404, address(`${pathSecret},${olderSecret}`)],
  ['none', post(), 404, '/webhooks/strava'],
  ['empty', post(), 404, '/webhooks/strava/'],
  ['encoded twice', post(), 404, address(pathSecret.replace('-', '%252d'))],
  ['with a NUL behind it', post(), 404, address(`${pathSecret}%00`)],
  ['with a space behind it', post(), 404, address(`${pathSecret}%20`)],
  ['in a folder', post(), 404, address(`x%2f..%2f${pathSecret}`)],
  ['in the query', post(), 404, `/webhooks/strava?secret=${pathSecret}`],
  ['in a header', post(said(), { 'x-path-secret': pathSecret }), 404, address('x')],
  ['a name of every object', post(), 404, address('__proto__')],
  ['8,000 letters', post(), 404, address('x'.repeat(8_000))],
  ['bytes that are no text', post(), 400, address('%ff%fe')],
]

const formRows: Row[] = [
  ['PUT', { ...post(), method: 'PUT' }, 405],
  ['PATCH', { ...post(), method: 'PATCH' }, 405],
  ['DELETE', { method: 'DELETE' }, 405],
  ['OPTIONS', { method: 'OPTIONS' }, 405],
  ['plain text', post(said(), { 'content-type': 'text/plain' }), 415],
  ['a form', post('object_id=1', { 'content-type': 'application/x-www-form-urlencoded' }), 415],
  ['a form of several parts', post(said(), { 'content-type': 'multipart/form-data; boundary=x' }), 415],
  ['a type that begins alike', post(said(), { 'content-type': 'application/json5' }), 415],
  ['no type', { method: 'POST', headers: { 'content-length': '2' }, body: ['{}'] }, 415],
  ['a compressed body', post(gzipSync(said()), { 'content-encoding': 'gzip' }), 415],
  ['no body', { method: 'POST', headers: json }, 400],
  ['20 KB', post(said({ updates: { title: 'x'.repeat(20_000) } })), 413],
  [
    '1 MB in chunks, without a length',
    { method: 'POST', headers: json, body: Array(20).fill('x'.repeat(50_000)) },
    413,
  ],
  ['lists in lists, 8,000 deep', post('['.repeat(8_000)), 400],
  ['objects in objects, 2,000 deep', post(`${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`), 400],
  ['half a body', post('{"aspect_type":'), 400],
  ['a list', post(`[${said()}]`), 400],
  ['null', post('null'), 400],
  ['a text', post(JSON.stringify(said())), 400],
]

const fieldRows: Row[] = [
  ...['subscription_id', 'object_type', 'object_id', 'owner_id', 'aspect_type', 'event_time'].map(
    (name): Row => [`no ${name}`, post(said({ [name]: undefined })), 400],
  ),
  ['an object nobody knows', post(said({ object_type: 'club' })), 400],
  ['an aspect nobody knows', post(said({ aspect_type: 'undelete' })), 400],
  ['a name of every object for an aspect', post(said({ aspect_type: 'constructor' })), 400],
  ...['object_id', 'owner_id', 'subscription_id'].flatMap((name): Row[] => [
    [`${name} as a word`, post(said({ [name]: 'anna' })), 400],
    [`${name} as a path`, post(said({ [name]: '../1' })), 400],
    [`${name} with a part`, post(said({ [name]: 1.5 })), 400],
    [`${name} below zero`, post(said({ [name]: -1 })), 400],
    [`${name} of −2^63`, post(withRaw(name, '-9223372036854775808')), 400],
    [`${name} of 1e400`, post(withRaw(name, '1e400')), 400],
    [`${name} of 30 digits`, post(withRaw(name, '9'.repeat(30))), 400],
    [`${name} as an operator`, post(said({ [name]: { $gt: '' } })), 400],
    [`${name} in a list`, post(said({ [name]: [anna] })), 400],
    [`${name} as null`, post(said({ [name]: null })), 400],
  ]),
  ['a time that is a text', post(said({ event_time: 'now' })), 400],
  ['a time before 1970', post(said({ event_time: -1 })), 400],
  ['a time that no date has', post(said({ event_time: 1e15 })), 400],
  ['updates that are a list', post(said({ updates: [{}] })), 400],
  ['updates that are a text', post(said({ updates: 'title' })), 400],
  ['an update that is an object', post(said({ updates: { title: { $ne: '' } } })), 400],
  ['an update of 1,001 letters', post(said({ updates: { title: 'x'.repeat(1_001) } })), 400],
  ['an update whose name is an operator', post(said({ updates: { $where: 'sleep(1000)' } })), 400],
  ['an update whose name is a path', post(said({ updates: { 'a.b': '1' } })), 400],
  ['an update whose name has a NUL', post(said({ updates: { 'a\0b': '1' } })), 400],
  ['an update without a name', post(said({ updates: { '': '1' } })), 400],
]

/** Nobody who has the address learns from the answer which athletes there are, or which subscription is ours. */
const foreignRows: Row[] = [
  ['another subscription', post(said({ subscription_id: 999 })), 200],
  ['another subscription, as a text', post(said({ subscription_id: '999' })), 200],
  ['another subscription, of 2^63', post(withRaw('subscription_id', '9223372036854775808')), 200],
  ['subscription 0', post(said({ subscription_id: 0 })), 200],
  ['an owner nobody knows', post(said({ owner_id: 1 })), 200],
  ['an owner nobody knows, of 2^63', post(withRaw('owner_id', '9223372036854775808')), 200],
  ['an owner of ours with a zero before it', post(said({ owner_id: `0${anna}` })), 200],
  ['a deletion of an owner nobody knows', post(said({ owner_id: 1, aspect_type: 'delete' })), 200],
  [
    'a revocation of an owner nobody knows',
    post(
      said({
        owner_id: 1,
        object_id: 1,
        object_type: 'athlete',
        aspect_type: 'update',
        updates: { authorized: 'false' },
      }),
    ),
    200,
  ],
  [
    'an athlete of ours as the object, with an owner nobody knows',
    post(said({ owner_id: 1, object_id: anna, object_type: 'athlete', aspect_type: 'delete' })),
    200,
  ],
]

const signed = (key: string, { body = said(), agoSeconds = 0, hash = 'sha256' } = {}) => {
  const time = Math.floor(Date.now() / 1_000) - agoSeconds
  return { time, hex: createHmac(hash, key).update(`${time}.${body}`).digest('hex') }
}
const header = ({ time, hex }: { time: number; hex: string }) => `t=${time},v1=${hex}`
const withSignature = (value: string) => post(said(), { 'x-strava-signature': value })

const signatureRows: [what: string, request: () => RawRequest][] = [
  ['missing', () => post()],
  ['empty', () => withSignature('')],
  ['of another key', () => withSignature(header(signed('guess')))],
  ['of the secret in the address', () => withSignature(header(signed(pathSecret)))],
  ['of the word for the challenge', () => withSignature(header(signed(verifyToken)))],
  ['of an empty key', () => withSignature(header(signed('')))],
  ['of another body', () => withSignature(header(signed('signing-secret', { body: said({ object_id: 78 }) })))],
  ['of a body with a space more', () => withSignature(header(signed('signing-secret', { body: `${said()} ` })))],
  ['six minutes old', () => withSignature(header(signed('signing-secret', { agoSeconds: 360 })))],
  ['of six minutes from now', () => withSignature(header(signed('signing-secret', { agoSeconds: -360 })))],
  [
    'old, under a new time',
    () => {
      const { hex } = signed('signing-secret', { agoSeconds: 360 })
      return withSignature(header({ ...signed('signing-secret'), hex }))
    },
  ],
  [
    'of the body alone',
    () =>
      withSignature(`t=${signed('').time},v1=${createHmac('sha256', 'signing-secret').update(said()).digest('hex')}`),
  ],
  ['without a time', () => withSignature(`v1=${signed('signing-secret').hex}`)],
  ['with a time that is a text', () => withSignature(`t=now,v1=${signed('signing-secret').hex}`)],
  ['cut short', () => withSignature(header(signed('signing-secret')).slice(0, -1))],
  [
    'twice, a good one last',
    () => {
      const { time, hex } = signed('signing-secret')
      return withSignature(`t=${time},v1=${'0'.repeat(64)},v1=${hex}`)
    },
  ],
  ['of SHA-1', () => withSignature(header(signed('signing-secret', { hash: 'sha1' })))],
  ['under another version', () => withSignature(header(signed('signing-secret')).replace('v1', 'v0'))],
  ['a word', () => withSignature('sha256=abc')],
]

const right = { 'hub.mode': 'subscribe', 'hub.challenge': '15f7d1a91c1f40f8a748fd134752feb3' }
const asking = (query: Record<string, string> | string) =>
  `${address(pathSecret)}?${typeof query === 'string' ? query : new URLSearchParams(query)}`
const withToken = { ...right, 'hub.verify_token': verifyToken }

const challengeRows: Row[] = [
  ['another word', {}, 403, asking({ ...right, 'hub.verify_token': 'guess' })],
  ['no word', {}, 403, asking(right)],
  ['an empty word', {}, 403, asking({ ...right, 'hub.verify_token': '' })],
  ['the word in capitals', {}, 403, asking({ ...right, 'hub.verify_token': verifyToken.toUpperCase() })],
  ['the word twice', {}, 403, asking(`${new URLSearchParams(withToken)}&hub.verify_token=${verifyToken}`)],
  ['an operator for the word', {}, 403, asking(`${new URLSearchParams(right)}&hub.verify_token[$ne]=x`)],
  ['nothing', {}, 403, asking('')],
  ['another mode', {}, 400, asking({ ...withToken, 'hub.mode': 'unsubscribe' })],
  ['no mode', {}, 400, asking({ 'hub.verify_token': verifyToken, 'hub.challenge': 'x' })],
  ['no challenge', {}, 400, asking({ 'hub.mode': 'subscribe', 'hub.verify_token': verifyToken })],
  ['an empty challenge', {}, 400, asking({ ...withToken, 'hub.challenge': '' })],
  ['a challenge twice', {}, 400, asking(`${new URLSearchParams(withToken)}&hub.challenge=x`)],
  ['a challenge of 256 letters', {}, 400, asking({ ...withToken, 'hub.challenge': 'x'.repeat(256) })],
  ['the right word at another address', {}, 404, asking(withToken).replace(pathSecret, 'no-such-path-secret')],
]

const table = createAttackTable()

const expectNothing = async (what: string, at: System, request: RawRequest, path: string, status: number) => {
  const calls = callsOf(at)
  const answer = await sendRaw(at.url + path, request)
  const seen = { status: answer.status, stored: await inboxOf(at), calls: callsOf(at) }
  const expected = { status, stored: 0, calls }
  table.record(what, JSON.stringify(seen) === JSON.stringify(expected))
  expect(seen).toEqual(expected)
  return answer
}

beforeEach(async () => {
  for (const { store } of [system, strict]) await store.collections.webhookInbox.deleteMany({})
})

test('what Strava would say is stored, at the address of now and of before', async () => {
  for (const secret of [pathSecret, olderSecret]) {
    expect((await sendRaw(system.url + address(secret), post())).status).toBe(200)
  }
  const rows = await system.store.collections.webhookInbox.find().lean()
  expect(rows).toMatchObject([{ objectId: '77', subscriptionId }])
})

test('fields that nobody knows are not stored', async () => {
  const body = said({ news: 1, $set: { admin: true }, constructor: 'x' })
  expect((await sendRaw(system.url + address(pathSecret), post(body))).status).toBe(200)
  const [row] = await system.store.collections.webhookInbox.find().lean()
  expect(JSON.stringify(row)).not.toMatch(/news|admin|constructor/)
})

describe('nothing is stored of what comes', () => {
  test.each(addressRows)('to an address that is not ours: %s', async (what, request, status, path = '') => {
    await expectNothing(what, system, request, path, status)
  })
  test.each(formRows)('as %s', async (what, request, status) => {
    await expectNothing(what, system, request, address(pathSecret), status)
  })
  test.each(fieldRows)('with %s', async (what, request, status) => {
    await expectNothing(what, system, request, address(pathSecret), status)
  })
  test.each(foreignRows)('for %s, and it is answered as any other', async (what, request, status) => {
    const answer = await expectNothing(what, system, request, address(pathSecret), status)
    const known = await sendRaw(system.url + address(pathSecret), post())
    const comparable = ({ headers: { date: _date, ...headers }, body }: typeof answer) => ({ headers, body })
    expect(comparable(answer)).toEqual(comparable(known))
  })
  test.each(signatureRows)('with a signature that is %s, where one is asked for', async (what, request) => {
    await expectNothing(what, strict, request(), address(pathSecret), 403)
  })
})

describe('a signature', () => {
  test('that is right is let in where one is asked for, with spaces, and up to five minutes old', async () => {
    for (const value of [
      header(signed('signing-secret')),
      header(signed('signing-secret')).replace(',', ', '),
      header(signed('signing-secret', { agoSeconds: 240 })),
    ]) {
      expect((await sendRaw(strict.url + address(pathSecret), withSignature(value))).status).toBe(200)
    }
    expect(await inboxOf(strict)).toBe(1)
  })

  test('that is wrong is let in, and counted, where they are only watched', async () => {
    const counted = async () => {
      const metrics = await (await fetch(`${system.opsUrl}/metrics`)).text()
      return Number(/^slipstream_webhook_signatures_total\{result="wrong".*\} (\d+)/m.exec(metrics)?.[1] ?? 0)
    }
    const before = await counted()
    const answer = await sendRaw(system.url + address(pathSecret), withSignature(header(signed('guess'))))
    expect([answer.status, await inboxOf(system), await counted()]).toEqual([200, 1, before + 1])
  })
})

describe('Strava’s challenge', () => {
  const expecting = (makingUntil: Date | null) =>
    system.store.collections.pushSubscription.updateOne({ _id: '12345' }, { $set: { makingUntil } })

  test.each(challengeRows)(
    'with %s is refused, also while a subscription is being made',
    async (what, request, status, path = '') => {
      await expecting(new Date(system.clock.now().getTime() + 60_000))
      await expectNothing(what, system, request, path, status)
    },
  )

  test('is answered only while a subscription is being made', async () => {
    const ask = async () => (await sendRaw(system.url + asking(withToken), {})).status
    await expecting(new Date(system.clock.now().getTime() + 60_000))
    expect(await ask()).toBe(200)
    await expecting(new Date(system.clock.now().getTime() - 1))
    expect(await ask()).toBe(403)
    await expecting(null)
    expect(await ask()).toBe(403)
  })
})

const tables = [addressRows, formRows, fieldRows, foreignRows, signatureRows, challengeRows]
const tries = tables.reduce((sum, { length }) => sum + length, 0)
test(`${tries} tries, none accepted`, () => {
  expect(table.summary()).toEqual({ tries, accepted: [] })
})
