import { createServer, type Server } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ConfigError, listen, listenProblems } from '../src/index.ts'

const settings = { port: 'OPS_PORT', host: 'OPS_HOST' }

const close = (server: Server) => new Promise((resolve) => server.close(resolve))

const occupy = async (): Promise<number> => {
  const server = createServer()
  onTestFinished(() => close(server).then(() => {}))
  return listen(server, { port: 0, host: '127.0.0.1', settings })
}

test('a port that is taken is told under its own setting, by a look ahead and by the real thing', async () => {
  const port = await occupy()
  const problem = `OPS_PORT: port ${port} is taken by another process`
  const address = { port, host: '127.0.0.1', settings }
  expect(await listenProblems([address])).toEqual([problem])
  const failing = listen(createServer(), address)
  await expect(failing).rejects.toThrow(ConfigError)
  await expect(failing).rejects.toMatchObject({ problems: [problem] })
})

test.each([
  ['of a documentation network', '192.0.2.1'],
  ['that no resolver knows', 'nowhere.invalid'],
])('an address %s is told under the setting of the address', async (_what, host) => {
  expect(await listenProblems([{ port: 0, host, settings }])).toEqual([
    `OPS_HOST: ${host} is no address of this machine`,
  ])
})

test('all problems are told at once, and that two settings name one port', async () => {
  const taken = await occupy()
  const alsoTaken = await occupy()
  const problems = await listenProblems([
    { port: taken, host: '127.0.0.1', settings },
    { port: 0, settings: { port: 'PORT' } },
    { port: taken, settings: { port: 'OTHER_PORT' } },
    { port: alsoTaken, host: '127.0.0.1', settings: { port: 'FOURTH_PORT' } },
  ])
  expect(problems).toEqual([
    `OPS_PORT: port ${taken} is taken by another process`,
    `OTHER_PORT: port ${taken} is the one of OPS_PORT`,
    `FOURTH_PORT: port ${alsoTaken} is taken by another process`,
  ])
})

test('a port that was looked at is free afterwards', async () => {
  const server = createServer()
  onTestFinished(() => close(server).then(() => {}))
  const probe = createServer()
  const port = await listen(probe, { port: 0, host: '127.0.0.1', settings })
  await close(probe)
  expect(await listenProblems([{ port, host: '127.0.0.1', settings }])).toEqual([])
  expect(await listen(server, { port, host: '127.0.0.1', settings })).toBe(port)
})
