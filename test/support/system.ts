import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Endpoints, readEndpoints } from '@slipstream/local'
import { endChild } from './child-processes.ts'
import { type Control, createControl } from './control.ts'
import { until } from './until.ts'

const projectRoot = resolve(import.meta.dirname, '../..')

/** Logs and screenshots of test runs; git-ignored. */
export const outputDir = join(projectRoot, 'test', 'output')

/** A cold start may have to fetch MongoDB and NATS and build the page. */
const startTimeoutMs = 110_000
const stopTimeoutMs = 20_000

export interface RunningSystem {
  pageUrl: string
  simulatorUrl: string
  endpoints: Endpoints
  /** The simulated Strava's steering wheel. */
  control: Control
  /** What `SLIPSTREAM_DATA_DIR` names. */
  dataDir: string
  /** Where all processes write their log lines. */
  logFile: string
  /** The process that runs a service now; another one after a crash. */
  pidOf(service: 'gateway' | 'scheduler' | 'ingestion' | 'simulator'): number
  /** As Ctrl-C does; throws when the system does not end in order. */
  stop(): Promise<void>
  /** `kill -9` of the launcher alone: what it started is left running. */
  killLauncher(): Promise<void>
}

interface LaunchOptions {
  /** Data of an earlier run; stays when the system stops. Without it the system begins with no data and leaves none. */
  dataDir?: string
  /** Options of the command. */
  args?: readonly string[]
}

/** Whatever of these the person has set points at another system than the one under test. */
export const foreignSettings = {
  MONGODB_URI: undefined,
  NATS_URL: undefined,
  AUTH_ISSUER_URL: undefined,
  AUTH_AUDIENCE: undefined,
  PUBLIC_URL: undefined,
  WEB_RETURN_URL: undefined,
  STRAVA_CLIENT_ID: undefined,
  STRAVA_CLIENT_SECRET: undefined,
  STRAVA_OAUTH_BASE_URL: undefined,
  STRAVA_API_BASE_URL: undefined,
  TOKEN_KEYS: undefined,
  // Set by the test runner; the processes are to behave as they do for people.
  NODE_ENV: undefined,
  // CI services ask for colours; what is compared here is the text.
  NO_COLOR: '1',
}

const whenReady = async (launcher: ChildProcess, dataDir: string, logFile: string): Promise<Endpoints> => {
  const ended = new AbortController()
  const died = once(launcher, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`the system ended with code ${code} while starting; see ${logFile}`)
  })
  const ready = until(startTimeoutMs, async () => {
    // Endpoints alone may still be those of a launcher that was killed.
    const isReady = readFileSync(logFile, 'utf8').includes('Slipstream is ready')
    const endpoints = isReady ? await readEndpoints(dataDir) : null
    if (endpoints === null) throw new Error(`the system is not ready after ${startTimeoutMs} ms; see ${logFile}`)
    return endpoints
  })
  try {
    return await Promise.race([ready, died])
  } finally {
    ended.abort()
    died.catch(() => {})
  }
}

const stopLauncher = async (launcher: ChildProcess, logFile: string): Promise<void> => {
  await endChild(launcher, 'SIGINT', stopTimeoutMs)
  if (launcher.exitCode !== 0) {
    throw new Error(`the system ended with ${launcher.exitCode ?? launcher.signalCode}; see ${logFile}`)
  }
}

/** The command behind `npm start`, on free ports; resolves at once. `name` names its log file. */
export const spawnLauncher = async (
  name: string,
  env: Record<string, string>,
  { dataDir, args = [] }: LaunchOptions & { dataDir: string },
): Promise<{ launcher: ChildProcess; logFile: string }> => {
  mkdirSync(outputDir, { recursive: true })
  const logFile = join(outputDir, `${name}.log`)
  const log = openSync(logFile, 'w')
  const launcher = spawn(process.execPath, [join(projectRoot, 'deploy/local/src/bin/start.ts'), ...args], {
    cwd: projectRoot,
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      ...foreignSettings,
      SLIPSTREAM_DATA_DIR: dataDir,
      PORT: '0',
      OPS_PORT: '0',
      ...env,
    },
  })
  closeSync(log)
  return { launcher, logFile }
}

/**
 * Starts the whole system with the command behind `npm start` and waits until it is ready. `name` names its log file;
 * `env` adds settings.
 */
export const startSystem = async (
  name: string,
  env: Record<string, string> = {},
  options: LaunchOptions = {},
): Promise<RunningSystem> => {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'slipstream-system-'))
  const { launcher, logFile } = await spawnLauncher(name, env, { ...options, dataDir })
  const stop = async (): Promise<void> => {
    try {
      await stopLauncher(launcher, logFile)
    } finally {
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true })
    }
  }
  try {
    const endpoints = await whenReady(launcher, dataDir, logFile)
    const { gatewayUrl, simulatorUrl } = endpoints
    if (simulatorUrl === null) throw new Error('the system runs without its simulator')
    const pidOf: RunningSystem['pidOf'] = (service) => {
      const note = readFileSync(join(dataDir, 'processes', `${service}.pid.json`), 'utf8')
      return (JSON.parse(note) as { pid: number }).pid
    }
    return {
      pageUrl: `${gatewayUrl}/`,
      simulatorUrl,
      endpoints,
      control: createControl(simulatorUrl),
      dataDir,
      logFile,
      pidOf,
      stop,
      killLauncher: () => endChild(launcher, 'SIGKILL'),
    }
  } catch (error) {
    await stop().catch(() => {})
    throw error
  }
}
