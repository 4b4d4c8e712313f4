import { randomUUID } from 'node:crypto'
import { problemSchema } from '@slipstream/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createBrowser, locationOf } from './support/browser.ts'
import { anna, ben, challengeOf, completeOnMobile, linkOnWeb, walkToDeepLink } from './support/linking.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

const askToken = (athlete: SignedIn, key: string, body: object = { platform: 'web' }) =>
  athlete.call('POST', '/api/v1/strava/link-token', body, { 'idempotency-key': key })
const newAthlete = () => system.signIn(randomUUID())
const attempts = () => system.store.collections.linkTransactions.countDocuments()
const codeOf = async (response: Response) => problemSchema.parse(await response.json()).code

describe('the same key', () => {
  test('gets the same link token again, with its cookie, and one attempt is begun', async () => {
    const athlete = await newAthlete()
    const key = randomUUID()
    const before = await attempts()
    const first = await askToken(athlete, key)
    const second = await askToken(athlete, `"${key}"`)
    expect(second.status).toBe(201)
    const { connectUrl, ...token } = (await first.json()) as { connectUrl: string }
    expect(await second.json()).toEqual({ connectUrl, ...token })
    expect(second.headers.getSetCookie()).toEqual(first.headers.getSetCookie())
    expect(await attempts()).toBe(before + 1)

    // The second answer is as good as the first: it leads to Strava.
    const browser = createBrowser()
    browser.jarOf(system.url).set('slipstream_link', /=([\w-]{43})/.exec(second.headers.getSetCookie()[0]!)![1]!)
    expect(locationOf(await browser.visit(connectUrl))).toContain('/oauth/authorize')
  })

  test('takes no cookie away that the browser has by now', async () => {
    const athlete = await newAthlete()
    const headers = { 'idempotency-key': randomUUID() }
    const ask = (cookie: object) =>
      athlete.call('POST', '/api/v1/strava/link-token', { platform: 'web' }, { ...headers, ...cookie })
    expect((await ask({})).headers.getSetCookie().join()).toContain('slipstream_link=')
    const later = await ask({ cookie: `slipstream_link=${'n'.repeat(43)}` })
    expect(later.status).toBe(201)
    expect(later.headers.getSetCookie().join()).not.toContain('slipstream_link=')
  })

  test('completes a link once and is told the same both times', async () => {
    const athlete = await newAthlete()
    const { result, codeVerifier } = await walkToDeepLink(athlete, { athlete: anna })
    const headers = { 'idempotency-key': randomUUID() }
    const complete = () => athlete.call('POST', '/api/v1/strava/callback', { result, codeVerifier }, headers)
    const first = await complete()
    expect(first.status).toBe(200)
    const second = await complete()
    expect(second.status).toBe(200)
    expect(await second.text()).toBe(await first.text())
    await athlete.call('DELETE', '/api/v1/strava/link')
  })

  test('is told again why a completion was refused, which has used its result up', async () => {
    const athlete = await newAthlete()
    const { result, codeVerifier } = await walkToDeepLink(athlete, { athlete: anna })
    await linkOnWeb(system, athlete, { athlete: ben })
    const headers = { 'idempotency-key': randomUUID() }
    const complete = () => athlete.call('POST', '/api/v1/strava/callback', { result, codeVerifier }, headers)
    const first = await complete()
    const second = await complete()
    expect(second.headers.get('content-type')).toBe(first.headers.get('content-type'))
    const body = await second.text()
    expect(JSON.parse(body)).toMatchObject({ code: 'different_strava_account' })
    expect(body).toBe(await first.text())
    await athlete.call('DELETE', '/api/v1/strava/link')
  })

  test('is worked on once what it was refused for is mended', async () => {
    const athlete = await newAthlete()
    const sync = () => athlete.call('POST', '/api/v1/strava/sync', undefined, { 'idempotency-key': 'mended' })
    expect(await codeOf(await sync())).toBe('not_linked')
    await linkOnWeb(system, athlete, { athlete: ben })
    expect((await sync()).status).toBe(202)
    await athlete.call('DELETE', '/api/v1/strava/link')
  })

  test('of two athletes, or on two routes, is two keys', async () => {
    const [one, other] = [await newAthlete(), await newAthlete()]
    const tokens = await Promise.all([one, other].map(async (athlete) => (await askToken(athlete, 'shared')).json()))
    expect(tokens[0]).not.toEqual(tokens[1])
    const onOther = await one.call('POST', '/api/v1/strava/sync', undefined, { 'idempotency-key': 'shared' })
    expect(await codeOf(onOther)).toBe('not_linked')
  })

  test('with another body is refused, and the first answer stays', async () => {
    const athlete = await newAthlete()
    const first = await (await askToken(athlete, 'one')).json()
    const refused = await askToken(athlete, 'one', { platform: 'web', returnTo: '/training' })
    expect(refused.status).toBe(422)
    const problem = problemSchema.parse(await refused.json())
    expect(problem.code).toBe('idempotency_key_reused')
    expect(problem.errors.map(({ path }) => path)).toEqual(['Idempotency-Key'])
    expect(await (await askToken(athlete, 'one')).json()).toEqual(first)
  })

  test('many times at once is worked on once; the others are asked to come again, and then get the answer', async () => {
    const athlete = await newAthlete()
    const before = await attempts()
    const answers = await Promise.all(Array.from({ length: 8 }, () => askToken(athlete, 'at-once')))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([])
    expect(statuses).toContain(201)
    for (const waiting of answers.filter(({ status }) => status === 409)) {
      expect(waiting.headers.get('retry-after')).toBe('1')
      expect(await codeOf(waiting)).toBe('request_in_progress')
    }
    expect((await askToken(athlete, 'at-once')).status).toBe(201)
    expect(await attempts()).toBe(before + 1)
  })

  test('may be used anew after a day', async () => {
    const athlete = await newAthlete()
    const first = (await (await askToken(athlete, 'daily')).json()) as { linkToken: string }
    await system.store.collections.answeredRequests.updateMany({}, { deleteAt: new Date(Date.now() - 1) })
    const next = (await (await askToken(athlete, 'daily')).json()) as { linkToken: string }
    expect(next.linkToken).not.toBe(first.linkToken)
  })

  test('that nobody works on any more is taken up by the next', async () => {
    const athlete = await newAthlete()
    await askToken(athlete, 'crashed')
    await system.store.collections.answeredRequests.updateMany({}, { $unset: { answer: 1 } })
    expect((await askToken(athlete, 'crashed')).status).toBe(409)
    await system.store.collections.answeredRequests.updateMany({}, { claimedUntil: new Date(Date.now() - 1) })
    expect((await askToken(athlete, 'crashed')).status).toBe(201)
  })
})

test('a request that was not valid does not use its key up', async () => {
  const athlete = await newAthlete()
  expect(await codeOf(await askToken(athlete, 'typo', { platform: 'wep' }))).toBe('invalid_request')
  expect((await askToken(athlete, 'typo')).status).toBe(201)
})

test.each([
  ['empty', ''],
  ['blank inside', 'a b'],
  ['two', 'a, b'],
  ['half a quote', '"abc'],
  ['too long', 'x'.repeat(256)],
  ['beyond ASCII', 'schlüssel'],
])('a key that is %s is named', async (_what, key) => {
  const athlete = await newAthlete()
  const response = await askToken(athlete, key)
  expect(response.status).toBe(400)
  const { code, errors } = problemSchema.parse(await response.json())
  expect(code).toBe('invalid_request')
  expect(errors.map(({ path }) => path)).toEqual(['Idempotency-Key'])
})

test('neither key nor answer can be read in the database, and an unlink takes them with it', async () => {
  const athlete = await newAthlete()
  const key = `canary-${randomUUID()}`
  const { linkToken } = (await (await askToken(athlete, key)).json()) as { linkToken: string }
  const rows = () => system.store.collections.answeredRequests.find().lean()
  const text = JSON.stringify(await rows())
  expect(text).toContain('ciphertext')
  for (const secret of [key, linkToken, 'connectUrl', 'slipstream_link']) expect(text).not.toContain(secret)

  await linkOnWeb(system, athlete, { athlete: anna })
  const [{ athleteId } = { athleteId: '' }] = await system.store.collections.links.find().lean()
  expect((await rows()).filter((row) => row.athleteId === athleteId)).not.toEqual([])
  expect((await athlete.call('DELETE', '/api/v1/strava/link')).status).toBe(202)
  expect((await rows()).filter((row) => row.athleteId === athleteId)).toEqual([])
})

test('without a key each request is one of its own', async () => {
  const athlete = await newAthlete()
  const { result, codeVerifier } = await walkToDeepLink(athlete, { athlete: anna })
  expect(challengeOf(codeVerifier)).toHaveLength(43)
  expect((await completeOnMobile(athlete, result, codeVerifier)).status).toBe(200)
  expect((await completeOnMobile(athlete, result, codeVerifier)).status).toBe(400)
})
