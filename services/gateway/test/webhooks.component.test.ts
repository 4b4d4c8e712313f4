import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type EventData, receiptListSchema } from '@slipstream/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { anna, linkOnWeb } from './support/linking.ts'
import { storedLink } from './support/stored.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

const [pathSecret, olderSecret] = ['current-path-secret', 'previous-path-secret']
const verifyToken = 'verify-me'
const env = {
  STRAVA_WEBHOOK_PATH_SECRET: `${pathSecret},${olderSecret}`,
  STRAVA_WEBHOOK_VERIFY_TOKEN: verifyToken,
}

let system: System
let athlete: SignedIn
let link: Awaited<ReturnType<typeof storedLink>>
beforeAll(async () => {
  system = await startSystem({ env })
  athlete = await system.signIn('anna')
  await linkOnWeb(system, athlete, { athlete: anna })
  link = await storedLink(system, 'anna')
  await vi.waitFor(async () => expect(await subscription()).toMatchObject({ subscriptionId: expect.any(String) }))
})
afterAll(() => system?.stop())
beforeEach(async () => {
  await inbox().deleteMany({})
})

const inbox = () => system.store.collections.webhookInbox
const subscription = () => system.store.collections.pushSubscription.findById('12345').lean()

const said = async (changes: object = {}) => ({
  ...{ aspect_type: 'create', event_time: 1_780_000_000, object_id: 77, object_type: 'activity', owner_id: anna },
  subscription_id: Number((await subscription())?.subscriptionId),
  ...changes,
})
const push = async (body: unknown, { secret = pathSecret, headers = {}, url = system.url } = {}) =>
  fetch(`${url}/webhooks/strava/${secret}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
const metric = async (text: string) => {
  const metrics = await (await fetch(`${system.opsUrl}/metrics`)).text()
  return Number(new RegExp(`^${text} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0)
}
const counted = (kind: string, outcome: string) =>
  metric(`slipstream_webhooks_total\\{kind="${kind}",outcome="${outcome}".*\\}`)
const unknownOwners = () => counted('activity_create', 'unknown_owner')

describe('a webhook', () => {
  test('is stored before it is answered, and told', async () => {
    const bus = await system.bus()
    const told: EventData<'strava.notified'>[] = []
    const listening = bus.listen('strava.notified', link.athleteId, (data) => told.push(data))
    expect((await push(await said())).status).toBe(200)
    const [row] = await inbox().find({}).lean()
    expect(row).toMatchObject({
      ...{ athleteId: link.athleteId, linkId: link._id, objectType: 'activity', objectId: '77' },
      ...{ aspectType: 'create', updates: {}, takenAt: null },
    })
    await vi.waitFor(() => expect(told).toMatchObject([{ inboxId: row?._id, objectId: '77' }]))
    listening.stop()
  })

  test('that comes again is known, also with the address of before', async () => {
    for (const secret of [pathSecret, olderSecret]) expect((await push(await said(), { secret })).status).toBe(200)
    expect(await inbox().countDocuments()).toBe(1)
    await push(await said({ updates: { title: 'x' } }))
    expect(await inbox().countDocuments()).toBe(2)
  })

  test('is stored once and told, whoever else comes at the same moment', async () => {
    const bus = await system.bus()
    const told: string[] = []
    const listening = bus.listen('strava.notified', link.athleteId, ({ objectId }) => told.push(objectId))
    const before = { repeated: await counted('activity_create', 'repeated'), unknown: await unknownOwners() }
    const ids = Array.from({ length: 40 }, (_, index) => 1_000 + index)
    const answers = await Promise.all([
      ...ids.map(async (id) => push(await said({ object_id: id }))),
      ...ids.map(async (id) => push(await said({ object_id: id }))),
      ...ids.map(async (id) => push(await said({ object_id: id, owner_id: 1 }))),
    ])
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const stored = await inbox().find({}).lean()
    expect(stored.map(({ objectId }) => Number(objectId)).toSorted()).toEqual(ids)
    await vi.waitFor(() => expect(told.toSorted()).toEqual(ids.map(String)))
    listening.stop()
    expect(await counted('activity_create', 'repeated')).toBe(before.repeated + ids.length)
    expect(await unknownOwners()).toBe(before.unknown + ids.length)
  })

  test('is answered 503 when it cannot be stored, so that Strava comes again', async () => {
    const setRule = (validator: object) => system.store.connection.db!.command({ collMod: 'webhook_inbox', validator })
    await setRule({ never: true })
    expect((await push(await said({ object_id: 78 }))).status).toBe(503)
    await setRule({})
    expect((await push(await said({ object_id: 78 }))).status).toBe(200)
    expect(await inbox().countDocuments()).toBe(1)
  })

  test('leaves neither address nor secrets in the log', () => {
    const log = system.logLines.join('')
    for (const secret of [pathSecret, olderSecret, verifyToken]) expect(log).not.toContain(secret)
  })

  test('goes when its link does', async () => {
    const ben = await system.signIn('gone')
    await linkOnWeb(system, ben, { athlete: 58_300_022 })
    await push(await said({ owner_id: 58_300_022 }))
    expect(await inbox().countDocuments()).toBe(1)
    await ben.json('DELETE', '/api/v1/strava/link')
    await vi.waitFor(async () => expect(await inbox().countDocuments()).toBe(0))
  })
})

describe('a notice that an athlete has revoked the app', () => {
  const revoked = async (changes: object = {}) =>
    said({
      object_type: 'athlete',
      object_id: anna,
      aspect_type: 'update',
      updates: { authorized: 'false' },
      ...changes,
    })
  const settled = (count = 1) =>
    vi.waitFor(async () => expect(await inbox().countDocuments({ takenAt: { $ne: null } })).toBe(count))
  const waitsForNextLook = (count: number) =>
    vi.waitFor(async () =>
      expect(await inbox().countDocuments({ takenAt: null, nextTryAt: { $gt: system.clock.now() } })).toBe(count),
    )
  const athleteCalls = () => system.strava.control.calls().calls.filter(({ endpoint }) => endpoint === 'athlete').length
  /** As if six minutes had passed. */
  const looksAreDue = () => system.store.collections.links.updateMany({}, { $unset: { nextRevocationLookAt: 1 } })
  beforeEach(async () => {
    await looksAreDue()
  })
  const isLinked = () => system.store.collections.links.exists({ _id: link._id })

  test.each([
    ['an update', {}],
    ['a delete', { aspect_type: 'delete', updates: {} }],
  ])('changes nothing while the grant lives, as %s', async (_what, changes) => {
    await push(await revoked(changes))
    await settled()
    expect(await isLinked()).not.toBeNull()
  })

  test('that says nothing of the kind costs no call', async () => {
    const before = athleteCalls()
    await push(await revoked({ updates: { weight: '60' } }))
    await settled()
    expect(athleteCalls()).toBe(before)
  })

  test('is not done with by one that says nothing of the kind, though both are looked at together', async () => {
    const before = athleteCalls()
    system.strava.control.setFaults({ rules: [{ endpoint: 'athlete', effect: { kind: 'hold' } }] })
    const other = await revoked({ event_time: 1_780_000_200 })
    await push(other)
    await vi.waitFor(() => expect(system.strava.control.heldCalls()).toHaveLength(1))
    await push(await revoked({ event_time: 1_780_000_201, updates: { weight: '61' } }))
    await push(await revoked({ event_time: 1_780_000_202 }))
    system.strava.control.clearFaults()
    await vi.waitFor(async () => expect(await inbox().countDocuments({ takenAt: { $ne: null } })).toBe(2))
    expect(athleteCalls()).toBe(before + 1)
    expect(await inbox().findOne({ takenAt: null }).lean()).toMatchObject({ updates: { authorized: 'false' } })
  })

  test('waits until Strava can be asked', async () => {
    system.strava.control.setFaults({ rules: [{ endpoint: 'athlete', effect: { kind: 'status', status: 503 } }] })
    await push(await revoked({ event_time: 1_780_000_001 }))
    await vi.waitFor(async () => expect(await inbox().countDocuments({ attempts: { $gte: 1 } })).toBe(1))
    expect(await isLinked()).not.toBeNull()
    system.strava.control.clearFaults()
    system.clock.advance(3_600_000)
    await settled()
  })

  test('ends a link whose credential was dead before by the word of Strava', async () => {
    const dana = await system.signIn('dana')
    await linkOnWeb(system, dana, { athlete: 77_400_044 })
    const { _id: linkId } = await storedLink(system, 'dana')
    const { links, credentials } = system.store.collections
    const statusSince = new Date(system.clock.now().getTime() - 2 * 3_600_000)
    await credentials.updateOne({ _id: linkId }, { $set: { status: 'dead' } })
    await links.updateOne({ _id: linkId }, { $set: { status: 'reauth_required', statusSince } })
    await push(await revoked({ owner_id: 77_400_044, object_id: 77_400_044 }))
    await vi.waitFor(async () => expect(await links.exists({ _id: linkId })).toBeNull())
    const { items } = receiptListSchema.parse(await dana.json('GET', '/api/v1/strava/receipts'))
    expect(items).toMatchObject([{ reason: 'revoked_at_strava' }])
  })

  test('ends a link that waits for a permission where it is true, and leaves it where the grant lives', async () => {
    const eva = await system.signIn('eva')
    await linkOnWeb(system, eva, { athlete: 99_600_066 })
    const { _id: linkId } = await storedLink(system, 'eva')
    const { links } = system.store.collections
    const statusSince = new Date(system.clock.now().getTime() - 2 * 3_600_000)
    const lost = { status: 'reauth_required', errorCode: 'scope_missing', statusSince } as const
    await links.updateOne({ _id: linkId }, { $set: lost })
    const before = athleteCalls()
    await push(await revoked({ owner_id: 99_600_066, object_id: 41_200_055 }))
    await settled()
    expect(athleteCalls()).toBe(before + 1)
    expect(await links.findById(linkId).lean()).toMatchObject(lost)
    await looksAreDue()
    system.strava.control.revoke('eva')
    await vi.waitFor(async () => expect(await links.exists({ _id: linkId })).toBeNull())
  })

  test('ends the link where it is true, with a receipt that says so', async () => {
    const chris = await system.signIn('chris')
    await linkOnWeb(system, chris, { athlete: 3_100_000_033 })
    const { _id: linkId } = await storedLink(system, 'chris')
    // Told by Strava itself, to the address it was given.
    system.strava.control.revoke('chris')
    await vi.waitFor(async () => expect(await system.store.collections.links.exists({ _id: linkId })).toBeNull())
    const { items } = receiptListSchema.parse(await chris.json('GET', '/api/v1/strava/receipts'))
    expect(items).toMatchObject([{ reason: 'revoked_at_strava' }])
    expect(await chris.json('GET', '/api/v1/strava/status')).toMatchObject({ status: 'not_linked' })
    expect(await isLinked()).not.toBeNull()
  })

  test('costs one call in six minutes, however many replicas hear it', async () => {
    const { strava, database, config, clock } = system
    const other = await startSystem({
      env: {
        ...{ MONGODB_URI: database.uri, STRAVA_WEBHOOK_PATH_SECRET: pathSecret },
        ...{ STRAVA_OAUTH_BASE_URL: strava.url, STRAVA_API_BASE_URL: `${strava.url}/api/v3` },
        TOKEN_KEYS: config.secrets.tokenKeys.reveal(),
      },
      overrides: { clock, sharedClock: clock },
    })
    try {
      const before = athleteCalls()
      strava.control.setFaults({ rules: [{ endpoint: 'athlete', effect: { kind: 'hold' } }] })
      await push(await revoked({ event_time: 1_780_000_300 }))
      await vi.waitFor(() => expect(strava.control.heldCalls()).toHaveLength(1))
      const body = async (count: number) => revoked({ event_time: 1_780_000_301 + count })
      for (let count = 0; count < 10; count += 1) await push(await body(count), { url: other.url })
      // The one that is being looked at among them: it is settled whenever it would be due.
      await waitsForNextLook(11)
      strava.control.clearFaults()
      await settled(1)
      for (let count = 10; count < 20; count += 1) await push(await body(count), { url: other.url })
      await waitsForNextLook(20)
      expect(athleteCalls()).toBe(before + 1)
    } finally {
      strava.control.clearFaults()
      await other.stop()
    }
  })

  test('costs one call in six minutes, however often it is said', async () => {
    const before = athleteCalls()
    for (let said = 0; said < 30; said += 1) await push(await revoked({ event_time: 1_780_000_100 + said }))
    await vi.waitFor(async () =>
      expect(await inbox().countDocuments({ nextTryAt: { $lte: system.clock.now() }, takenAt: null })).toBe(0),
    )
    expect(athleteCalls()).toBe(before + 1)
    const told = await inbox().countDocuments()
    system.clock.advance(6 * 60_000)
    await settled(told)
    expect(athleteCalls()).toBeLessThanOrEqual(before + 2)
    expect(await isLinked()).not.toBeNull()
  })
})

describe("Strava's challenge", () => {
  const ask = (query: Record<string, string>, secret = pathSecret) =>
    fetch(`${system.url}/webhooks/strava/${secret}?${new URLSearchParams(query)}`)
  const right = {
    'hub.mode': 'subscribe',
    'hub.challenge': '15f7d1a91c1f40f8a748fd134752feb3',
    'hub.verify_token': verifyToken,
  }
  const expecting = (makingUntil: Date | null) =>
    system.store.collections.pushSubscription.updateOne({ _id: '12345' }, { $set: { makingUntil } })

  test('is answered while a subscription is being made', async () => {
    await expecting(new Date(system.clock.now().getTime() + 60_000))
    const response = await ask(right)
    expect([response.status, await response.json()]).toEqual([200, { 'hub.challenge': right['hub.challenge'] }])
    await expecting(null)
  })
})

describe('the push subscription', () => {
  const made = () =>
    system.strava.control
      .calls()
      .calls.filter(({ endpoint, method }) => endpoint === 'push_subscriptions' && method === 'POST')
  const lookNow = () =>
    system.store.collections.pushSubscription.updateOne({ _id: '12345' }, { $set: { nextCheckAt: new Date(0) } })
  const checked = () =>
    vi.waitFor(async () => expect((await subscription())!.nextCheckAt.getTime()).toBeGreaterThan(Date.now()))

  const atStrava = (path = '', init: RequestInit = {}) => {
    const url = new URL(`${system.strava.url}/api/v3/push_subscriptions${path}`)
    url.search = String(new URLSearchParams({ client_id: '12345', client_secret: 'simulator-secret' }))
    return fetch(url, init)
  }
  const removeAtStrava = async () => {
    const [found] = (await (await atStrava()).json()) as { id: number }[]
    await atStrava(`/${found?.id}`, { method: 'DELETE' })
  }
  /** Another gateway at the same address, database and Strava. */
  const startReplica = () =>
    startSystem({
      env: {
        ...{ ...env, PUBLIC_URL: system.url, MONGODB_URI: system.database.uri },
        ...{ STRAVA_OAUTH_BASE_URL: system.strava.url, STRAVA_API_BASE_URL: `${system.strava.url}/api/v3` },
      },
      // Tests have moved the system's clock: to one that is hours behind the lease of a look would not end.
      overrides: { clock: system.clock, sharedClock: system.clock },
    })

  test('is made once, for the first of the addresses', async () => {
    await lookNow()
    await checked()
    expect(made().filter(({ status }) => status === 201)).toHaveLength(1)
    const found = await fetch(
      `${system.strava.url}/api/v3/push_subscriptions?client_id=12345&client_secret=simulator-secret`,
    )
    expect(await found.json()).toMatchObject([{ callback_url: `${system.url}/webhooks/strava/${pathSecret}` }])
    expect(JSON.stringify(await subscription())).not.toContain(pathSecret)
  })

  test('is looked at again though the replica that was at it has crashed, and by each that starts', async () => {
    const asked = () =>
      system.strava.control
        .calls()
        .calls.filter(({ endpoint, method }) => endpoint === 'push_subscriptions' && method === 'GET').length
    // Held up at Strava: what is written meanwhile is what a crash would leave.
    system.strava.control.setFaults({ rules: [{ endpoint: 'push_subscriptions', effect: { kind: 'hold' } }] })
    await lookNow()
    await checked()
    const left = (await subscription())!.nextCheckAt.getTime() - system.clock.now().getTime()
    system.strava.control.clearFaults()
    expect(left).toBeLessThanOrEqual(90_000)
    await vi.waitFor(async () => {
      const inMs = (await subscription())!.nextCheckAt.getTime() - system.clock.now().getTime()
      expect(inMs).toBeGreaterThan(90_000)
    })
    const before = asked()
    const another = await startReplica()
    try {
      await vi.waitFor(() => expect(asked()).toBe(before + 1))
    } finally {
      await another.stop()
    }
  })

  test('is made by one of two replicas, though both would', async () => {
    const another = await startReplica()
    const database = system.store.connection.getClient().db()
    try {
      await checked()
      await removeAtStrava()
      const before = made().length
      system.strava.control.setFaults({ rules: [{ endpoint: 'push_subscriptions', effect: { kind: 'hold' } }] })
      await lookNow()
      await vi.waitFor(() => expect(system.strava.control.heldCalls()).toHaveLength(1))
      // The replica that is held up takes no turn: whoever asks for the look now is the other one.
      await database.command({ profile: 2 })
      const asksForLook = { ns: /\.push_subscription$/, op: 'update' }
      await vi.waitFor(async () =>
        expect(await database.collection('system.profile').countDocuments(asksForLook)).toBeGreaterThan(2),
      )
      expect(system.strava.control.heldCalls()).toHaveLength(1)
      const earlier = (await subscription())?.subscriptionId
      system.strava.control.clearFaults()
      await vi.waitFor(async () => {
        const known = (await subscription())?.subscriptionId
        expect(known).toEqual(expect.any(String))
        expect(known).not.toBe(earlier)
      })
      expect(made()).toHaveLength(before + 1)
    } finally {
      system.strava.control.clearFaults()
      await database.command({ profile: 0 })
      await another.stop()
    }
  })

  test('that is gone at Strava is made anew', async () => {
    const before = await subscription()
    await removeAtStrava()
    await lookNow()
    await vi.waitFor(async () => {
      const { subscriptionId, since } = (await subscription())!
      expect(subscriptionId).toEqual(expect.any(String))
      expect(subscriptionId).not.toBe(before?.subscriptionId)
      expect(since?.getTime()).toBeGreaterThan(before?.since?.getTime() ?? Number.POSITIVE_INFINITY)
    })
  })

  const addresses = async () => {
    const found = (await (await atStrava()).json()) as { callback_url: string }[]
    return found.map(({ callback_url }) => callback_url)
  }
  /** The one subscription of the app posts there from now on. */
  const divertTo = async (address: string) => {
    await removeAtStrava()
    await system.store.collections.pushSubscription.updateOne({ _id: '12345' }, { $set: { subscriptionId: null } })
    const body = new URLSearchParams({ callback_url: address, verify_token: verifyToken })
    expect((await atStrava('', { method: 'POST', body })).status).toBe(201)
  }
  const own = () => `${system.url}/webhooks/strava/${pathSecret}`

  test('to the address of before makes way for one to the first', async () => {
    await divertTo(`${system.url}/webhooks/strava/${olderSecret}`)
    await lookNow()
    await vi.waitFor(async () => expect(await addresses()).toEqual([own()]))
    await vi.waitFor(async () => expect((await subscription())!.subscriptionId).toEqual(expect.any(String)))
    expect((await push(await said(), { secret: olderSecret })).status).toBe(200)
    expect(await inbox().countDocuments()).toBe(1)
  })

  test('of another deployment is left alone with a warning, unless an operator says otherwise', async () => {
    const others = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
      response.end(JSON.stringify({ 'hub.challenge': searchParams.get('hub.challenge') }))
    })
    await new Promise<void>((resolve) => others.listen(0, resolve))
    const { port } = others.address() as AddressInfo
    const foreign = `http://localhost:${port}/webhooks/strava/${pathSecret}`
    await divertTo(foreign)
    await lookNow()
    await vi.waitFor(() => expect(system.logLines.join('')).toContain('posts to another deployment'))
    await checked()
    expect(await addresses()).toEqual([foreign])
    const told = await startSystem({
      env: {
        ...{ ...env, STRAVA_WEBHOOK_REPLACE_SUBSCRIPTION: 'true' },
        ...{ STRAVA_OAUTH_BASE_URL: system.strava.url, STRAVA_API_BASE_URL: `${system.strava.url}/api/v3` },
      },
    })
    try {
      await vi.waitFor(async () => expect(await addresses()).toEqual([`${told.url}/webhooks/strava/${pathSecret}`]))
      expect(told.logLines.join('')).toContain('subscription of another deployment is replaced')
    } finally {
      await told.stop()
      await new Promise((resolve) => others.close(resolve))
    }
    await divertTo(own())
    await lookNow()
    await vi.waitFor(async () => expect((await subscription())!.subscriptionId).toEqual(expect.any(String)))
  })

  test('that cannot be looked after is told, and tried again in a minute', async () => {
    system.strava.control.setFaults({
      rules: [{ endpoint: 'push_subscriptions', effect: { kind: 'status', status: 503 } }],
    })
    await lookNow()
    await vi.waitFor(() =>
      expect(system.logLines.join('')).toContain('the push subscription could not be looked after'),
    )
    system.strava.control.clearFaults()
    await vi.waitFor(async () => {
      const inMs = (await subscription())!.nextCheckAt.getTime() - system.clock.now().getTime()
      expect(inMs).toBeLessThanOrEqual(60_000)
    })
  })
})
