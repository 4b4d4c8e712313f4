import { createHmac } from 'node:crypto'
import { Secret } from '@slipstream/runtime'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { application, errorsOf, jsonOf, postForm, startServer, startSimulator } from './support.ts'

const simulator = await startSimulator({ webhookSigningSecret: new Secret('signing-secret') })
const { control } = simulator

interface Received {
  readonly body: string
  readonly event: { aspect_type: string; object_id: number; subscription_id: number; updates: object }
  readonly signature: string
}

let received: Received[] = []
let eventStatuses: number[] = []
let challengeAnswer: (challenge: string) => { status: number; body: string }

const receiver = await startServer((request, body, response) => {
  const url = new URL(request.url!, 'http://receiver')
  if (request.method === 'GET') {
    const asked = Object.fromEntries(url.searchParams)
    const good = asked['hub.mode'] === 'subscribe' && asked['hub.verify_token'] === 'verify-me'
    const answer = good ? challengeAnswer(asked['hub.challenge']!) : { status: 403, body: '' }
    response.writeHead(answer.status).end(answer.body)
    return
  }
  received.push({ body, event: JSON.parse(body), signature: String(request.headers['x-strava-signature']) })
  response.writeHead(eventStatuses.shift() ?? 200).end()
})

const subscriptions = `${simulator.url}/api/v3/push_subscriptions`
const subscribe = () =>
  postForm(subscriptions, { ...application, callback_url: `${receiver}/hook`, verify_token: 'verify-me' })

const arrived = (count: number) => vi.waitFor(() => expect(received).toHaveLength(count))
const settled = () =>
  vi.waitFor(() => expect(control.webhooks().every(({ outcome }) => outcome !== 'pending')).toBe(true))

beforeEach(() => {
  control.reset()
  received = []
  eventStatuses = []
  challengeAnswer = (challenge) => ({ status: 200, body: JSON.stringify({ 'hub.challenge': challenge }) })
})
afterEach(settled)

describe('the subscription', () => {
  it('is created after the challenge, seen, refused a second time, deleted', async () => {
    const created = await subscribe()
    expect(created.status).toBe(201)
    const subscription = await jsonOf<{ id: number }>(created)
    expect(subscription).toMatchObject({
      id: expect.any(Number),
      callback_url: `${receiver}/hook`,
      application_id: 12345,
    })

    const query = new URLSearchParams(application)
    expect(await (await fetch(`${subscriptions}?${query}`)).json()).toEqual([subscription])
    const second = await subscribe()
    expect(second.status).toBe(400)
    expect((await errorsOf(second))[0]).toMatchObject({ resource: 'PushSubscription', code: 'already exists' })

    const remove = () => fetch(`${subscriptions}/${subscription.id}?${query}`, { method: 'DELETE' })
    expect((await remove()).status).toBe(204)
    expect((await remove()).status).toBe(404)
    expect(await (await fetch(`${subscriptions}?${query}`)).json()).toEqual([])
  })

  it.each([
    ['not 200', () => ({ status: 404, body: '' }), 'GET to callback URL does not return 200'],
    ['another challenge', () => ({ status: 200, body: '{"hub.challenge":"other"}' }), 'not verifiable'],
    ['no JSON', () => ({ status: 200, body: 'ok' }), 'not verifiable'],
  ])('is refused when the callback answers %s', async (_name, answer, code) => {
    challengeAnswer = answer
    const response = await subscribe()
    expect(response.status).toBe(400)
    expect(await errorsOf(response)).toEqual([{ resource: 'PushSubscription', field: 'callback url', code }])
  })

  it('wants the application credentials', async () => {
    expect((await fetch(`${subscriptions}?client_id=12345&client_secret=wrong`)).status).toBe(401)
  })
})

describe('events', () => {
  it('follow an activity from create to delete, then the deauthorisation', async () => {
    const { id: subscriptionId } = await jsonOf<{ id: number }>(subscribe())
    const { stravaAthleteId } = control.grant('anna')
    const { id } = control.addActivity('anna')
    await arrived(1)
    control.editActivity(id, { name: 'Messy', private: true })
    await arrived(2)
    control.deleteActivity(id)
    await arrived(3)
    control.revoke('anna')
    await arrived(4)
    const common = { owner_id: stravaAthleteId, subscription_id: subscriptionId, event_time: expect.any(Number) }
    expect(received.map(({ event }) => event)).toEqual([
      { ...common, object_type: 'activity', object_id: id, aspect_type: 'create', updates: {} },
      {
        ...common,
        object_type: 'activity',
        object_id: id,
        aspect_type: 'update',
        updates: { title: 'Messy', private: 'true' },
      },
      { ...common, object_type: 'activity', object_id: id, aspect_type: 'delete', updates: {} },
      {
        ...common,
        object_type: 'athlete',
        object_id: stravaAthleteId,
        aspect_type: 'update',
        updates: { authorized: 'false' },
      },
    ])
  })

  it('are signed over time and body when a signing secret is set', async () => {
    await subscribe()
    control.grant('anna')
    control.addActivity('anna')
    await arrived(1)
    const { body, signature } = received[0]!
    const [, time, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature)!
    expect(mac).toBe(createHmac('sha256', 'signing-secret').update(`${time}.${body}`).digest('hex'))
  })

  it('are silent without a grant', async () => {
    await subscribe()
    control.addActivity('anna')
    expect(control.webhooks()).toEqual([])
  })
})

describe('delivery', () => {
  const retrySoon = (webhooks: object) =>
    control.setFaults({ behaviour: { webhooks: { retryDelayMs: 5, ...webhooks } } })

  it('is tried three times, then dropped', async () => {
    await subscribe()
    retrySoon({})
    eventStatuses = [500, 503, 302, 200]
    control.grant('anna')
    control.addActivity('anna')
    await settled()
    expect(control.webhooks()[0]).toMatchObject({ attempts: [500, 503, 302], outcome: 'given_up' })
    expect(received).toHaveLength(3)
  })

  it('ends at the first 200', async () => {
    await subscribe()
    retrySoon({})
    eventStatuses = [500]
    control.grant('anna')
    control.addActivity('anna')
    await settled()
    expect(control.webhooks()[0]).toMatchObject({ attempts: [500, 200], outcome: 'delivered' })
  })

  it('can be doubled, lost, or switched off', async () => {
    await subscribe()
    control.grant('anna')
    retrySoon({ doubled: 1 })
    control.addActivity('anna')
    await arrived(2)
    expect(received[0]!.body).toBe(received[1]!.body)
    retrySoon({ doubled: 0, lost: 1 })
    control.addActivity('anna')
    expect(control.webhooks().at(-1)).toMatchObject({ outcome: 'lost', attempts: [] })
    retrySoon({ lost: 0, enabled: false })
    control.addActivity('anna')
    expect(control.webhooks()).toHaveLength(3)
  })

  it('can let a later event overtake', async () => {
    await subscribe()
    control.grant('anna')
    retrySoon({ outOfOrder: 1 })
    const { id } = control.addActivity('anna')
    retrySoon({ outOfOrder: 0 })
    control.deleteActivity(id)
    await arrived(2)
    expect(received.map(({ event }) => event.aspect_type)).toEqual(['delete', 'create'])
  })

  it.each([
    ['late', { delayMs: 600_000 }, [200]],
    ['held back for the next one', { outOfOrder: 1, delayMs: 600_000 }, [200]],
    ['about to be tried again', { retryDelayMs: 600_000 }, [500, 200]],
  ])('that is %s goes at once when the faults are cleared', async (_what, webhooks, attempts) => {
    await subscribe()
    control.grant('anna')
    retrySoon(webhooks)
    if (attempts.length > 1) eventStatuses = [500]
    control.addActivity('anna')
    await vi.waitFor(() => expect(control.webhooks()[0]?.attempts).toHaveLength(attempts.length - 1))
    control.clearFaults()
    await settled()
    expect(control.webhooks()).toMatchObject([{ attempts, outcome: 'delivered' }])
  })

  it('can be late', async () => {
    await subscribe()
    control.grant('anna')
    retrySoon({ delayMs: 80 })
    const started = performance.now()
    control.addActivity('anna')
    await arrived(1)
    expect(performance.now() - started).toBeGreaterThan(75)
  })
})
