import { request } from 'node:http'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { startSimulator, withBearer } from './support.ts'

const simulator = await startSimulator()
const api = `${simulator.url}/control/api`

const call = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(`${api}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, type: response.headers.get('content-type'), text, json: () => JSON.parse(text) }
}

beforeEach(() => simulator.control.reset())

describe('athletes and activities', () => {
  it('are listed, added, edited and deleted', async () => {
    const athletes = (await call('GET', '/athletes')).json()
    expect(athletes.map(({ account }: { account: string }) => account)).toEqual([
      'anna',
      'ben',
      'chris',
      'dana',
      'busy',
      'eva',
    ])

    const added = await call('POST', '/athletes/anna/activities', {
      name: 'New',
      sportType: 'Ride',
      startedHoursAgo: 5,
    })
    expect(added.status).toBe(201)
    const activity = added.json()
    expect(activity).toMatchObject({ name: 'New', sport_type: 'Ride', athlete: { id: 41_200_011 } })
    expect(Date.now() - Date.parse(activity.start_date)).toBeLessThan(5 * 3_600_000 + 5000)

    const edited = await call('PATCH', `/activities/${activity.id}`, {
      sportType: 'Run',
      visibility: 'only_me',
      distanceMeters: 5,
    })
    expect(edited.json()).toMatchObject({ sport_type: 'Run', type: 'Run', private: true, distance: 5, name: 'New' })
    expect((await call('DELETE', `/activities/${activity.id}`)).status).toBe(204)
    expect((await call('DELETE', `/activities/${activity.id}`)).status).toBe(404)
  })

  it('take an empty body and Strava ids; a late upload began days ago', async () => {
    const late = await call('POST', '/athletes/3100000033/late-upload')
    expect(Date.now() - Date.parse(late.json().start_date)).toBeGreaterThan(71 * 3_600_000)
    const now = (await call('POST', '/athletes/ben/activities')).json()
    expect(Date.parse(now.start_date) + now.elapsed_time * 1000).toBeLessThan(Date.now())
  })

  it('refuse what is unknown or invalid, by name', async () => {
    expect((await call('POST', '/athletes/nobody/revoke')).status).toBe(404)
    const invalid = await call('POST', '/athletes/anna/activities', { movingMinutes: 0, speed: 3 })
    expect(invalid.status).toBe(400)
    expect(invalid.json().problems.map(({ path }: { path: string }) => path)).toContain('movingMinutes')
    expect((await call('GET', '/nothing')).status).toBe(404)
  })
})

describe('grants, tokens, revocation', () => {
  it('connect without a browser and disconnect', async () => {
    const granted = (await call('POST', '/athletes/anna/grant', { scopes: ['read', 'activity:read'] })).json()
    expect((await withBearer(`${simulator.url}/api/v3/athlete`, granted.accessToken)).status).toBe(200)
    expect((await call('GET', '/athletes')).json()[0]).toMatchObject({
      connected: true,
      scopes: ['read', 'activity:read'],
    })
    expect((await call('POST', '/athletes/anna/expire-tokens')).status).toBe(204)
    expect((await withBearer(`${simulator.url}/api/v3/athlete`, granted.accessToken)).status).toBe(401)
    expect((await call('POST', '/athletes/anna/revoke')).json()).toEqual({ revoked: true })
    expect((await call('POST', '/athletes/anna/revoke')).json()).toEqual({ revoked: false })
  })

  it('mint a token as JSON or as bare text', async () => {
    const asJson = (await call('POST', '/tokens?account=anna')).json()
    expect(asJson).toEqual({ accessToken: expect.stringMatching(/^ey/), expiresAt: expect.any(String) })
    const asText = await call('POST', '/tokens?account=anna&format=text&roles=slipstream:operator&expiresInSeconds=60')
    expect(asText.type).toContain('text/plain')
    const claims = JSON.parse(Buffer.from(asText.text.split('.')[1]!, 'base64url').toString())
    expect(claims.roles).toEqual(['slipstream:operator'])
    expect(claims.exp - claims.iat).toBe(60)
    expect((await call('POST', '/tokens', { account: 'anna' })).status).toBe(200)
    expect((await call('POST', '/tokens')).status).toBe(400)
    expect((await call('POST', '/tokens?account=nobody')).status).toBe(404)
  })
})

describe('limits, faults, latency, calls', () => {
  it('change only what is named', async () => {
    const limits = (await call('PUT', '/limits', { read: { quarterHour: 100 } })).json().limits
    expect(limits).toEqual({ overall: { quarterHour: 400, day: 4000 }, read: { quarterHour: 100, day: 2000 } })
    const faults = (await call('PUT', '/faults', { behaviour: { webhooks: { lost: 0.5 } } })).json()
    expect(faults.behaviour).toMatchObject({ refreshRotation: 'always', webhooks: { lost: 0.5, enabled: true } })
    const rules = [{ endpoint: 'refresh', effect: { kind: 'status', status: 502 }, times: 2 }]
    expect((await call('PUT', '/faults', { rules })).json()).toMatchObject({
      rules: [{ effect: { body: 'fault' } }],
      behaviour: { webhooks: { lost: 0.5 } },
    })
    expect((await call('PUT', '/latency', { latencyMs: 7 })).json()).toEqual({ latencyMs: 7 })
    expect((await call('DELETE', '/faults')).json()).toMatchObject({
      rules: [],
      behaviour: { webhooks: { lost: 0 } },
      latencyMs: 7,
    })
    expect((await call('PUT', '/faults', { rules: [{ effect: { kind: 'unheard' } }] })).status).toBe(400)
  })

  it('log each call with athlete and status, without secrets', async () => {
    const { accessToken } = simulator.control.grant('anna')
    await withBearer(`${simulator.url}/api/v3/athlete/activities?per_page=5`, accessToken)
    await withBearer(`${simulator.url}/api/v3/athlete/activities?access_token=${accessToken}`, 'dead')
    const seen = (await call('GET', '/calls')).json()
    expect(seen).toMatchObject({
      total: 2,
      counts: { activities: { 200: 1, 401: 1 } },
      countsByAccount: { anna: { activities: { 200: 1 } }, unknown: { activities: { 401: 1 } } },
      calls: [
        {
          endpoint: 'activities',
          method: 'GET',
          path: '/api/v3/athlete/activities',
          query: { per_page: '5' },
          account: 'anna',
          status: 200,
        },
        { account: null, status: 401, query: {} },
      ],
    })
    expect(JSON.stringify(seen)).not.toContain(accessToken)
    await call('DELETE', '/calls')
    expect((await call('GET', '/calls')).json()).toEqual({ total: 0, counts: {}, countsByAccount: {}, calls: [] })
  })

  it('all go back to the start', async () => {
    await call('POST', '/athletes/anna/grant')
    const before = simulator.control.athletes()[0]!.activityCount
    await call('POST', '/athletes/anna/activities')
    await call('PUT', '/limits', { read: { day: 1 } })
    expect((await call('POST', '/reset')).status).toBe(204)
    expect(simulator.control.athletes()[0]).toMatchObject({ connected: false, activityCount: before })
    expect(simulator.control.limits().limits.read.day).toBe(2000)
  })
})

describe('all good again', () => {
  it('ends everything that goes wrong, and leaves what was done', async () => {
    const { accessToken } = (await call('POST', '/athletes/anna/grant')).json()
    const list = async () => (await withBearer(`${simulator.url}/api/v3/athlete/activities`, accessToken)).text()
    const added = (await call('POST', '/athletes/anna/activities', { name: 'Kept' })).json()
    await call('PUT', '/limits', { read: { day: 1500 } })
    const usual = await list()
    const usualFaults = simulator.control.faults()

    await call('PUT', '/faults', {
      rules: [{ effect: { kind: 'app_inactive' } }, { effect: { kind: 'hold', when: 'after_work' } }],
      behaviour: {
        rateHeaders: 'empty',
        listedBy: 'true_start',
        webhooks: { enabled: false, lost: 1, delayMs: 60_000 },
      },
    })
    await call('PUT', '/latency', { latencyMs: 20 })
    await call('PUT', '/clock', { offsetMs: 3_600_000 })
    await call('PATCH', `/activities/${added.id}`, { invisible: true, distortion: { fields: { distance: {} } } })
    const deleted = (await call('POST', '/athletes/anna/activities')).json()
    await call('PATCH', `/activities/${deleted.id}`, { invisible: true })
    await call('DELETE', `/activities/${deleted.id}`)
    const held = list()
    await vi.waitFor(() => expect(simulator.control.heldCalls()).toHaveLength(1))

    expect((await call('POST', '/all-good-again')).status).toBe(204)
    expect(await held).toContain('Inactive')
    expect(await list()).toBe(usual)
    expect(simulator.control.faults()).toEqual(usualFaults)
    expect(simulator.control.clock().offsetMs).toBe(0)
    expect(simulator.control.limits().limits.read.day).toBe(1500)
    expect((await call('GET', '/athletes')).json()[0].latest).toContainEqual(
      expect.objectContaining({ id: added.id, name: 'Kept', invisible: false }),
    )
  })
})

describe('who may steer', () => {
  const statusWith = (headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      request(`${api}/athletes`, { headers }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
        .on('error', reject)
        .end()
    })

  it('is its own host and origin only', async () => {
    const { host } = new URL(simulator.url)
    expect(await statusWith({ host })).toBe(200)
    expect(await statusWith({ host, origin: simulator.url })).toBe(200)
    expect(await statusWith({ host: 'rebound.example' })).toBe(403)
    expect(await statusWith({ host, origin: 'http://localhost:3000' })).toBe(403)
  })

  it('finds a page that loads nothing from elsewhere', async () => {
    const page = await fetch(`${simulator.url}/control`)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    for (const [, path] of (await page.text()).matchAll(/(?:href|src)="(\/[^"]+)"/g)) {
      expect((await fetch(`${simulator.url}${path}`)).status, path).toBe(200)
    }
  })
})
