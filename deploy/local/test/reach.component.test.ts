import { once } from 'node:events'
import { createServer } from 'node:net'
import { freePort } from '@slipstream/embedded'
import { expect, onTestFinished, test } from 'vitest'
import { reachProblem, serversOfMongo, serversOfNats } from '../src/reach.ts'

test.each([
  ['mongodb://db/x', [{ host: 'db', port: 27_017 }]],
  [
    'mongodb://u:p%40@a:1,b:2,[::1]:3/x?replicaSet=rs',
    [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
      { host: '::1', port: 3 },
    ],
  ],
])('the servers of %s', async (uri, servers) => {
  expect(await serversOfMongo(uri)).toEqual(servers)
})

test.each([
  ['nats://bus', [{ host: 'bus', port: 4222 }]],
  [
    'tls://u:p@a:1,nats://b',
    [
      { host: 'a', port: 1 },
      { host: 'b', port: 4222 },
    ],
  ],
])('the servers of %s', async (urls, servers) => {
  expect(await serversOfNats(urls)).toEqual(servers)
})

const ask = (ports: number[], limitMs: number, log: (line: string) => void = () => {}) =>
  reachProblem('NATS_URL', async () => ports.map((port) => ({ host: '127.0.0.1', port })), {
    ...{ limitMs, log },
    signal: new AbortController().signal,
  })

test('one server that answers is enough', async () => {
  const server = createServer().listen(await freePort(), '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  expect(await ask([await freePort(), port], 0)).toBeNull()
})

test('without any the sentence names each, after the limit', async () => {
  const [first, second] = [await freePort(), await freePort()]
  const problem = await ask([first, second], 1)
  expect(problem).toBe(
    `NATS_URL: no server answers within 0.001 s: ${[first, second].map((port) => `127.0.0.1:${port} (nothing listens there, ECONNREFUSED)`).join('; ')}`,
  )
})

test('a server on its way up is waited for, and that is said once', async () => {
  const port = await freePort()
  const server = createServer()
  onTestFinished(() => void server.close())
  const lines: string[] = []
  const asked = ask([port], 60_000, (line) => {
    lines.push(line)
    server.listen(port, '127.0.0.1')
  })
  expect(await asked).toBeNull()
  expect(lines).toEqual(['NATS_URL: no server answers yet, waiting up to 60 s for it'])
})
