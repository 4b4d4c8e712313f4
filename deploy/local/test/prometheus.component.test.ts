import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { freePort } from '@slipstream/embedded'
import { findPrometheus, hasPrometheus, temporaryFolder } from '@slipstream/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import { prometheusPart } from '../src/prometheus.ts'

const isThere = await hasPrometheus()
const folder = (await findPrometheus()) ?? ''

const alerts = 'groups: [{ name: demo, rules: [{ alert: Always, expr: vector(1) }] }]'

/** An operations port with one sample, which carries the name of its service as those of the services do. */
const startOpsServer = async (): Promise<string> => {
  const server = createServer((_request, response) => response.end('told_total{service="gateway"} 3\n'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test.runIf(isThere)('a real Prometheus asks the services, tells them apart, and knows the alerts', async () => {
  const root = await temporaryFolder()
  await mkdir(join(root, 'deploy', 'prometheus'), { recursive: true })
  await writeFile(join(root, 'deploy', 'prometheus', 'alerts.yaml'), alerts)
  const port = await freePort()
  const opsUrls = { gateway: await startOpsServer(), scheduler: `http://127.0.0.1:${await freePort()}` }
  const part = prometheusPart({
    ...{ command: join(folder, 'prometheus'), root, port, opsUrls },
    folder: join(root, 'data', 'prometheus'),
    registryDir: join(root, 'data', 'processes'),
    onLine: () => {},
  })
  const prometheus = await part.start(AbortSignal.timeout(60_000))
  onTestFinished(() => void prometheus.stop())

  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)
    return ((await response.json()) as { data: unknown }).data
  }
  const valuesOf = async (expression: string) => {
    const { result } = (await ask(`query?query=${encodeURIComponent(expression)}`)) as {
      result: { metric: Record<string, string>; value: [number, string] }[]
    }
    return result.map(({ metric, value: [, value] }) => [metric.service, metric.exported_service, value])
  }
  await vi.waitFor(async () => {
    expect(await valuesOf('told_total')).toEqual([['gateway', undefined, '3']])
    expect(await valuesOf('sort(up)')).toEqual([
      ['scheduler', undefined, '0'],
      ['gateway', undefined, '1'],
    ])
  })
  const { groups } = (await ask('rules')) as { groups: { rules: { name: string }[] }[] }
  expect(groups.flatMap(({ rules }) => rules.map(({ name }) => name))).toEqual(['Always'])

  await prometheus.stop()
  await expect(ask('rules')).rejects.toThrow('fetch failed')
})
