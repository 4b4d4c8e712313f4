import { beforeEach, describe, expect, it } from 'vitest'
import { application, errorsOf, postForm, startSimulator, withBearer } from './support.ts'

const simulator = await startSimulator()
const { control } = simulator
const read = (accessToken: string, path = '/athlete') => withBearer(`${simulator.url}/api/v3${path}`, accessToken)
const refresh = (refreshToken: string) =>
  postForm(`${simulator.url}/oauth/token`, { ...application, grant_type: 'refresh_token', refresh_token: refreshToken })

beforeEach(() => control.reset())

describe('a forced status', () => {
  it.each([
    [500, 'fault', 'application/json; charset=utf-8', '{"message":"error"}'],
    [502, 'html', 'text/html; charset=utf-8', expect.stringContaining('<h1>502</h1>')],
    [597, 'empty', null, ''],
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
  it('can shorten the life of access tokens', () => {
    control.setFaults({ behaviour: { accessTokenSeconds: 5 } })
    expect(Date.parse(control.grant('anna').expiresAt) - Date.now()).toBeLessThanOrEqual(5000)
  })
})
