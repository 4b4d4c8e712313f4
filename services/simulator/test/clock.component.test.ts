import { beforeEach, describe, expect, it } from 'vitest'
import { application, postForm, settableClock, startSimulator, withBearer } from './support.ts'

const realTime = settableClock('2026-11-20T10:14:50.250Z')
const simulator = await startSimulator({}, { clock: realTime })
const { control } = simulator

const api = (path: string) => `${simulator.url}/api/v3${path}`
const putClock = async (method: string, path: string, body: unknown) => {
  const response = await fetch(`${simulator.url}/control/api/clock${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as unknown }
}

beforeEach(() => control.reset())

describe("Strava's clock", () => {
  it('is put ahead or behind, set to a time, and advanced', async () => {
    expect(control.clock()).toEqual({ time: '2026-11-20T10:14:50.250Z', offsetMs: 0 })
    expect((await putClock('PUT', '', { offsetMs: -2000 })).body).toEqual({
      time: '2026-11-20T10:14:48.250Z',
      offsetMs: -2000,
    })
    expect((await putClock('POST', '/advance', { seconds: 0.5 })).body).toMatchObject({ offsetMs: -1500 })
    expect((await putClock('PUT', '', { time: '2026-11-21T00:00:00+01:00' })).body).toMatchObject({
      time: '2026-11-20T23:00:00.000Z',
    })
    realTime.advanceSeconds(10)
    expect(control.clock().time).toBe('2026-11-20T23:00:10.000Z')
  })

  it.each([{}, { offsetMs: 1, time: '2026-11-20T10:00:00Z' }, { time: 'tomorrow' }])(
    'is not set to %j',
    async (body) => {
      expect((await putClock('PUT', '', body)).status).toBe(400)
      expect(control.clock().offsetMs).toBe(0)
    },
  )

  it('opens quota windows, ends tokens and dates what is new', async () => {
    control.setClock({ time: '2026-11-20T10:14:59Z' })
    control.setLimits({ read: { quarterHour: 1 } })
    const { accessToken } = control.grant('anna')
    const statusOfCall = async () => (await withBearer(api('/athlete'), accessToken)).status
    expect([await statusOfCall(), await statusOfCall()]).toEqual([200, 429])
    control.advanceClock(1)
    expect(await statusOfCall()).toBe(200)
    expect(control.calls().calls.at(-1)?.at).toBe('2026-11-20T10:15:00.000Z')
    expect(control.addActivity('anna', { startedHoursAgo: 1 }).start_date).toBe('2026-11-20T09:15:00Z')
    control.advanceClock(6 * 3600)
    expect(await statusOfCall()).toBe(401)
  })

  it.each([
    ['an answer', () => withBearer(api('/athlete'), control.grant('anna').accessToken), 200],
    ['a dead token', () => withBearer(api('/athlete'), 'dead'), 401],
    ['an unknown path', () => fetch(api('/clubs/1')), 404],
    ['a refresh', () => postForm(`${simulator.url}/oauth/token`, { ...application, grant_type: 'refresh_token' }), 400],
    ['a page', () => fetch(`${simulator.url}/oauth/authorize`), 400],
    [
      'a body nobody can read',
      () =>
        fetch(`${simulator.url}/oauth/token`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{',
        }),
      400,
    ],
  ] satisfies [string, () => Promise<Response>, number][])('dates %s', async (_name, call, status) => {
    control.setClock({ time: '2026-11-23T04:05:06.900Z' })
    const response = await call()
    expect([response.status, response.headers.get('date')]).toEqual([status, 'Mon, 23 Nov 2026 04:05:06 GMT'])
  })

  it("leaves the issuer's tokens in the real time", async () => {
    control.setClock({ offsetMs: 3_600_000 })
    const { expiresAt } = await simulator.mintToken({ account: 'anna', expiresInSeconds: 60 })
    expect(Math.abs(Date.parse(expiresAt) - Date.now() - 60_000)).toBeLessThan(30_000)
  })
})
