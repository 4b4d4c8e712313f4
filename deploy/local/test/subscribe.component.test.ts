import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, headers, nkeyAuthenticator } from '@nats-io/transport-node'
import { freePort, startNats } from '@slipstream/embedded'
import { streams } from '@slipstream/messaging/topology'
import { makeNatsAuth } from '@slipstream/nats-auth'
import { startTestNats, temporaryFolder } from '@slipstream/testing'
import { expect, onTestFinished, test, vi } from 'vitest'

const command = join(import.meta.dirname, '..', 'src', 'bin', 'subscribe.ts')
const patient = { timeout: 30_000 }

const subscribe = (args: string[], env: Record<string, string>) => {
  const child = spawn(process.execPath, [command, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (text += chunk))
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const says = (words: string | RegExp) => vi.waitFor(() => expect(text).toMatch(words), patient)
  return { child, output: () => text, says }
}

const exitCode = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

type Connecting = NonNullable<Parameters<typeof connect>[0]>

/** As the services do it: the stream is there, and what is published is kept. */
const publisher = async (options: Connecting) => {
  const connection = await connect(options)
  const manager = await jetstreamManager(connection, { checkAPI: false })
  await manager.streams.add({ ...streams.EVENTS }).catch(() => {})
  onTestFinished(() => connection.close())
  let count = 0
  return async (type: string, data: object = {}) => {
    const head = headers()
    const attributes = { specversion: '1.0', id: `evt_${++count}`, type, time: new Date().toISOString() }
    for (const [name, value] of Object.entries(attributes)) head.set(`ce-${name}`, value)
    head.set('ce-dataschema', `urn:slipstream:event:${type}:1`)
    await connection.request(`${type}.ath_123456`, JSON.stringify({ athleteId: 'ath_123456', ...data }), {
      headers: head,
      timeout: 5_000,
    })
  }
}

const deleted = (workoutId: string) => ({
  ...{ workoutId, stravaActivityId: '1', version: 3, reason: 'deleted_at_strava' },
})

const startDemo = async () => {
  const dataDir = await temporaryFolder()
  const nats = await startNats({ dataDir: join(dataDir, 'nats'), log: () => {} })
  onTestFinished(() => nats.stop())
  await writeFile(join(dataDir, 'settings.json'), JSON.stringify({ NATS_URL: nats.url }))
  return { nats, env: { SLIPSTREAM_DATA_DIR: dataDir } }
}

test('events of the running system are printed until Ctrl-C', async () => {
  const { nats, env } = await startDemo()
  const publish = await publisher({ servers: nats.url })
  await publish('activity.deleted', deleted('wko_before'))
  const { child, output, says } = subscribe(['activity.deleted.>', 'sync.finished.>'], env)
  await says('listening to activity.deleted.>, sync.finished.>')
  await publish('activity.refreshed')
  await publish('activity.deleted', deleted('wko_now'))
  await says(/\d\d:\d\d:\d\d {2}activity\.deleted\.ath_123456 {2}activity\.deleted {2}evt_3 {2}\{.*wko_now/)
  expect(output()).not.toMatch(/refreshed|wko_before/)
  child.kill('SIGINT')
  expect(await exitCode(child)).toBe(0)
})

test('pretty lines begin where they are asked to, without a colour or a sign that steers the terminal', async () => {
  const { nats, env } = await startDemo()
  const publish = await publisher({ servers: nats.url })
  await publish('activity.deleted', deleted('wko_before'))
  await publish('activity.deleted', { ...deleted('wko_sly'), reason: 'sly\u001b[2J\u009b2Jreason' })
  const all = subscribe(['--pretty', '--all'], { ...env, FORCE_COLOR: '1' })
  await all.says(/ {2}activity\.deleted {4}…123456 {2}workout …before is gone, deleted at Strava, v3\n/)
  await all.says('sly [2J 2Jreason')
  const recent = subscribe(['--pretty', '--since', '1h', 'activity.>'], env)
  await recent.says('workout …before is gone')
  expect(all.output()).not.toMatch(/\p{Cc}(?<!\n)/u)
})

test('a connection that is lost comes back, with what was published meanwhile', async () => {
  const dataDir = await temporaryFolder()
  const server = { dataDir, port: await freePort(), log: () => {} }
  const first = await startNats(server)
  const { says, output } = subscribe(['--pretty', 'activity.>'], { NATS_URL: first.url })
  await says('listening to activity.>')
  await (await publisher({ servers: first.url, reconnect: false }))('activity.deleted', deleted('wko_first1'))
  await says('…first1')
  await first.stop()
  await says('connection lost')

  const second = await startNats(server)
  onTestFinished(() => second.stop())
  const publish = await publisher({ servers: second.url })
  await publish('activity.deleted', deleted('wko_second'))
  await says(/connection back after [\d.]+ s: what was published meanwhile follows/)
  await says('…second')
  expect(output().match(/…first1/g)).toHaveLength(1)
})

test("with a subscriber's credentials it reads what that user may, and says what not", async () => {
  const { serverConfig, credentials } = makeNatsAuth()
  const nats = await startTestNats({ config: serverConfig })
  onTestFinished(() => nats.remove())
  const folder = await temporaryFolder()
  writeFileSync(join(folder, 'subscriber.nk'), credentials.subscriber)
  const env = { NATS_URL: nats.url, NATS_CREDS_FILE: join(folder, 'subscriber.nk') }
  const seed = new TextEncoder().encode(credentials.ingestion.trim())
  const publish = await publisher({
    servers: nats.url,
    authenticator: nkeyAuthenticator(seed),
    inboxPrefix: '_INBOX_ingestion',
  })
  const usual = subscribe(['--pretty'], env)
  await usual.says('listening to all events')
  await publish('activity.deleted', deleted('wko_seen'))
  await usual.says('…o_seen')

  const refused = subscribe(['sync.requested.>'], env)
  expect(await exitCode(refused.child)).toBe(1)
  expect(refused.output()).toContain('NATS does not let this user read there')
  const without = subscribe([], { NATS_URL: nats.url })
  expect(await exitCode(without.child)).toBe(1)
  expect(without.output()).toMatch(/NATS: .*authorization/i)
})

test.each([
  [['--bogus'], 2, /--bogus.*npm run subscribe -- --help/],
  [[], 1, /Start it with npm start/],
])('%j ends with %d and says why', async (args, code, words) => {
  const { child, output } = subscribe(args, { SLIPSTREAM_DATA_DIR: await temporaryFolder() })
  expect(await exitCode(child)).toBe(code)
  expect(output()).toMatch(words)
  expect(output()).not.toContain('    at ')
})

test('a setting that is wrong is told by its name', async () => {
  const { child, output } = subscribe([], { NATS_URL: 'nats://127.0.0.1:1', NATS_CREDS_FILE: '/no/such/file' })
  expect(await exitCode(child)).toBe(1)
  expect(output()).toContain('NATS_CREDS_FILE: cannot read /no/such/file (ENOENT)')
})
