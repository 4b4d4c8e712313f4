import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@slipstream/telemetry'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SimulatorConfig } from '../src/config.ts'
import { createSimulator, type Simulator, type SimulatorOverrides } from '../src/service.ts'
import { application, jsonOf, postForm, settableClock, startServer, type TokenBody, withBearer } from './support.ts'

let folder: string
let stateFile: string
let running: Simulator[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipstream-simulator-'))
  stateFile = join(folder, 'simulator.json')
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((simulator) => simulator.stop()))
  rmSync(folder, { recursive: true })
})

const start = async (overrides: SimulatorOverrides = {}, settings: Partial<SimulatorConfig> = {}) => {
  const simulator = createSimulator({ stateFile, ...settings }, overrides)
  await simulator.start()
  running.push(simulator)
  return simulator
}
const stop = async (simulator: Simulator) => {
  running = running.filter((each) => each !== simulator)
  await simulator.stop()
}

const refresh = (simulator: Simulator, refreshToken: string) =>
  postForm(`${simulator.url}/oauth/token`, {
    ...application,
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
  })
const activityIds = async (simulator: Simulator, accessToken: string) => {
  const url = `${simulator.url}/api/v3/athlete/activities?per_page=200`
  return (await jsonOf<{ id: number }[]>(withBearer(url, accessToken))).map(({ id }) => id)
}
const activity = (simulator: Simulator, accessToken: string, id: number) =>
  withBearer(`${simulator.url}/api/v3/activities/${id}`, accessToken)

describe('after a restart', () => {
  it('the refresh token works, the one it replaced stays dead, the access token is good until its end', async () => {
    const clock = settableClock('2026-11-20T10:02:00Z')
    const first = await start({ clock })
    const granted = first.control.grant('anna')
    const rotated = await jsonOf<TokenBody>(refresh(first, granted.refreshToken))
    await stop(first)

    const second = await start({ clock })
    expect((await withBearer(`${second.url}/api/v3/athlete`, rotated.access_token)).status).toBe(200)
    expect((await refresh(second, granted.refreshToken)).status).toBe(400)
    clock.advanceSeconds(6 * 3600)
    expect((await withBearer(`${second.url}/api/v3/athlete`, rotated.access_token)).status).toBe(401)
    expect((await refresh(second, rotated.refresh_token)).status).toBe(200)
  })

  it('a revoked grant stays revoked', async () => {
    const first = await start()
    const { refreshToken } = first.control.grant('anna')
    first.control.revoke('anna')
    await stop(first)
    expect((await refresh(await start(), refreshToken)).status).toBe(400)
  })

  it('activities are as they were left, also on the next day', async () => {
    const clock = settableClock('2026-11-20T10:02:00Z')
    const first = await start({ clock })
    const { refreshToken, accessToken } = first.control.grant('anna')
    const added = first.control.addActivity('anna')
    const before = await activityIds(first, accessToken)
    const [edited = 0, deleted = 0] = before.filter((id) => id !== added.id)
    first.control.editActivity(edited, { name: 'Edited' })
    first.control.deleteActivity(deleted)
    await stop(first)

    clock.advanceSeconds(86_400)
    const second = await start({ clock })
    const { access_token: token } = await jsonOf<TokenBody>(refresh(second, refreshToken))
    const after = await activityIds(second, token)
    expect(after).toEqual(expect.arrayContaining([added.id, edited]))
    expect(after).not.toContain(deleted)
    expect(after).not.toEqual(before.filter((id) => id !== deleted))
    expect(await jsonOf(activity(second, token, edited))).toMatchObject({ name: 'Edited' })
  })

  it('an activity whose start is hidden is still listed by when it took place', async () => {
    const first = await start()
    const { accessToken } = first.control.grant('anna')
    const before = first.control.addActivity('anna', { startedHoursAgo: 3 })
    const hidden = first.control.addActivity('anna', { startedHoursAgo: 2, hideStartTime: true })
    const after = first.control.addActivity('anna', { startedHoursAgo: 1 })
    await stop(first)

    const second = await start()
    second.control.setFaults({ behaviour: { listedBy: 'true_start' } })
    const ids = await activityIds(second, accessToken)
    const added = [after, hidden, before].map(({ id }) => id)
    expect(ids.filter((id) => added.includes(id))).toEqual(added)
  })

  it('an activity added within the same moment gets an id of its own', async () => {
    const clock = settableClock('2026-11-20T10:02:00Z')
    const first = await start({ clock })
    const { id } = first.control.addActivity('anna')
    await stop(first)
    expect((await start({ clock })).control.addActivity('anna').id).toBeGreaterThan(id)
  })

  it('changes of activities that have left the history are dropped', async () => {
    const clock = settableClock('2026-11-20T10:02:00Z')
    const first = await start({ clock })
    const { refreshToken, accessToken } = first.control.grant('anna')
    const [edited = 0] = await activityIds(first, accessToken)
    first.control.editActivity(edited, { name: 'Edited' })
    await stop(first)

    clock.advanceSeconds(70 * 86_400)
    const second = await start({ clock })
    const { access_token: token } = await jsonOf<TokenBody>(refresh(second, refreshToken))
    expect((await activity(second, token, edited)).status).toBe(404)
  })

  it('the push subscription and the limits are kept, faults are not', async () => {
    const callbackUrl = await startServer((request, _body, response) => {
      const challenge = new URL(request.url ?? '', 'http://receiver').searchParams.get('hub.challenge')
      response.end(JSON.stringify({ 'hub.challenge': challenge }))
    })
    const first = await start()
    const subscriptions = (simulator: Simulator) => `${simulator.url}/api/v3/push_subscriptions`
    const created = await jsonOf<{ id: number }>(
      postForm(subscriptions(first), { ...application, callback_url: callbackUrl, verify_token: 'verify-me' }),
    )
    first.control.setLimits({ read: { quarterHour: 7 } })
    first.control.setFaults({ rules: [{ effect: { kind: 'cut' } }] })
    await stop(first)

    const second = await start()
    expect(second.control.limits().limits).toMatchObject({ read: { quarterHour: 7, day: 2000 } })
    expect(second.control.faults().rules).toEqual([])
    expect(await jsonOf(fetch(`${subscriptions(second)}?${new URLSearchParams(application)}`))).toEqual([created])
  })

  it('people stay signed in', async () => {
    const first = await start()
    const { accessToken } = await first.mintToken({ account: 'anna' })
    const issuer = first.issuerUrl
    await stop(first)
    await start({}, { port: Number(new URL(first.url).port) })
    const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`))
    expect((await jwtVerify(accessToken, keys, { issuer })).payload.sub).toBe('demo|anna')
  })
})

describe('the state file', () => {
  it('follows each change soon, so that a crash costs little; only its owner may read it', async () => {
    const first = await start()
    const { refreshToken } = first.control.grant('anna')
    await vi.waitFor(() => expect(readFileSync(stateFile, 'utf8')).toContain(refreshToken))
    expect(statSync(stateFile).mode & 0o777).toBe(0o600)
    const afterCrash = await start()
    expect((await refresh(afterCrash, refreshToken)).status).toBe(200)
  })

  it.each([
    ['that is not JSON', '{"version":1,canary', 'it is not JSON'],
    ['of another release', '{"version":2,"state":{"secret":"canary"}}', 'version is not 1: written by another release'],
    ['of another shape', '{"version":1,"state":{"grants":[{"refreshToken":"canary"}]}}', 'grants.0.athleteId'],
  ])('%s is kept aside and reported, and the start goes on without it', async (_name, text, reason) => {
    writeFileSync(stateFile, text)
    const log: string[] = []
    const logger = createLogger('simulator', 'info', { write: (line: string) => void log.push(line) })
    const simulator = await start({ logger })
    expect(simulator.control.athletes().some(({ connected }) => connected)).toBe(false)
    expect(readFileSync(`${stateFile}.broken`, 'utf8')).toBe(text)
    const [warning = ''] = log.filter((line) => line.includes('"level":"warn"'))
    expect(JSON.parse(warning)).toMatchObject({
      keptAs: `${stateFile}.broken`,
      reason: expect.stringContaining(reason),
    })
    expect(log.join()).not.toContain('canary')
  })

  it('that cannot be written ends the start', async () => {
    const simulator = createSimulator({ stateFile: join(folder, 'absent', 'simulator.json') })
    running.push(simulator)
    await expect(simulator.start()).rejects.toThrow('ENOENT')
  })

  it('that cannot be written later is reported, and holds everything once it can', async () => {
    const log: string[] = []
    const logger = createLogger('simulator', 'info', { write: (line: string) => void log.push(line) })
    const simulator = await start({ logger })
    rmSync(folder, { recursive: true })
    const { refreshToken } = simulator.control.grant('anna')
    await vi.waitFor(() => expect(log.join()).toContain('state not saved'))
    mkdirSync(folder)
    await stop(simulator)
    expect((await refresh(await start(), refreshToken)).status).toBe(200)
  })
})
