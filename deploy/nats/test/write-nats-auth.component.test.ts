import { execFile } from 'node:child_process'
import { copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { connect, nkeyAuthenticator } from '@nats-io/transport-node'
import { connectBus } from '@slipstream/messaging'
import { Secret } from '@slipstream/runtime'
import { createLogger } from '@slipstream/telemetry'
import { startTestNats, temporaryFolder } from '@slipstream/testing'
import { expect, onTestFinished, test } from 'vitest'
import { natsUsers } from '../src/index.ts'

const command = resolve(import.meta.dirname, '../src/bin/make-nats-auth.ts')
const make = async (folder: string, ...options: string[]) =>
  (await promisify(execFile)(process.execPath, [command, folder, ...options])).stdout

const credentialFiles = natsUsers.map((user) => `${user}.nk`)

test('the command writes what a server and the services read, says no secret, and keeps credentials that are there', async () => {
  const folder = join(await temporaryFolder(), 'secrets')
  const written = await make(folder)
  expect(written.trim().split('\n')).toEqual(['auth.conf', ...credentialFiles])
  const seeds = credentialFiles.map((file) => readFileSync(join(folder, file), 'utf8'))
  for (const seed of seeds) {
    expect(seed).toMatch(/^SU[A-Z2-7]{56}$/)
    expect(written + readFileSync(join(folder, 'auth.conf'), 'utf8')).not.toContain(seed)
  }
  for (const file of credentialFiles) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)

  writeFileSync(join(folder, 'auth.conf'), 'of an older release')
  rmSync(join(folder, 'subscriber.nk'))
  expect((await make(folder)).trim().split('\n')).toEqual(['auth.conf', 'subscriber.nk'])
  const kept = (file: string) => readFileSync(join(folder, file), 'utf8') === seeds[credentialFiles.indexOf(file)]
  expect(credentialFiles.filter(kept)).toEqual(credentialFiles.filter((file) => file !== 'subscriber.nk'))

  const nats = await startTestNats({ config: readFileSync(join(folder, 'auth.conf'), 'utf8') })
  onTestFinished(() => nats.remove())
  const creds = new Secret(readFileSync(join(folder, 'gateway.nk'), 'utf8'))
  const log = createLogger('test', 'silent')
  const bus = await connectBus({ url: nats.url, creds, source: 'gateway', limitMs: 0, log })
  expect(bus.readiness()).toEqual({ ok: true })
  await bus.close()
})

test('a subscriber keeps its user at each run until its file is deleted, and its entry says whose it is', async () => {
  const folder = await temporaryFolder()
  const file = join(folder, 'subscribers/training-plans.nk')
  const entries = () => readFileSync(join(folder, 'auth.conf'), 'utf8').match(/(?<=^ +)# .*$/gm)
  const all = [...natsUsers, 'reports', 'training-plans'].map((user) => `# ${user}`)

  expect(await make(folder, '--subscriber', 'training-plans', '--subscriber', 'reports')).toContain(
    'subscribers/reports.nk\nsubscribers/training-plans.nk',
  )
  const seed = readFileSync(file, 'utf8')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(entries()).toEqual(all)
  expect(await make(folder)).toBe('auth.conf\n')
  expect([readFileSync(file, 'utf8'), entries()]).toEqual([seed, all])
  const nats = await startTestNats({ config: readFileSync(join(folder, 'auth.conf'), 'utf8') })
  onTestFinished(() => nats.remove())
  const authenticator = nkeyAuthenticator(readFileSync(file))
  await (await connect({ servers: nats.url, authenticator, reconnect: false })).close()

  rmSync(file)
  await make(folder)
  expect(entries()).toEqual(all.filter((entry) => entry !== '# training-plans'))
})

test.each([
  ['../plans', 'up to 64 letters'],
  ['my.plans', 'up to 64 letters'],
  ['operator', 'another user or consumer'],
  ['scheduler-webhooks', 'another user or consumer'],
])('%s is no name for a subscriber', async (name, reason) => {
  await expect(make(await temporaryFolder(), '--subscriber', name)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(new RegExp(`^'${name}' cannot name .*${reason}`)),
  })
})

test("a subscriber's name is not that of another one's replay", async () => {
  const folder = await temporaryFolder()
  await make(folder, '--subscriber', 'plans')
  await expect(make(folder, '--subscriber', 'plans-replay')).rejects.toMatchObject({
    stderr: expect.stringContaining("'plans-replay' cannot name"),
  })
})

test('the shipped configuration is one that a server takes, with the users beside it', async () => {
  const folder = await temporaryFolder()
  await make(join(folder, 'secrets'), '--subscriber', 'training-plans')
  copyFileSync(resolve(import.meta.dirname, '../server.conf'), join(folder, 'server.conf'))
  const nats = await startTestNats()
  onTestFinished(() => nats.remove())
  const server = readFileSync(`/proc/${nats.pid}/cmdline`, 'utf8').split('\0')[0] ?? ''
  const checked = promisify(execFile)(server, ['-t', '-c', join(folder, 'server.conf')])
  await expect(checked).resolves.toMatchObject({ stderr: expect.stringContaining('is valid') })
})
