import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { freePort, isPortFree } from '@slipstream/embedded'
import { connectBus } from '@slipstream/messaging'
import { Secret, systemClock } from '@slipstream/runtime'
import { createLogger } from '@slipstream/telemetry'
import { startTestMongo, startTestNats } from '@slipstream/testing'
import { createGrantVault, parseTokenKeys } from '@slipstream/vault'
import { afterAll, afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { startSystem } from '../../../services/gateway/test/support/system.ts'
import { startNatsServer, startStandaloneMongod } from './support/raw-servers.ts'
import { runCli } from './support/run-cli.ts'

const newKey = () => randomBytes(32).toString('base64')
const secrets = {
  TOKEN_KEYS: `k1:${newKey()}`,
  STRAVA_WEBHOOK_VERIFY_TOKEN: 'verify-token-of-this-test',
  STRAVA_WEBHOOK_PATH_SECRET: 'path-secret-of-this-test',
}
const system = await startSystem({ env: secrets })
const { strava, nats, database } = system
const { store } = system

const healthy = {
  ...secrets,
  MONGODB_URI: database.uri,
  NATS_URL: nats.url,
  NATS_MONITOR_URL: nats.monitorUrl,
  PUBLIC_URL: `http://localhost:${system.gateway.port}`,
  STRAVA_CLIENT_ID: '12345',
  STRAVA_CLIENT_SECRET: 'simulator-secret',
  STRAVA_OAUTH_BASE_URL: strava.url,
  STRAVA_API_BASE_URL: `${strava.url}/api/v3`,
  STRAVA_BUTTON_IMAGE: '/brand/button.svg',
}
const simulated = ['info strava_simulated']

interface Report {
  checks: { check: string; outcome: string }[]
  findings: { severity: string; code: string; problem: string; actor: string; fix: string }[]
}

const doctor = async (changes: Record<string, string> = {}) => {
  const startedAt = performance.now()
  const { code, out, json } = await runCli(['doctor', '--json'], { ...healthy, ...changes })
  const report = json() as Report
  const found = report.findings.map(({ severity, code }) => `${severity} ${code}`)
  return { code, out, found, report, seconds: (performance.now() - startedAt) / 1_000 }
}

/** How the command itself ends, as a process of its own. */
const untilEnded = async (changes: Record<string, string>) => {
  const bin = resolve(import.meta.dirname, '../src/bin/slipstream.ts')
  const child = spawn(process.execPath, [bin, 'doctor'], {
    env: { ...healthy, ...changes },
    stdio: 'ignore',
    timeout: 20_000,
  })
  const [code] = await once(child, 'exit')
  return { code, isKilled: child.killed }
}

/** The simulator's subscription as another installation would make it. */
const subscribe = async (callbackUrl: string) => {
  const form = { client_id: '12345', client_secret: 'simulator-secret', callback_url: callbackUrl, verify_token: 'v' }
  const url = `${strava.url}/api/v3/push_subscriptions`
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
  return ((await answer.json()) as { id: number }).id
}
const unsubscribe = async (id: number | string) => {
  const query = new URLSearchParams({ client_id: '12345', client_secret: 'simulator-secret' })
  await fetch(`${strava.url}/api/v3/push_subscriptions/${id}?${query}`, { method: 'DELETE' })
}
/** What services have put in place at NATS once they have run there. */
const layOut = async (url: string, services: ('gateway' | 'scheduler' | 'ingestion')[]) => {
  for (const source of services) {
    const bus = await connectBus({ url, source, log: createLogger('test', 'silent') })
    await bus.close()
  }
}
const knownSubscription = async () =>
  (await store.collections.pushSubscription.findById('12345').lean())?.subscriptionId

await layOut(nats.url, ['scheduler', 'ingestion'])
await vi.waitFor(async () => expect(await knownSubscription()).toEqual(expect.any(String)))
await createGrantVault({
  collections: store.collections,
  keyring: parseTokenKeys(secrets.TOKEN_KEYS),
  clock: systemClock,
}).begin({
  ...{ linkId: 'lnk_1', athleteId: 'ath_1', stravaAthleteId: '1', status: 'active' },
  tokens: { accessToken: new Secret('access'), refreshToken: new Secret('refresh'), accessExpiresAt: new Date() },
})

afterEach(() => {
  strava.control.clearFaults()
  strava.control.setClock({ offsetMs: 0 })
})
afterAll(async () => {
  await system.stop()
})

test('a healthy system has no findings, and each check has looked', async () => {
  const { code, found, report } = await doctor()
  expect(found).toEqual(simulated)
  expect(report.checks.filter(({ outcome }) => outcome !== 'looked')).toEqual([])
  expect(code).toBe(0)
})

test('people get the same in words, without colours where nobody sees them', async () => {
  const { out, code } = await runCli(['doctor'], { ...healthy, STRAVA_CLIENT_SECRET: 'wrong' })
  expect(out).toMatch(
    /^error {3}strava-app: Strava refuses .*\[strava_credentials_refused\]\n {8}the operator has to act: /,
  )
  expect(out).toContain('11 of 12 checks looked; 1 errors')
  expect(out).not.toContain('\u001b')
  expect(code).toBe(1)
})

describe('MongoDB', () => {
  test('that is a single server is told, whether or not the address names a set', async () => {
    const mongod = await startStandaloneMongod()
    onTestFinished(() => mongod.stop())
    const uri = `mongodb://127.0.0.1:${mongod.port}/slipstream`
    await vi.waitFor(async () => expect(await isPortFree(mongod.port)).toBe(false))
    const expected = 'error mongodb_no_replica_set'
    const [plain, named] = await Promise.all([
      doctor({ MONGODB_URI: uri }),
      doctor({ MONGODB_URI: `${uri}?replicaSet=slipstream` }),
    ])
    expect(plain.found).toEqual([expected, 'warning subscription_unknown', 'info mongodb_empty', ...simulated])
    expect(named.found).toEqual([expected, ...simulated])
    expect(named.code).toBe(1)
  })

  test('that is frozen, or not there, is one finding within seconds; all else is looked at', async () => {
    const mongo = await startTestMongo()
    onTestFinished(() => mongo.remove())
    process.kill(mongo.pid, 'SIGSTOP')
    const [frozen, away] = await Promise.all([
      doctor({ MONGODB_URI: mongo.uri }),
      doctor({ MONGODB_URI: `mongodb://127.0.0.1:${await freePort()}/?replicaSet=slipstream` }),
    ])
    process.kill(mongo.pid, 'SIGCONT')
    expect(frozen.found).toEqual(['error mongodb_unreachable', ...simulated])
    expect(frozen.seconds).toBeLessThan(15)
    expect(frozen.report.checks.filter(({ outcome }) => outcome === 'skipped').map(({ check }) => check)).toEqual([
      ...['mongodb-clock', 'strava-capacity', 'webhooks', 'token-keys'],
    ])
    const subscription = await runCli(['webhooks', 'check'], {
      ...healthy,
      MONGODB_URI: mongo.uri.replace(/:\d+/, ':1'),
    })
    expect(subscription).toMatchObject({ code: 1, out: expect.stringContaining('could not look') })
    expect(away.found).toEqual(['error mongodb_unreachable', ...simulated])
  })

  test('that does not let this user in is one finding', async () => {
    const mongod = await startStandaloneMongod('--auth')
    onTestFinished(() => mongod.stop())
    await vi.waitFor(async () => expect(await isPortFree(mongod.port)).toBe(false))
    const MONGODB_URI = `mongodb://gateway:wrong-password@127.0.0.1:${mongod.port}/slipstream?authSource=admin`
    const { found, out } = await doctor({ MONGODB_URI })
    expect(found).toEqual(['error mongodb_access_refused', ...simulated])
    expect(out).not.toContain('wrong-password')
    const quota = await runCli(['quota'], { ...healthy, MONGODB_URI })
    expect(quota).toMatchObject({ code: 1, out: '', err: 'MongoDB refuses: Authentication failed.\n' })
  })

  test('without an index is told, and slipstream migrate makes it', async () => {
    await store.connection.collection('links').dropIndex('status')
    const { found, code, report } = await doctor()
    expect(found).toEqual(['warning mongodb_index_missing', ...simulated])
    expect(report.findings[0]?.problem).toContain('create index links.status')
    expect(code).toBe(0)
    const migrated = await runCli(['migrate', '--json'], healthy)
    expect(migrated.json()).toEqual({ isDryRun: false, steps: ['create index links.status'] })
    expect((await doctor()).found).toEqual(simulated)
  })

  test('of an earlier release is told', async () => {
    const receipts = store.connection.collection<{ _id: string }>('receipts')
    await receipts.insertOne({ _id: 'rcp_of_0_1' })
    await receipts.createIndex({ linkId: 1 }, { name: 'link', unique: true })
    expect((await doctor()).found).toEqual(['error mongodb_migration_needed', ...simulated])
    await receipts.dropIndex('link')
    await receipts.deleteOne({ _id: 'rcp_of_0_1' })
  })

  test('that a later release has changed is told', async () => {
    const migrations = store.connection.collection<{ _id: string }>('migrations')
    await migrations.insertOne({ _id: '2099-01-01-later' })
    expect((await doctor()).found).toEqual(['warning mongodb_newer_release', ...simulated])
    await migrations.deleteMany()
  })
})

describe('NATS', () => {
  test('that is not there, or frozen, is one finding within seconds', async () => {
    const away = await doctor({ NATS_URL: `nats://127.0.0.1:${await freePort()}` })
    expect(away.found).toEqual(['error nats_unreachable', ...simulated])
    const other = await startTestNats()
    onTestFinished(() => other.remove())
    process.kill(other.pid, 'SIGSTOP')
    const [frozen, command] = await Promise.all([doctor({ NATS_URL: other.url }), untilEnded({ NATS_URL: other.url })])
    process.kill(other.pid, 'SIGCONT')
    expect(command).toEqual({ code: 1, isKilled: false })
    expect(frozen.found).toEqual(['error nats_unreachable', ...simulated])
    expect(frozen.seconds).toBeLessThan(15)
  })

  test('without a stream, or with a consumer that is not as declared, is told', async () => {
    const other = await startTestNats()
    onTestFinished(() => other.remove())
    await layOut(other.url, ['gateway', 'scheduler', 'ingestion'])
    const connection = await connect({ servers: other.url })
    onTestFinished(() => connection.close())
    const { consumers, streams } = await jetstreamManager(connection)
    const { config } = await consumers.info('EVENTS', 'gateway')
    await consumers.update('EVENTS', 'gateway', { ...config, ack_wait: 1_000_000_000 })
    const changed = await doctor({ NATS_URL: other.url })
    expect(changed.found).toEqual(['warning nats_part_changed', ...simulated])
    expect(changed.report.findings[0]?.problem).toContain(
      'consumer gateway is not as this release declares it: ack_wait',
    )

    await streams.delete('SYNC')
    const missing = await doctor({ NATS_URL: other.url })
    expect(missing.found).toEqual(['error nats_part_missing', 'warning nats_part_changed', ...simulated])
    expect(missing.report.findings[0]?.problem).toContain('stream SYNC, consumer ingestion-interactive')
  })

  test('without JetStream is told, and that it writes late', async () => {
    const without = await startNatsServer([])
    onTestFinished(() => without.stop())
    const late = await startNatsServer(['jetstream { store_dir: $STORE }'])
    onTestFinished(() => late.stop())
    const withoutUrl = `nats://127.0.0.1:${without.port}`
    await vi.waitFor(async () => {
      expect((await doctor({ NATS_URL: withoutUrl })).found).toEqual(['error nats_without_jetstream', ...simulated])
    })
    const { found } = await doctor({ NATS_MONITOR_URL: late.monitorUrl })
    expect(found).toEqual(['warning nats_sync_interval', ...simulated])
  })

  test('that lets this user do too little is told', async () => {
    const server = await startNatsServer([
      'jetstream { store_dir: $STORE, sync_interval: always }',
      'accounts {',
      '  slipstream { jetstream: enabled, users: [',
      '    { user: limited, password: secret, permissions: { publish: { deny: "$JS.API.STREAM.INFO.>" } } }',
      '  ] }',
      '  other { users: [{ user: other, password: secret }] }',
      '}',
    ])
    onTestFinished(() => server.stop())
    const as = (user: string) => doctor({ NATS_URL: `nats://${user}@127.0.0.1:${server.port}` })
    await vi.waitFor(async () => {
      expect((await as('limited:wrong')).found).toEqual(['error nats_access_refused', ...simulated])
    })
    expect((await as('limited:secret')).found).toContain('warning nats_permission_missing')
    expect((await as('other:secret')).found).toEqual(['error nats_without_jetstream', ...simulated])
    expect((await as('limited:secret')).out).not.toContain('secret@')
  })
})

describe('keys and settings', () => {
  test('another key under the name, and none of the name, are two findings', async () => {
    const wrong = newKey()
    const { found, out } = await doctor({ TOKEN_KEYS: `k1:${wrong}` })
    expect(found).toContain('error token_key_wrong')
    expect(out).not.toContain(wrong)
    expect((await doctor({ TOKEN_KEYS: `k2:${wrong}` })).found).toContain('error token_key_missing')
  })

  test('a wrong setting is told, and only what needs it is not looked at', async () => {
    const { found, report, code } = await doctor({ NATS_URL: 'localhost', TOKEN_KEYS: 'k1:short' })
    expect(found).toEqual(['error setting_invalid', 'error setting_invalid', ...simulated])
    expect(report.checks.filter(({ outcome }) => outcome === 'skipped').map(({ check }) => check)).toEqual([
      'nats',
      'token-keys',
    ])
    expect(code).toBe(1)
  })
})

describe('Strava', () => {
  test('that has the app switched off, or refuses its secret, is told once', async () => {
    strava.control.setFaults({ rules: [{ endpoint: 'any', effect: { kind: 'app_inactive' } }] })
    expect((await doctor()).found).toEqual(['error strava_app_inactive', ...simulated])
    strava.control.clearFaults()
    const { found, out } = await doctor({ STRAVA_CLIENT_SECRET: 'wrong-secret-of-this-test' })
    expect(found).toEqual(['error strava_credentials_refused', ...simulated])
    expect(out).not.toContain('wrong-secret-of-this-test')
  })

  test('that cannot be reached is told once', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const { found } = await doctor({ STRAVA_API_BASE_URL: `${url}/api/v3`, STRAVA_OAUTH_BASE_URL: url })
    expect(found).toEqual(['error strava_unreachable', ...simulated])
  })

  test('with a clock two minutes ahead is told', async () => {
    strava.control.setClock({ offsetMs: 120_000 })
    expect((await doctor()).found).toEqual(['error clock_skew', ...simulated])
  })

  test('that does not send people back to this address is told', async () => {
    const { found } = await doctor({ PUBLIC_URL: 'http://train.invalid' })
    expect(found).toEqual(
      expect.arrayContaining([
        'error callback_domain_refused',
        'error public_url_not_https',
        'warning public_url_unreachable',
      ]),
    )
  })

  // Last: the gateway looks for its own again within the hour only.
  test('without a subscription, with an old one, or with that of another installation is told', async () => {
    const echo = createServer((request, response) => {
      const challenge = new URL(request.url ?? '', 'http://localhost').searchParams.get('hub.challenge')
      response.end(JSON.stringify({ 'hub.challenge': challenge }))
    })
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void echo.close())
    const own = (await knownSubscription()) ?? ''
    await unsubscribe(own)
    expect((await doctor()).found).toEqual(['error subscription_missing', ...simulated])

    const elsewhere = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`
    const foreign = await subscribe(`${elsewhere}/hook/a-secret-of-others`)
    const other = await doctor()
    expect(other.found).toEqual(['error subscription_foreign', ...simulated])
    expect(other.report.findings[0]?.problem).toContain(`posts to ${elsewhere}, `)
    expect(other.out).not.toContain('a-secret-of-others')
    // What the other calls its own is of before where the deployment has moved on.
    const moved = await doctor({ PUBLIC_URL: elsewhere })
    expect(moved.found).toEqual(['error public_url_foreign', 'warning subscription_old_address', ...simulated])
    await unsubscribe(foreign)
  })
})
