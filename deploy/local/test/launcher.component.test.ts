import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { appendFile, chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { startTimeOf } from '@slipstream/embedded'
import { temporaryFolder } from '@slipstream/testing'
import { expect, onTestFinished, test, vi } from 'vitest'

const fixtures = join(import.meta.dirname, 'fixtures')
const services = ['gateway', 'scheduler', 'ingestion', 'simulator']
const isAlive = (pid: number) => startTimeOf(pid) !== null

/** A project whose services and migration are stand-ins. */
const makeProject = async () => {
  const root = await temporaryFolder()
  for (const name of services) {
    const source = join(root, 'services', name, 'src')
    await mkdir(source, { recursive: true })
    await copyFile(join(fixtures, 'stand-in-service.ts'), join(source, 'main.ts'))
    await copyFile(join(fixtures, 'stand-in-config.ts'), join(source, 'config.ts'))
  }
  const command = join(root, 'libs', 'cli', 'src', 'bin', 'slipstream.ts')
  await mkdir(dirname(command), { recursive: true })
  await copyFile(join(fixtures, 'stand-in-migration.ts'), command)
  const collections = join(root, 'libs', 'persistence', 'src', 'collections.ts')
  await mkdir(dirname(collections), { recursive: true })
  await writeFile(collections, '// What this release stores.\n')
  return { root, command, collections, dataDir: join(root, 'data') }
}
type Project = Awaited<ReturnType<typeof makeProject>>

interface Launcher {
  child: ChildProcess
  output(): string
  /** Process ids found in the data folder: everything that runs, with its name. */
  processes(): Promise<Record<string, number>>
}

/** The superuser may write everywhere. */
const unprivileged = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

const run = (
  { root, dataDir }: Project,
  env: Record<string, string> = {},
  args: string[] = [],
  user: Pick<SpawnOptions, 'uid' | 'gid'> = {},
): Launcher => {
  const child = spawn(process.execPath, [join(fixtures, 'start.ts'), root, ...args], {
    env: {
      PATH: process.env.PATH,
      SLIPSTREAM_CACHE_DIR: process.env.SLIPSTREAM_CACHE_DIR,
      SLIPSTREAM_DATA_DIR: dataDir,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (text += chunk))
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  return {
    child,
    output: () => text,
    processes: async () => {
      const found: Record<string, number> = {}
      for (const file of await readdir(dataDir, { recursive: true })) {
        if (!file.endsWith('.pid.json')) continue
        const entry = JSON.parse(await readFile(join(dataDir, file), 'utf8'))
        if (entry.pid !== entry.owner.pid) found[entry.name] = entry.pid
      }
      return found
    },
  }
}

const untilReady = (launcher: Launcher) => vi.waitFor(() => expect(launcher.output()).toContain('Slipstream is ready'))

const exitCode = async ({ child }: Launcher): Promise<number | null> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

test('everything starts, comes back after a crash, and is gone after Ctrl-C', { timeout: 60_000 }, async () => {
  const project = await makeProject()
  const launcher = run(project)
  await untilReady(launcher)
  const endpoints = JSON.parse(await readFile(join(project.dataDir, 'endpoints.json'), 'utf8'))
  const before = await vi.waitFor(async () => {
    const processes = await launcher.processes()
    // Prometheus comes last, and only where there is one.
    expect('prometheus' in processes).toBe(endpoints.prometheusUrl !== null)
    return processes
  })
  expect(
    Object.keys(before)
      .filter((name) => name !== 'prometheus')
      .sort(),
  ).toEqual(['gateway', 'ingestion', 'mongod', 'nats-server', 'scheduler', 'simulator'])
  expect(launcher.output()).toMatch(
    /gateway: up \{"servicePid":\d+,"mongo":"mongodb:\/\/127\.0\.0\.1.*"nats":"nats:\/\/127\.0\.0\.1/,
  )
  expect(launcher.output()).toContain(`"issuer":"${endpoints.simulatorUrl}/oidc"`)

  for (const name of ['ingestion', 'mongod', 'nats-server'] as const) {
    process.kill(before[name]!, 'SIGKILL')
    await vi.waitFor(() => expect(launcher.output()).toContain(`${name} is back`))
    expect((await launcher.processes())[name]).not.toBe(before[name])
  }
  expect(launcher.output()).toContain('ingestion ended unexpectedly (killed by SIGKILL)')
  expect(launcher.output().match(/mongodb:\/\/127\.0\.0\.1:\d+\//g)).toSatisfy(
    (uris: string[]) => new Set(uris).size === 1,
  )

  const running = Object.values(await launcher.processes())
  launcher.child.kill('SIGINT')
  await vi.waitFor(() => expect(launcher.output()).toContain('SIGINT: stopping'))
  // npm passes on what the terminal has sent already, and people press twice.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGINT'] as const) launcher.child.kill(signal)
  expect(await exitCode(launcher)).toBe(0)
  expect(running.filter(isAlive)).toEqual([])
  expect(existsSync(join(project.dataDir, 'endpoints.json'))).toBe(false)
  expect(existsSync(join(project.dataDir, 'settings.json'))).toBe(false)
  expect((await readdir(project.dataDir, { recursive: true })).filter((file) => file.endsWith('.pid.json'))).toEqual([])
  const order = ['gateway: going down', 'simulator: going down', 'stopped'].map((text) =>
    launcher.output().lastIndexOf(text),
  )
  expect(order).toEqual(order.toSorted((a, b) => a - b))
})

test('watched, a service starts anew when its code changes, waits where it fails, and is gone after Ctrl-C', {
  timeout: 60_000,
}, async () => {
  const project = await makeProject()
  const launcher = run(project, {}, ['--watch'])
  await untilReady(launcher)
  const main = join(project.root, 'services', 'ingestion', 'src', 'main.ts')
  const pidsUp = () =>
    [...launcher.output().matchAll(/ingestion: up \{"servicePid":(\d+)/g)].map(([, pid]) => Number(pid))

  /** A file is watched some time after it was loaded: changed until that is seen. */
  const change = (act: () => Promise<void>, seen: () => void) =>
    vi.waitFor(
      async () => {
        await act()
        seen()
      },
      { interval: 1_000 },
    )

  await change(
    () => appendFile(main, "throw new Error('half done')\n"),
    () => expect(launcher.output()).toMatch(/half done[\s\S]*Waiting for file changes/),
  )
  await change(
    () => copyFile(join(fixtures, 'stand-in-service.ts'), main),
    () => expect(pidsUp().length).toBeGreaterThan(1),
  )
  expect(launcher.output()).not.toContain('ended unexpectedly')

  const running = [...Object.values(await launcher.processes()), ...pidsUp()]
  launcher.child.kill('SIGINT')
  expect(await exitCode(launcher)).toBe(0)
  expect(running.filter(isAlive)).toEqual([])
})

test('a second Ctrl-C ends at once what does not want to end, but only one after 2 s', {
  timeout: 60_000,
}, async () => {
  const launcher = run(await makeProject(), { STUBBORN_SERVICE: 'ingestion' })
  await untilReady(launcher)
  const running = Object.values(await launcher.processes())
  const pressCtrlC = () => {
    launcher.child.kill('SIGINT')
    expect(launcher.child.exitCode).toBe(130)
  }
  const firstAt = performance.now()
  await vi.waitFor(pressCtrlC, { interval: 200 })
  expect(performance.now() - firstAt).toBeGreaterThan(2_000)
  expect(running.filter(isAlive)).toEqual([])
})

test('a crashed server waits for its own port: the services know no other', { timeout: 60_000 }, async () => {
  const launcher = run(await makeProject())
  await untilReady(launcher)
  const [url = '', port] = /nats:\/\/127\.0\.0\.1:(\d+)/.exec(launcher.output()) ?? []
  process.kill((await launcher.processes())['nats-server']!, 'SIGKILL')
  const squatter = createServer()
  await vi.waitFor(() => once(squatter.listen(Number(port), '127.0.0.1'), 'listening'), { interval: 1 })
  await vi.waitFor(() => expect(launcher.output()).toContain('nats-server did not start'))
  squatter.close()
  await vi.waitFor(() => expect(launcher.output()).toContain('nats-server is back'))
  expect(launcher.output().split(`: ${url}\n`).length - 1).toBe(2)
})

test('a service that cannot start ends the whole start with its last lines', { timeout: 60_000 }, async () => {
  const launcher = run(await makeProject(), { FAILING_SERVICE: 'scheduler' })
  expect(await exitCode(launcher)).toBe(1)
  expect(launcher.output()).toMatch(/scheduler ended with code 3 before it was ready[\s\S]*on purpose/)
  expect(await launcher.processes()).toEqual({})
})

test('after kill -9 the next start cleans up; the data, its secrets and its lock stay', {
  timeout: 60_000,
}, async () => {
  const project = await makeProject()
  const launcher = run(project)
  await untilReady(launcher)
  const orphans = Object.values(await launcher.processes())
  const secretsFile = join(project.dataDir, 'dev-secrets.json')
  const secrets = await readFile(secretsFile, 'utf8')
  expect(statSync(secretsFile).mode & 0o777).toBe(0o600)

  const rival = run(project)
  expect(await exitCode(rival)).toBe(1)
  expect(rival.output()).toContain(`started by process ${launcher.child.pid}`)

  launcher.child.kill('SIGKILL')
  await exitCode(launcher)
  const next = run(project)
  await untilReady(next)
  expect(orphans.filter(isAlive)).toEqual([])
  expect(await readFile(secretsFile, 'utf8')).toBe(secrets)
  next.child.kill('SIGTERM')
  expect(await exitCode(next)).toBe(0)

  const fresh = run(project, {}, ['--fresh'])
  await untilReady(fresh)
  expect(await readFile(secretsFile, 'utf8')).not.toBe(secrets)
  for (const secret of Object.values(JSON.parse(secrets) as Record<string, string>)) {
    expect(next.output() + launcher.output()).not.toContain(secret)
  }
})

test('data that other code had last are migrated before any service starts, and only those', {
  timeout: 60_000,
}, async () => {
  const project = await makeProject()
  const startAndStop = async () => {
    const launcher = run(project)
    await untilReady(launcher)
    launcher.child.kill('SIGTERM')
    expect(await exitCode(launcher)).toBe(0)
    return launcher.output()
  }
  expect(await startAndStop()).not.toContain('migration:')
  await appendFile(project.collections, '// What the next one stores.\n')
  const output = await startAndStop()
  expect(output).toMatch(/migration: done: migrate mongodb:\/\/127\.0\.0\.1/)
  expect(output.indexOf('migration: done')).toBeLessThan(output.indexOf(': up {', output.indexOf('mongod')))
  expect(await startAndStop()).not.toContain('migration:')

  await appendFile(project.collections, '// What the one after that stores.\n')
  await appendFile(project.command, "throw new Error('on purpose')\n")
  const failing = run(project)
  expect(await exitCode(failing)).toBe(1)
  expect(failing.output()).toMatch(/the migration ended with code 1:[\s\S]*on purpose/)
  expect(failing.output()).not.toContain('gateway: up')
  expect(await failing.processes()).toEqual({})
})

test('a Prometheus that cannot start is told and holds up nothing', { timeout: 60_000 }, async () => {
  const project = await makeProject()
  const folder = join(project.root, 'bin')
  await mkdir(folder)
  await writeFile(join(folder, 'prometheus'), '#!/bin/sh\necho "no disk"\nexit 1\n', { mode: 0o755 })
  const launcher = run(project, { PATH: `${folder}:${process.env.PATH}` })
  await untilReady(launcher)
  await vi.waitFor(() => expect(launcher.output()).toMatch(/Prometheus did not start[\s\S]*no disk/))
  launcher.child.kill('SIGTERM')
  expect(await exitCode(launcher)).toBe(0)
})

test('a usual port that is taken is replaced by another, and the launcher says so', { timeout: 60_000 }, async () => {
  const squatter = createServer()
  await new Promise((resolve) => squatter.once('error', resolve).listen(4400, '127.0.0.1', () => resolve(null)))
  onTestFinished(() => {
    squatter.close()
  })
  const launcher = run(await makeProject())
  await untilReady(launcher)
  const [, port] = /port 4400 is taken, the simulator uses (\d+)/.exec(launcher.output()) ?? []
  expect(launcher.output()).toContain(`http://localhost:${port}/control`)
})

test('wrong options and missing settings are one clear message each', async () => {
  const project = await makeProject()
  const unknown = run(project, {}, ['--frsh'])
  expect(await exitCode(unknown)).toBe(2)
  expect(unknown.output().trim()).toMatch(/^Unknown option '--frsh'.*--help$/)

  const half = run(project, { STRAVA_CLIENT_ID: '9', STRAVA_CLIENT_SECRET: 'x' })
  expect(await exitCode(half)).toBe(1)
  expect(half.output()).toContain('AUTH_ISSUER_URL: is required when STRAVA_CLIENT_ID is set')
  expect(half.output()).not.toContain('    at ')

  const help = run(project, {}, ['--help'])
  expect(await exitCode(help)).toBe(0)
  expect(help.output()).toContain('--fresh')
})

test.runIf(process.platform === 'linux').each(['/proc/e1', '/proc/e1/data', '/proc'])(
  'a file system without room for folders is told as well, at once: %s',
  async (dataDir) => {
    const launcher = run({ ...(await makeProject()), dataDir })
    expect(await exitCode(launcher)).toBe(1)
    expect(launcher.output().trim()).toMatch(
      /^1 setting to put right:\n {2}- SLIPSTREAM_DATA_DIR: nothing can be stored in \/proc\S* \(E[A-Z]+\); name another folder$/,
    )
  },
)

test('a folder that cannot be written to is told under its setting', async () => {
  const project = await makeProject()
  const readOnly = await temporaryFolder()
  await chmod(readOnly, 0o555)
  await chmod(project.root, 0o755)
  const launcher = run({ ...project, dataDir: join(readOnly, 'data') }, {}, [], unprivileged)
  expect(await exitCode(launcher)).toBe(1)
  expect(launcher.output().trim()).toBe(
    `1 setting to put right:\n  - SLIPSTREAM_DATA_DIR: nothing can be stored in ${join(readOnly, 'data')} (EACCES); name another folder`,
  )
})
