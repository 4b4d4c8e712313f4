import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Endpoints, freePort, readEndpoints } from '@slipstream/embedded'
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
  /** Where all processes write their log lines. */
  logFile: string
  /** The process that runs a service now; another one after a crash. */
  pidOf(service: 'gateway' | 'scheduler' | 'ingestion' | 'simulator'): number
  /** As Ctrl-C does; throws when the system does not end in order. */
  stop(): Promise<void>
}

/** Whatever of these the person has set points at another system than the one under test. */
const foreignSettings = {
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
}

const whenReady = async (launcher: ChildProcess, dataDir: string, logFile: string): Promise<Endpoints> => {
  const ended = new AbortController()
  const died = once(launcher, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`the system ended with code ${code} while starting; see ${logFile}`)
  })
  const ready = until(startTimeoutMs, async () => {
    const endpoints = await readEndpoints(dataDir)
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
  if (launcher.exitCode === null && launcher.signalCode === null) {
    const exited = once(launcher, 'exit')
    launcher.kill('SIGTERM')
    const deadline = setTimeout(() => launcher.kill('SIGKILL'), stopTimeoutMs)
    await exited
    clearTimeout(deadline)
  }
  if (launcher.exitCode !== 0) {
    throw new Error(`the system ended with ${launcher.exitCode ?? launcher.signalCode}; see ${logFile}`)
  }
}

/**
 * Starts the whole system with the command behind `npm start`, on free ports and empty data, and waits until it is
 * ready. `name` names its log file; `env` adds settings.
 */
export const startSystem = async (name: string, env: Record<string, string> = {}): Promise<RunningSystem> => {
  mkdirSync(outputDir, { recursive: true })
  const logFile = join(outputDir, `${name}.log`)
  const dataDir = mkdtempSync(join(tmpdir(), 'slipstream-system-'))
  const log = openSync(logFile, 'w')
  const launcher = spawn(process.execPath, [join(projectRoot, 'libs/embedded/src/bin/start.ts')], {
    cwd: projectRoot,
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      ...foreignSettings,
      SLIPSTREAM_DATA_DIR: dataDir,
      PORT: String(await freePort()),
      OPS_PORT: String(await freePort()),
      ...env,
    },
  })
  closeSync(log)
  const stop = async (): Promise<void> => {
    try {
      await stopLauncher(launcher, logFile)
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
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
      logFile,
      pidOf,
      stop,
    }
  } catch (error) {
    await stop().catch(() => {})
    throw error
  }
}
