import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, headers } from '@nats-io/transport-node'
import { type RunningNats, startNats } from '@slipstream/embedded'
import { temporaryFolder } from '@slipstream/testing'
import { expect, onTestFinished, test, vi } from 'vitest'

const command = join(import.meta.dirname, '..', 'src', 'bin', 'subscribe.ts')

const subscribe = (args: string[], env: Record<string, string>) => {
  const child = spawn(process.execPath, [command, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (text += chunk))
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return { child, output: () => text }
}

const exitCode = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

const publish = async ({ url }: RunningNats, subject: string) => {
  const connection = await connect({ servers: url })
  const eventHeaders = headers()
  eventHeaders.set('ce-type', 'activity.ingested')
  eventHeaders.set('ce-id', 'evt_1')
  connection.publish(subject, '{"version": 1}', { headers: eventHeaders })
  await connection.drain()
}

test('events of the running system are printed until Ctrl-C', async () => {
  const dataDir = await temporaryFolder()
  const nats = await startNats({ dataDir: join(dataDir, 'nats'), log: () => {} })
  onTestFinished(() => nats.stop())
  await writeFile(join(dataDir, 'endpoints.json'), JSON.stringify({ natsUrl: nats.url }))

  const { child, output } = subscribe(['activity.ingested.>'], { SLIPSTREAM_DATA_DIR: dataDir })
  await vi.waitFor(() => expect(output()).toContain('listening to activity.ingested.>'))
  await publish(nats, 'activity.deleted.ath_1')
  await publish(nats, 'activity.ingested.ath_1')
  await vi.waitFor(() => expect(output()).toContain('activity.ingested.ath_1  activity.ingested  evt_1  {"version":1}'))
  expect(output()).not.toContain('activity.deleted')
  child.kill('SIGINT')
  expect(await exitCode(child)).toBe(0)
})

test('without a running system, and with a wrong option, it says what to do', async () => {
  const nothing = subscribe([], { SLIPSTREAM_DATA_DIR: await temporaryFolder() })
  expect(await exitCode(nothing.child)).toBe(1)
  expect(nothing.output()).toContain('npm start')

  const wrong = subscribe(['--bogus'], {})
  expect(await exitCode(wrong.child)).toBe(1)
  expect(wrong.output()).toMatch(/--bogus[\s\S]*Usage: npm run subscribe/)
  expect(wrong.output()).not.toContain('    at ')
})
