import { randomUUID } from 'node:crypto'
import { problemSchema } from '@slipstream/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCallerLimiter } from '../src/adapters/caller-limiter.ts'
import { callerLimits } from '../src/domain/limits.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

/** A loaded machine is no store that is away. */
const patienceMs = 30_000

let system: System

beforeAll(async () => {
  system = await startSystem({ env: { RATE_LIMIT_SCALE: '1' }, overrides: { countWithinMs: patienceMs } })
})
afterAll(() => system.stop())

const requests: [keyof typeof callerLimits, string, string, object?][] = [
  ['linkToken', 'POST', '/api/v1/strava/link-token', { platform: 'web' }],
  ['completion', 'POST', '/api/v1/strava/callback', { result: 'r', codeVerifier: 'v'.repeat(43) }],
  ['sync', 'POST', '/api/v1/strava/sync'],
  ['export', 'GET', '/api/v1/export'],
]

const newAthlete = (): Promise<SignedIn> => system.signIn(randomUUID())

const remainingIn = (response: Response): number[] =>
  [...(response.headers.get('ratelimit') ?? '').matchAll(/r=(\d+)/g)].map(([, left]) => Number(left))

describe.each(requests)('%s', (work, method, path, body) => {
  const [minute] = callerLimits[work].athlete

  test('is refused beyond the limit of a minute, and says when to come again', async () => {
    const athlete = await newAthlete()
    for (let count = 1; count <= minute.requests; count++) {
      const response = await athlete.call(method, path, body)
      expect(response.status).not.toBe(429)
      expect(remainingIn(response)[0]).toBe(minute.requests - count)
    }
    const refused = await athlete.call(method, path, body)
    expect(refused.status).toBe(429)
    expect(problemSchema.parse(await refused.json()).code).toBe('too_many_requests')
    const retryAfter = Number(refused.headers.get('retry-after'))
    expect(retryAfter).toBeGreaterThan(0)
    expect(retryAfter).toBeLessThanOrEqual(minute.seconds)
    expect(refused.headers.get('ratelimit-policy')).toContain(`q=${minute.requests};w=60`)
    expect(remainingIn(refused)[0]).toBe(0)

    // Others, and other work of the same athlete, go on.
    expect((await (await newAthlete()).call(method, path, body)).status).not.toBe(429)
    expect((await athlete.call('GET', '/api/v1/strava/status')).status).toBe(200)
  })
})

/** One of several replicas, which must not count alone here. */
const newLimiter = () =>
  createCallerLimiter({
    connection: system.store.connection,
    scale: 1,
    storeWithinMs: patienceMs,
    facts: {
      countingAlone: (error) => {
        throw error
      },
      countingTogether: () => {},
    },
  })

test('replicas count together', async () => {
  const [one, other] = [newLimiter(), newLimiter()]
  const athleteId = randomUUID()
  const first = await one.count('export', athleteId)
  const second = await other.count('export', athleteId)
  expect(first.athlete.map(({ remaining }) => remaining)).toEqual([4, 29])
  expect(second.athlete.map(({ remaining }) => remaining)).toEqual([3, 28])
  expect(second.everybody?.remaining).toBeLessThan(callerLimits.export.everybody.requests - 1)
})

test('at the same moment, too: not one more than the limit comes through', async () => {
  const limiters = [newLimiter(), newLimiter(), newLimiter()]
  const athleteId = randomUUID()
  const counted = await Promise.all(
    Array.from({ length: 24 }, (_, index) => limiters[index % 3]!.count('linkToken', athleteId)),
  )
  expect(counted.filter(({ athlete }) => !athlete[0]!.isSpent)).toHaveLength(10)
})

test('who is over the limit costs no more writes', async () => {
  const limiter = newLimiter()
  const athleteId = randomUUID()
  for (let count = 0; count < 8; count++) await limiter.count('export', athleteId)
  const pointsOf = async (key: string) =>
    (await system.store.collections.requestCounts.findOne({ key: `${key}:${athleteId}` }).lean())?.points
  expect(await pointsOf('export-60')).toBe(6)
  expect(await pointsOf('export-3600')).toBe(5)
})

test('who asks on for a minute beyond its limit has the rest of the hour', async () => {
  const limiter = newLimiter()
  const athleteId = randomUUID()
  for (let count = 0; count < 40; count++) await limiter.count('export', athleteId)
  await system.store.collections.requestCounts.deleteOne({ key: `export-60:${athleteId}` })
  const { athlete } = await newLimiter().count('export', athleteId)
  expect(athlete).toMatchObject([
    { remaining: 4, isSpent: false },
    { remaining: 24, isSpent: false },
  ])
})

test('one athlete in a loop takes nothing away from the others', async () => {
  const limiter = newLimiter()
  const [greedy, other] = [randomUUID(), randomUUID()]
  for (let count = 0; count <= callerLimits.export.everybody.requests; count++) await limiter.count('export', greedy)
  expect((await limiter.count('export', other)).everybody).toMatchObject({ isSpent: false })
})

describe('while requests cannot be counted in MongoDB', () => {
  const collection = () => system.store.connection.db!
  const refuseWrites = (validator: object) => collection().command({ collMod: 'request_counts', validator })

  test('those that would work do, up to the limit, and it is said once', async () => {
    const [athlete, refused] = [await newAthlete(), await newAthlete()]
    for (let count = 1; count <= 6; count++) await refused.call('GET', '/api/v1/export')
    await refuseWrites({ never: { $exists: true } })
    try {
      for (let count = 1; count <= 10; count++) {
        const response = await athlete.call('POST', '/api/v1/strava/link-token', { platform: 'web' })
        expect(response.status).toBe(201)
        expect(remainingIn(response)[0]).toBe(10 - count)
        expect((await refused.call('GET', '/api/v1/export')).status).toBe(429)
      }
      expect((await athlete.call('POST', '/api/v1/strava/link-token', { platform: 'web' })).status).toBe(429)
    } finally {
      await refuseWrites({})
    }
    const told = () => system.logLines.filter((line) => line.includes('counted in MongoDB'))
    expect(told()).toHaveLength(1)
    expect((await (await newAthlete()).call('GET', '/api/v1/export')).status).toBe(200)
    expect(told()).toHaveLength(2)
  })
})
