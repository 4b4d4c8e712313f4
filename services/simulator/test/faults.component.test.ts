import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  application,
  basic,
  errorsOf,
  jsonOf,
  postForm,
  startSimulator,
  type TokenBody,
  withBearer,
} from './support.ts'

const simulator = await startSimulator()
const { control } = simulator
const read = (accessToken: string, path = '/athlete') => withBearer(`${simulator.url}/api/v3${path}`, accessToken)
const revoke = (token: string) =>
  postForm(`${simulator.url}/oauth/revoke`, { token }, basic(application.client_id, application.client_secret))
const isHeld = (count = 1) => vi.waitFor(() => expect(control.heldCalls()).toHaveLength(count))
const refresh = (refreshToken: string) =>
  postForm(`${simulator.url}/oauth/token`, { ...application, grant_type: 'refresh_token', refresh_token: refreshToken })

beforeEach(() => control.reset())

describe('a forced status', () => {
  it.each([
    [500, 'fault', 'application/json; charset=utf-8', '{"message":"error"}'],
    [502, 'html', 'text/html; charset=utf-8', expect.stringContaining('<h1>502</h1>')],
    [597, 'empty', null, ''],
    [200, 'html', 'text/html; charset=utf-8', expect.stringContaining('<html>')],
    [200, 'text', 'text/plain; charset=utf-8', expect.stringContaining('maintenance')],
    [400, 'empty_object', 'application/json; charset=utf-8', '{}'],
    [429, 'fault', 'application/json; charset=utf-8', expect.stringContaining('Rate Limit Exceeded')],
  ] as const)('%i comes with the body asked for: %s', async (status, body, type, text) => {
    const { accessToken } = control.grant('anna')
    control.setFaults({ rules: [{ endpoint: 'athlete', effect: { kind: 'status', status, body }, times: 1 }] })
    const response = await read(accessToken)
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe(type)
    expect(await response.text()).toEqual(text)
    expect((await read(accessToken)).status).toBe(200)
  })

  it('takes the place of a refresh, or only of its answer', async () => {
    const { refreshToken } = control.grant('anna')
    const answers = (when: 'before_work' | 'after_work') =>
      control.setFaults({
        rules: [{ endpoint: 'refresh', effect: { kind: 'status', status: 503, body: 'html', when }, times: 1 }],
      })
    answers('before_work')
    expect((await refresh(refreshToken)).status).toBe(503)
    answers('after_work')
    expect((await refresh(refreshToken)).status).toBe(503)
    expect((await refresh(refreshToken)).status).toBe(400)
  })

  it('of one athlete leaves the neighbours alone, also at token calls', async () => {
    const [anna, ben] = [control.grant('anna'), control.grant('ben')]
    const rule = { athlete: 'anna', effect: { kind: 'status', status: 500 } } as const
    control.setFaults({ rules: [rule] })
    const calls = ({ accessToken, refreshToken }: typeof anna) =>
      Promise.all([read(accessToken, '/athlete/activities'), refresh(refreshToken), revoke(accessToken)])
    expect((await calls(anna)).map(({ status }) => status)).toEqual([500, 500, 500])
    expect((await calls(ben)).map(({ status }) => status)).toEqual([200, 200, 200])
  })

  it('counts against the quota like any call', async () => {
    const { accessToken } = control.grant('anna')
    control.setFaults({ rules: [{ effect: { kind: 'status', status: 500 } }] })
    expect((await read(accessToken)).headers.get('x-ratelimit-usage')).toBe('1,1')
  })
})

describe('a lost answer', () => {
  it('cut before the work leaves the refresh token as it was', async () => {
    const { refreshToken } = control.grant('anna')
    control.setFaults({ rules: [{ endpoint: 'refresh', effect: { kind: 'cut' }, times: 1 }] })
    await expect(refresh(refreshToken)).rejects.toThrow()
    expect((await refresh(refreshToken)).status).toBe(200)
  })

  it('dropped after the work leaves a dead refresh token', async () => {
    const { refreshToken } = control.grant('anna')
    control.setFaults({ rules: [{ endpoint: 'refresh', effect: { kind: 'drop_response' }, times: 1 }] })
    await expect(refresh(refreshToken)).rejects.toThrow()
    expect((await refresh(refreshToken)).status).toBe(400)
    expect(control.calls().counts.refresh).toEqual({ 0: 1, 400: 1 })
  })
})

describe('half an answer', () => {
  const halved = (ending: 'cut' | 'clean') =>
    control.setFaults({ rules: [{ endpoint: 'activities', effect: { kind: 'half_answer', ending }, times: 1 }] })
  const list = (accessToken: string) => read(accessToken, '/athlete/activities')

  it('cut off begins like the whole one and loses its connection', async () => {
    const { accessToken } = control.grant('anna')
    halved('cut')
    const response = await list(accessToken)
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
    expect((await list(accessToken)).status).toBe(200)
    expect(control.calls().counts).toEqual({ activities: { 0: 1, 200: 1 } })
  })

  it('that ends cleanly is no JSON', async () => {
    const { accessToken } = control.grant('anna')
    halved('clean')
    const text = await (await list(accessToken)).text()
    const whole = await (await list(accessToken)).text()
    expect(text).toBe(whole.slice(0, text.length))
    expect(text.length).toBeGreaterThan(100)
    expect(() => JSON.parse(text)).toThrow()
  })
})

describe('a held call', () => {
  it('before the work has done nothing yet', async () => {
    const { refreshToken } = control.grant('anna')
    control.setFaults({ rules: [{ endpoint: 'refresh', effect: { kind: 'hold' }, times: 1 }] })
    const waiting = refresh(refreshToken)
    await isHeld()
    expect(control.heldCalls()).toEqual([{ endpoint: 'refresh', account: 'anna', when: 'before_work' }])
    expect(control.calls().total).toBe(0)
    expect((await refresh(refreshToken)).status).toBe(200)
    control.releaseHeld()
    expect((await waiting).status).toBe(400)
    expect(control.heldCalls()).toEqual([])
  })

  it('after the work has a made and dated answer that is not told yet', async () => {
    const { refreshToken } = control.grant('anna')
    control.setFaults({ rules: [{ endpoint: 'refresh', effect: { kind: 'hold', when: 'after_work' }, times: 1 }] })
    control.setClock({ time: '2026-11-20T10:00:00Z' })
    const waiting = refresh(refreshToken)
    await isHeld()
    expect(control.calls().counts).toEqual({ refresh: { 200: 1 } })
    expect((await refresh(refreshToken)).status).toBe(400)
    control.advanceClock(60)
    control.releaseHeld()
    const answer = await waiting
    expect(answer.headers.get('date')).toMatch(/10:00:0\d GMT$/)
    expect((await refresh((await jsonOf<TokenBody>(answer)).refresh_token)).status).toBe(200)
  })

  it('lets an activity go between two pages', async () => {
    const { accessToken } = control.grant('busy')
    const page = async (number: number) =>
      jsonOf<{ id: number }[]>(read(accessToken, `/athlete/activities?per_page=200&page=${number}`))
    const ids = (await Promise.all([page(1), page(2)])).flat().map(({ id }) => id)
    control.setFaults({ rules: [{ endpoint: 'activities', effect: { kind: 'hold', when: 'after_work' }, times: 1 }] })
    const first = page(1)
    await isHeld()
    control.deleteActivity(ids[0]!)
    control.releaseHeld()
    const listed = [...(await first), ...(await page(2))].map(({ id }) => id)
    expect(ids.filter((id) => !listed.includes(id))).toEqual([ids[200]])
  })

  it('of a grant that ended meanwhile is refused', async () => {
    const { accessToken } = control.grant('anna')
    control.setFaults({ rules: [{ effect: { kind: 'hold' } }] })
    const waiting = read(accessToken)
    await isHeld()
    control.revoke('anna')
    control.clearFaults()
    expect((await waiting).status).toBe(401)
  })

  it('is released by a reset too', async () => {
    const { accessToken } = control.grant('anna')
    control.setFaults({ rules: [{ effect: { kind: 'hold', when: 'after_work' } }] })
    const waiting = [read(accessToken), read(accessToken)]
    await isHeld(2)
    control.reset()
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
  })
})

describe('a list that ignores its paging', () => {
  it('answers the same page for ever, for the named athlete only', async () => {
    const [busy, chris] = [control.grant('busy'), control.grant('chris')]
    control.setFaults({ rules: [{ athlete: 'busy', endpoint: 'activities', effect: { kind: 'same_page' } }] })
    const idsOf = async (accessToken: string, query: string) =>
      (await jsonOf<{ id: number }[]>(read(accessToken, `/athlete/activities?per_page=5${query}`))).map(({ id }) => id)
    const first = await idsOf(busy.accessToken, '')
    expect(first).toHaveLength(5)
    expect(await idsOf(busy.accessToken, '&page=7')).toEqual(first)
    expect(await idsOf(busy.accessToken, '&before=1000000000')).toEqual(first)
    expect(await idsOf(chris.accessToken, '&page=2')).not.toEqual(await idsOf(chris.accessToken, ''))
  })
})

describe('refusals by fault', () => {
  it('an inactive application is refused on every call, tokens included', async () => {
    const { accessToken, refreshToken } = control.grant('anna')
    control.setFaults({ rules: [{ effect: { kind: 'app_inactive' } }] })
    for (const response of [await read(accessToken), await refresh(refreshToken)]) {
      expect(response.status).toBe(403)
      expect(await errorsOf(response)).toEqual([{ resource: 'Application', field: 'Status', code: 'Inactive' }])
    }
    control.clearFaults()
    expect((await refresh(refreshToken)).status).toBe(200)
  })

  it('a wrong client secret can be pretended', async () => {
    const { refreshToken } = control.grant('anna')
    control.setFaults({ rules: [{ effect: { kind: 'wrong_client_secret' } }] })
    expect((await refresh(refreshToken)).status).toBe(401)
  })

  it('a dead token and a missing scope hit the named athlete only', async () => {
    const [anna, ben] = [control.grant('anna'), control.grant('ben')]
    control.setFaults({ rules: [{ athlete: 'anna', effect: { kind: 'token_dead' } }] })
    expect([(await read(anna.accessToken)).status, (await read(ben.accessToken)).status]).toEqual([401, 200])
    control.setFaults({ rules: [{ athlete: '58300022', effect: { kind: 'scope_missing' } }] })
    const refused = await read(ben.accessToken, '/athlete/activities')
    expect((await errorsOf(refused))[0]).toMatchObject({ resource: 'AccessToken', code: 'missing' })
  })

  it('an endpoint can be closed to all third parties', async () => {
    const { accessToken } = control.grant('anna')
    control.setFaults({ rules: [{ endpoint: 'activities', effect: { kind: 'endpoint_closed' } }] })
    const refused = await read(accessToken, '/athlete/activities')
    expect(refused.status).toBe(401)
    expect(await errorsOf(refused)).toEqual([{ resource: 'Application', field: 'internal', code: 'invalid' }])
    expect((await read(accessToken)).status).toBe(200)
  })
})

describe('rate headers', () => {
  it('can be missing for one call and a bare comma throughout', async () => {
    const { accessToken } = control.grant('anna')
    control.setFaults({
      rules: [{ effect: { kind: 'rate_headers', mode: 'missing' }, times: 1 }],
      behaviour: { rateHeaders: 'empty' },
    })
    expect((await read(accessToken)).headers.get('x-ratelimit-usage')).toBeNull()
    expect((await read(accessToken)).headers.get('x-ratelimit-usage')).toBe(',')
  })
})

describe('time', () => {
  it('adds latency in general and by fault', async () => {
    const { accessToken } = control.grant('anna')
    control.setLatency(40)
    control.setFaults({ rules: [{ effect: { kind: 'latency', latencyMs: 60 } }] })
    const started = performance.now()
    await read(accessToken)
    expect(performance.now() - started).toBeGreaterThan(95)
  })
  it('can keep back an answer whose work is done', async () => {
    const { refreshToken } = control.grant('anna')
    control.setFaults({
      rules: [{ endpoint: 'refresh', effect: { kind: 'latency', latencyMs: 300, when: 'after_work' }, times: 1 }],
    })
    const started = performance.now()
    const late = refresh(refreshToken)
    await vi.waitFor(() => expect(control.calls().counts).toEqual({ refresh: { 200: 1 } }), { interval: 5 })
    expect((await refresh(refreshToken)).status).toBe(400)
    expect((await late).status).toBe(200)
    expect(performance.now() - started).toBeGreaterThan(295)
  })
  it('can shorten the life of access tokens', () => {
    control.setFaults({ behaviour: { accessTokenSeconds: 5 } })
    expect(Date.parse(control.grant('anna').expiresAt) - Date.now()).toBeLessThanOrEqual(5000)
  })
})
