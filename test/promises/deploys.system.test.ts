import type { SyncAccepted } from '@slipstream/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Balancer, startBalancer } from '../support/balancer.ts'
import { startLoad } from '../support/constant-load.ts'
import { createControl } from '../support/control.ts'
import { type Fleet, type ServiceProcess, startFleet } from '../support/fleet.ts'
import { linkAthlete, statusOf, synced } from '../support/linked-athlete.ts'

// Promise 14: deploys drop nothing. The CI form shortens the drain and the balancer's pause by the same factor.
const isLong = process.env.SLIPSTREAM_LONG === '1'
const restarts = isLong ? 500 : 10
const drainSeconds = isLong ? 5 : 1
const checkEveryMs = isLong ? 1_000 : 200
const requestEveryMs = 20
/** What a process may take to exit, whatever hangs. */
const exitLimitMs = 25_000

let fleet: Fleet
let balancer: Balancer
beforeAll(async () => {
  fleet = await startFleet()
  balancer = await startBalancer(checkEveryMs)
  gateways = await Promise.all([startGateway(), startGateway()])
})
afterAll(async () => {
  await balancer?.close()
  await fleet?.stop()
})

const gatewayEnv = () => ({ PUBLIC_URL: balancer.url, DRAIN_SECONDS: String(drainSeconds) })

const system = () => ({ endpoints: { gatewayUrl: balancer.url }, control: createControl(fleet.simulator.url) })

const startGateway = async (): Promise<ServiceProcess> => {
  const gateway = await fleet.start('gateway', { env: gatewayEnv() })
  await balancer.add(gateway)
  return gateway
}
let gateways: ServiceProcess[] = []

const askStatus = (token: string) => async (): Promise<string | null> => {
  const response = await fetch(`${balancer.url}/api/v1/strava/status`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const text = await response.text()
  return response.status === 200 ? null : `${response.status} ${text}`
}

test('rolling restarts behind a balancer that asks /readyz fail no request', async () => {
  const load = startLoad(requestEveryMs, askStatus(await system().control.tokenFor('anna')))
  const exits: ReturnType<ServiceProcess['end']>[] = []
  for (let restart = 0; restart < restarts; restart += 1) {
    // As an orchestrator rolls: the new one is ready first, and the old one may take its time.
    gateways.push(await startGateway())
    const [old, ...others] = gateways as [ServiceProcess, ...ServiceProcess[]]
    gateways = others
    exits.push(old.end('SIGTERM').finally(() => balancer.remove(old)))
  }
  for (const { code, afterMs } of await Promise.all(exits)) {
    expect(code).toBe(0)
    expect(afterMs).toBeLessThan(exitLimitMs)
  }
  const { asked, failures } = await load.stop()
  expect(asked).toBeGreaterThan(restarts * drainSeconds * 20)
  expect(failures).toEqual([])
}, 3_600_000)

test.each([
  ['node', false],
  ['npm', true],
])(
  'a refresh in flight is stored through three SIGTERM to %s',
  async (_, throughNpm) => {
    const { control } = system()
    const scheduler = await fleet.start('scheduler')
    const ingestion = await fleet.start('ingestion', { throughNpm })
    await Promise.all([scheduler.untilReady(), ingestion.untilReady()])
    const app = await linkAthlete(system(), throughNpm ? 'ben' : 'anna')
    await synced(app, 20_000)

    await control.expireAccessTokens(throughNpm ? 'ben' : 'anna')
    await control.setFaults({ rules: [{ endpoint: 'refresh', effect: { kind: 'hold', when: 'after_work' } }] })
    await control.clearCalls()
    const { body } = await app.api<SyncAccepted>('POST', '/strava/sync')
    await control.untilHeld(1)
    const ended = ingestion.end('SIGTERM', 'SIGTERM', 'SIGTERM')
    expect(await control.heldCalls()).toHaveLength(1)
    await control.clearFaults()
    expect(await ended).toMatchObject({ code: 0 })

    const next = await fleet.start('ingestion')
    await next.untilReady()
    await synced(app, 30_000, body.runId)
    expect((await statusOf(app)).status).toBe('active')
    expect((await control.calls()).counts.refresh).toEqual({ 200: 1 })
    await Promise.all([next.end('SIGTERM'), scheduler.end('SIGTERM')])
  },
  120_000,
)

test('with Strava, NATS and MongoDB hanging every process exits in order and in time', async () => {
  const { control } = system()
  const [scheduler, ingestion] = await Promise.all([fleet.start('scheduler'), fleet.start('ingestion')])
  await Promise.all([scheduler.untilReady(), ingestion.untilReady()])
  const app = await linkAthlete(system(), 'chris')
  await control.setFaults({ rules: [{ endpoint: 'any', effect: { kind: 'hold', when: 'before_work' } }] })
  await app.api('POST', '/strava/sync')
  await app.api('DELETE', '/strava/link')
  await control.untilHeld(1)
  const frozen = [fleet.mongo.pid, fleet.nats.pid]
  for (const pid of frozen) process.kill(pid, 'SIGSTOP')
  try {
    const processes = [...gateways, scheduler, ingestion]
    const exits = await Promise.all(processes.map((one) => one.end('SIGTERM', 'SIGTERM', 'SIGINT')))
    expect(exits.map(({ code }) => code)).toEqual(processes.map(() => 0))
    expect(Math.max(...exits.map(({ afterMs }) => afterMs)) + (5 - drainSeconds) * 1_000).toBeLessThan(exitLimitMs)
  } finally {
    for (const pid of frozen) process.kill(pid, 'SIGCONT')
    await control.clearFaults()
  }
}, 120_000)
