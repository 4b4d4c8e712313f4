import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { temporaryFolder } from '@slipstream/testing'
import { expect, it, onTestFinished } from 'vitest'
import { startService } from '../src/service-process.ts'

/** Another system's service on the port that ours is to have. */
const stranger = async (answer: RequestListener): Promise<string> => {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`
}

/** A service that finds its port taken, and ends. */
const start = async (readyUrl: string) =>
  startService(
    { name: 'scheduler', command: process.execPath, args: ['-e', 'process.exit(1)'], cwd: '.', env: {}, readyUrl },
    { registryDir: await temporaryFolder(), signal: new AbortController().signal, onLine: () => {} },
  )

it('is not taken for ready where another process answers already', async () => {
  const readyUrl = await stranger((_request, response) => response.end('{}'))
  await expect(start(readyUrl)).rejects.toThrow(`scheduler: another process answers at ${readyUrl} already`)
})

it('is not taken for ready where another process answers once it has ended itself', async () => {
  let asked = 0
  const readyUrl = await stranger((_request, response) => {
    asked += 1
    // The second answer is not before ours has ended.
    if (asked === 1) response.writeHead(503).end()
    else setTimeout(() => response.end('{}'), 1_000)
  })
  await expect(start(readyUrl)).rejects.toThrow(/^scheduler ended with code 1 before it was ready/)
})
