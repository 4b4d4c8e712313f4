import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@slipstream/embedded'
import type { Environment } from '@slipstream/runtime'
import { afterAll, expect, it } from 'vitest'
import { choosePorts } from '../src/ports.ts'

const parent = mkdtempSync(join(tmpdir(), 'slipstream-ports-'))
afterAll(() => rmSync(parent, { recursive: true }))
const freshDataDir = () => mkdtempSync(join(parent, 'data-'))
const dataDir = freshDataDir()

const choose = (env: Environment, folder: string) => choosePorts(env, folder, { hasPrometheus: true, log: () => {} })
const simulatorPort = async () => (await choose({}, dataDir)).simulator.port

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

it.each([
  { PORT: '4400' },
  { PORT: '9090' },
  { PORT: '9101' },
  { PORT: '9102' },
  { PORT: '9103' },
  { PORT: '9104' },
  { OPS_PORT: '3000' },
  { OPS_PORT: '4400' },
  { OPS_PORT: '9102' },
  { PORT: '9103', OPS_PORT: '9102' },
])('what is set here stays, and no other process gets a port of it: %j', async (env: Environment) => {
  const { gateway, scheduler, ingestion, simulator, prometheus } = await choose(env, freshDataDir())
  if (env.PORT) expect(gateway.port).toBe(Number(env.PORT))
  if (env.OPS_PORT) expect(gateway.opsPort).toBe(Number(env.OPS_PORT))
  const all = [gateway, simulator, prometheus].map((process) => process?.port)
  const allOps = [gateway, scheduler, ingestion, simulator].map(({ opsPort }) => opsPort)
  expect(new Set([...all, ...allOps]).size).toBe(7)
})

it('where any port will do for the gateway, no part takes a usual one', async () => {
  const { gateway, scheduler, ingestion, simulator, prometheus } = await choose({ PORT: '0' }, freshDataDir())
  const ports = [gateway, simulator, prometheus].map((process) => process?.port)
  const opsPorts = [gateway, scheduler, ingestion, simulator].map(({ opsPort }) => opsPort)
  expect([...ports, ...opsPorts].filter((port) => !port || port < 10_000)).toEqual([])
})
