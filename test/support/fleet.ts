import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { freePort } from '@slipstream/embedded'
import { startTestMongo, startTestNats, type TestMongo, type TestNats } from '@slipstream/testing'
import { createSimulator, type Simulator } from '../../services/simulator/src/service.ts'
import { killAll } from './child-processes.ts'
import { simulatedStrava } from './simulated-strava.ts'
import { until } from './until.ts'

const projectRoot = resolve(import.meta.dirname, '../..')

/** What a start may take on a machine that has other things to do. */
export const startPatienceMs = 110_000

export type ServiceName = 'gateway' | 'scheduler' | 'ingestion'

interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
  /** Since the first `end`. */
  afterMs: number
}

/** One process of a service; not restarted by anybody. */
export interface ServiceProcess {
  readonly port: number
  readonly opsPort: number
  /** Of npm, where that is between. */
  readonly pid: number
  /** Everything it has printed. */
  output(): string
  untilReady(): Promise<void>
  /** Sends the first signal, the others once it was heard, and resolves when the process is gone. */
  end(first: NodeJS.Signals, ...others: NodeJS.Signals[]): Promise<Exit>
}

export interface StartOptions {
  env?: Record<string, string>
  port?: number
  /** As people start it, with npm between; default: node itself. */
  throughNpm?: boolean
  /** Runs in place of the service's own `main.ts`. */
  main?: string
}

/** What a fleet needs of its servers; a test may do more with them. */
export interface FleetServers {
  mongo: Pick<TestMongo, 'uri' | 'remove'>
  nats: Pick<TestNats, 'url' | 'remove'>
}

export interface SingleServers {
  mongo: TestMongo
  nats: TestNats
}

/** A mongod, a NATS server and a simulated Strava of its own, and service processes as an orchestrator runs them. */
export interface Fleet<Servers extends FleetServers = SingleServers> {
  mongo: Servers['mongo']
  nats: Servers['nats']
  simulator: Simulator
  start(name: ServiceName, options?: StartOptions): Promise<ServiceProcess>
  /** Ends what still runs. */
  stop(): Promise<void>
}

const run = (name: ServiceName, env: NodeJS.ProcessEnv, throughNpm: boolean, main: string): ChildProcess => {
  const stdio = ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe']
  if (throughNpm) return spawn('npm', ['start', '-w', `services/${name}`], { cwd: projectRoot, env, stdio })
  return spawn(process.execPath, ['--import', '@slipstream/telemetry/register', main], {
    cwd: join(projectRoot, 'services', name),
    env,
    stdio,
  })
}

type StravaOptions = Parameters<typeof createSimulator>[0]

/** A fleet on servers that were started already, and end with it. */
export const startFleetOn = async <Servers extends FleetServers>(
  { mongo, nats }: Servers,
  strava: StravaOptions = {},
): Promise<Fleet<Servers>> => {
  const simulator = createSimulator(strava)
  await simulator.start()
  const shared = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    LOG_LEVEL: 'info',
    NODE_COMPILE_CACHE: join(projectRoot, '.slipstream', 'cache', 'compile'),
    MONGODB_URI: mongo.uri,
    NATS_URL: nats.url,
    ...simulatedStrava(simulator),
    TOKEN_KEYS: `test:${randomBytes(32).toString('base64')}`,
    // Tests ask for more than a person would.
    RATE_LIMIT_SCALE: '1000',
  }
  const children: ChildProcess[] = []

  const start: Fleet['start'] = async (name, { env = {}, port, throughNpm = false, main = 'src/main.ts' } = {}) => {
    const ports = { port: port ?? (await freePort()), opsPort: await freePort() }
    const child = run(
      name,
      { ...shared, PORT: String(ports.port), OPS_PORT: String(ports.opsPort), ...env },
      throughNpm,
      main,
    )
    children.push(child)
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
    const ready = async () => (await fetch(`http://127.0.0.1:${ports.opsPort}/readyz`)).status
    const untilStopping = async () => {
      if ((await ready()) === 200) throw new Error(`${name} has not heard the signal`)
    }
    const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
    return {
      ...ports,
      pid: child.pid ?? 0,
      output: () => text,
      untilReady: () =>
        until(startPatienceMs, async () => {
          const status = await ready()
          if (status !== 200) throw new Error(`${name} answers ${status} at /readyz\n${text}`)
        }),
      end: async (first, ...others) => {
        const firstAt = performance.now()
        child.kill(first)
        // Sent at once they would be one: the kernel keeps a signal that is pending already only once.
        if (others.length > 0) await until(5_000, untilStopping)
        for (const signal of others) child.kill(signal)
        const [code, signal] = await exited
        return { code, signal, afterMs: performance.now() - firstAt }
      },
    }
  }

  return {
    mongo,
    nats,
    simulator,
    start,
    stop: async () => {
      await killAll(children)
      await Promise.all([mongo.remove(), nats.remove(), simulator.stop()])
    },
  }
}

export const startFleet = async (strava: StravaOptions = {}): Promise<Fleet> => {
  const [mongo, nats] = await Promise.all([startTestMongo(), startTestNats()])
  return startFleetOn({ mongo, nats }, strava)
}
