import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'

const runtime = join(import.meta.dirname, '../src/index.ts')
let child: ChildProcess | undefined
afterEach(() => child?.kill('SIGKILL'))

/** Runs `create` (the source of a function that makes a service) in a process of its own until it ends. */
const run = (create: string) => {
  const source = `import { ConfigError, runService } from '${runtime}'; await runService(${create})`
  const started = spawn(process.execPath, ['--input-type=module', '--eval', source])
  child = started
  const output = text(started.stdout)
  const errors = text(started.stderr)
  const ended = once(started, 'exit').then(async ([code]) => ({ code, output: await output, errors: await errors }))
  return { started, ended }
}

const service = (stop: string, more = '') =>
  `() => ({
    start: async () => { setInterval(() => {}, 1000); console.log('ready') },
    stop: async () => { ${stop} },
    ${more}
  })`

it.each(['SIGTERM', 'SIGINT'] as const)('stops the service on %s and exits 0', async (signal) => {
  const { started, ended } = run(service("console.log('stopped')"))
  await once(started.stdout, 'data')
  started.kill(signal)
  expect(await ended).toMatchObject({ code: 0, output: 'ready\nstopped\n' })
})

it('a repeated signal changes nothing, whichever it is and however often', async () => {
  const finishWhenTold =
    "console.log('stopping'); await new Promise((resolve) => process.stdin.once('data', resolve)); console.log('stored')"
  const { started, ended } = run(service(finishWhenTold))
  await once(started.stdout, 'data')
  started.kill('SIGTERM')
  await once(started.stdout, 'data')
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const) started.kill(signal)
  started.stdin.write('now')
  expect(await ended).toMatchObject({ code: 0, output: 'ready\nstopping\nstored\n' })
})

it('a stop during the start gives that up and is no failure', async () => {
  const { started, ended } = run(`() => {
    const leaving = Promise.withResolvers()
    setInterval(() => {}, 1000)
    return {
      start: async () => { console.log('starting'); await leaving.promise },
      stop: async () => { leaving.reject(new Error('given up')); console.log('stopped') },
    }
  }`)
  await once(started.stdout, 'data')
  started.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 0, output: 'starting\nstopped\n', errors: '' })
})

it('exits 1 with every problem when settings are wrong, without a stack', async () => {
  const { ended } = run("() => { throw new ConfigError(['PORT: must be a port number', 'NATS_URL: is required']) }")
  const { code, errors } = await ended
  expect(code).toBe(1)
  expect(errors).toContain('- PORT: must be a port number\n  - NATS_URL: is required')
  expect(errors).not.toContain('at ')
})

it.each([
  ['an unhandled rejection', "Promise.reject(new Error('lost'))"],
  ['an uncaught error', "setTimeout(() => { throw new Error('lost') })"],
])('exits 1 on %s', async (_, failure) => {
  const { ended } = run(`() => ({ start: async () => { ${failure} }, stop: async () => {} })`)
  expect(await ended).toMatchObject({ code: 1, errors: expect.stringContaining('lost') })
})

it('does not wait past the deadline for a service that hangs while stopping', async () => {
  const { started, ended } = run(service('await new Promise(() => {})', 'stopLimitMs: 50'))
  await once(started.stdout, 'data')
  started.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 1, errors: expect.stringContaining('still not stopped after 50 ms') })
})
