import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { choosePorts } from '../src/launcher/ports.ts'
import { freePort } from '../src/servers/ports.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'slipstream-ports-'))
afterAll(() => rmSync(dataDir, { recursive: true }))

const simulatorPort = async () => (await choosePorts({}, dataDir, () => {})).simulator.port

it('the simulator keeps the port it had with this data, and gets another one for good when that is taken', async () => {
  const first = await freePort()
  writeFileSync(join(dataDir, 'simulator-port'), String(first))
  expect(await simulatorPort()).toBe(first)

  const stranger = createServer().listen(first, '127.0.0.1')
  await once(stranger, 'listening')
  const second = await simulatorPort()
  expect(second).not.toBe(first)
  stranger.close()
  await once(stranger, 'close')
  expect(await simulatorPort()).toBe(second)
})
