import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { compileCacheIn, describe, type Log } from '@slipstream/embedded'
import { ConfigError, type Environment, publishDemoSettings, withdrawDemoSettings } from '@slipstream/runtime'
import { closeDataFolder, type DataFolder, emptyDataFolder, openDataFolder } from './data-folder.ts'
import { expectedAddresses, mongoPart, natsPart } from './databases.ts'
import { type Endpoints, publishEndpoints, withdrawEndpoints } from './endpoints.ts'
import { portProblems, serverProblems, settingProblems } from './judge.ts'
import { type KeptRunning, keepRunning, type Part, type Running } from './keep-running.ts'
import { migrateData, readDataState } from './migration.ts'
import { buildPage, isPageStale, pageWatchPart } from './page-build.ts'
import { planSystem } from './plan.ts'
import { choosePorts } from './ports.ts'
import { findPrometheus, prometheusPart } from './prometheus.ts'
import { developmentSecrets } from './secrets.ts'
import { type ServiceName, serviceNames, startService } from './service-process.ts'
import { startBeside } from './start-beside.ts'

export interface LaunchOptions {
  /** The project: services are at `services/<name>/src/main.ts` in it. */
  root: string
  dataDir: string
  cacheDir: string
  env: Environment
  /** Deletes what earlier runs stored. */
  fresh: boolean
  /** Starts a service anew when its code changes, and builds the page anew when that does. */
  watch: boolean
  /** Gives up the start. */
  signal: AbortSignal
  /** Gets each line of output with the name of the process it comes from. */
  onLine: (process: string, line: string) => void
}

export interface LaunchedSystem {
  endpoints: Endpoints
  /** Ends everything in order: services, simulator, NATS, MongoDB. */
  stop(): Promise<void>
}

/** Measured: with these and two arenas of malloc the whole system needs 700 instead of 870 MB, and starts no slower. */
const smallNode = ['--max-semi-space-size=2', '--v8-pool-size=1']
const fewArenas = { MALLOC_ARENA_MAX: '2' }

/** Node follows what a service imports, and waits for a change where it fails. */
const watched = ['--watch', '--watch-preserve-output']

const traced = ['--import', import.meta.resolve('@slipstream/telemetry/register')]

/** Longer than a database that was started a moment ago needs. */
const reachLimitMs = 10_000

/** Where a port can be asked that listens on this address. */
const askable = (host: string): string => ({ '0.0.0.0': '127.0.0.1', '::': '::1' })[host] ?? host

/**
 * Takes the data folder, once nothing is wrong with what is set.
 * @throws ConfigError with all problems at once; AlreadyRunningError
 */
const judge = async ({ root, dataDir, env, signal }: LaunchOptions, log: Log): Promise<DataFolder> => {
  const problems = await settingProblems({ root, env, dataDir })
  const opened = await openDataFolder(dataDir, log).catch((error: unknown) => {
    if (!(error instanceof ConfigError)) throw error
    problems.push(...error.problems)
    return null
  })
  // Only now: what a killed run left behind has kept ports.
  problems.push(...(await portProblems(env)))
  // What has to be put right anyway is no reason to wait.
  const limitMs = problems.length > 0 ? 0 : reachLimitMs
  problems.push(...(await serverProblems(env, { limitMs, signal, log })))
  if (opened && problems.length === 0) return opened
  if (opened) closeDataFolder(opened)
  throw new ConfigError(problems)
}

const withdrawDemo = (dataDir: string): void => {
  withdrawEndpoints(dataDir)
  withdrawDemoSettings(dataDir)
}

/** Those the user has set. */
const serversOf = ({ MONGODB_URI, NATS_URL }: Environment) => ({
  ...(MONGODB_URI && { MONGODB_URI }),
  ...(NATS_URL && { NATS_URL }),
})

/** What has been started, in the order in which it is stopped; Prometheus and the page's builder go with the services. A part may still be on its way up. */
const stopOrder = ['services', 'simulator', 'nats', 'mongo'] as const

/**
 * Starts the whole system, as much as possible at the same time, and keeps it running.
 * @throws ConfigError before anything is started, AlreadyRunningError, EmbeddedServerError, PageBuildError, MigrationError or
 * ServiceStartError; nothing is left running then
 */
export const launch = async (options: LaunchOptions): Promise<LaunchedSystem> => {
  const { root, dataDir, cacheDir, env, onLine } = options
  const log: Log = (line) => onLine('slipstream', line)
  const folder = await judge(options, log)
  if (options.fresh) await emptyDataFolder(folder, log)
  // A killed run could not withdraw its own.
  withdrawDemo(dataDir)
  const prometheus = findPrometheus(env.PATH)
  const [secrets, ports, expected, compileCache] = await Promise.all([
    developmentSecrets(dataDir),
    choosePorts(env, dataDir, { hasPrometheus: prometheus !== null, log }),
    expectedAddresses({ env, folder }),
    compileCacheIn(cacheDir),
  ])
  const opsHost = askable(env.OPS_HOST || '127.0.0.1')
  const opsUrl = (name: ServiceName) => `http://${isIPv6(opsHost) ? `[${opsHost}]` : opsHost}:${ports[name].opsPort}`
  const plan = planSystem({ env, ports, secrets, dataDir })
  const compiled = compileCache ? { NODE_COMPILE_CACHE: compileCache } : {}

  const failed = new AbortController()
  const signal = AbortSignal.any([options.signal, failed.signal])
  const started: Record<(typeof stopOrder)[number], Promise<Pick<KeptRunning<Running>, 'stop'> | null>[]> = {
    services: [],
    simulator: [],
    nats: [],
    mongo: [],
  }
  const keep = async <R extends Running>(part: Part<R> | null) => part && keepRunning(part, signal, log)

  /** For what nothing depends on: that it did not start is told, with what is missing then. */
  const keepUnawaited = (part: Part<Running>, lack: string): void => {
    const kept = keep(part)
    started.services.push(kept)
    kept.catch((error: unknown) => {
      if (!signal.aborted) log(`${lack}: ${describe(error)}`)
    })
  }

  const serviceEnv = (name: ServiceName, databases: Environment) => ({
    ...fewArenas,
    ...env,
    ...plan.settings,
    ...databases,
    ...('port' in ports[name] && { PORT: String(ports[name].port) }),
    OPS_PORT: String(ports[name].opsPort),
    ...compiled,
  })
  const service = (name: ServiceName, databases: Environment = {}): Part<Running> => ({
    name,
    start: (startSignal) =>
      startService(
        {
          name,
          command: process.execPath,
          args: [
            ...smallNode,
            ...(options.watch ? watched : []),
            ...(name === 'simulator' ? [] : traced),
            'src/main.ts',
          ],
          cwd: join(root, 'services', name),
          env: serviceEnv(name, databases),
          readyUrl: `${opsUrl(name)}/readyz`,
        },
        { registryDir: folder.processes, signal: startSignal, onLine: (line) => onLine(name, line) },
      ),
  })

  const stop = async () => {
    failed.abort()
    for (const group of stopOrder) {
      // A part whose start failed has cleaned up after itself, and its error has been thrown below.
      await Promise.all(started[group].map(async (part) => (await part.catch(() => null))?.stop()))
    }
    withdrawDemo(dataDir)
    closeDataFolder(folder)
  }

  try {
    const { isMigrationDue, notePrepared } = readDataState(root, folder)
    const mongo = keep(mongoPart({ env, folder, cacheDir, log }))
    const nats = keep(natsPart({ env, folder, cacheDir, log }))
    const page = isPageStale(root) ? buildPage(root, { registryDir: folder.processes, signal, log }) : Promise.resolve()
    const simulator = keep(plan.simulatorUrl ? service('simulator') : null)
    const migrated = mongo.then(async (kept) => {
      if (!kept || !isMigrationDue) return
      const migrationEnv = { ...env, MONGODB_URI: kept.first.address, ...compiled }
      await migrateData(root, { folder, env: migrationEnv, signal, log })
    })
    const databases = Promise.all([mongo, nats, migrated]).then(([keptMongo, keptNats]) => ({
      ...(keptMongo && { MONGODB_URI: keptMongo.first.address }),
      ...(keptNats && { NATS_URL: keptNats.first.address }),
    }))
    const beside = (name: ServiceName) => {
      const start = (addresses: Environment, until: AbortSignal) => keepRunning(service(name, addresses), until, log)
      // Before a migration nothing may look at the data.
      return startBeside({ start, expected: isMigrationDue ? null : expected, actual: databases, signal })
    }
    const scheduler = beside('scheduler')
    const ingestion = beside('ingestion')
    const gateway = page.then(() => beside('gateway'))
    started.mongo.push(mongo)
    started.nats.push(nats)
    started.simulator.push(simulator)
    started.services.push(scheduler, ingestion, gateway)
    const [addresses] = await Promise.all([databases, page, simulator, scheduler, ingestion, gateway])

    const endpoints: Endpoints = {
      gatewayUrl: plan.gatewayUrl,
      simulatorUrl: plan.simulatorUrl,
      natsUrl: addresses.NATS_URL ?? null,
      mongodbUri: addresses.MONGODB_URI ?? null,
      prometheusUrl: ports.prometheus && `http://127.0.0.1:${ports.prometheus.port}`,
      opsUrls: Object.fromEntries(
        serviceNames.filter((name) => name !== 'simulator' || plan.simulatorUrl).map((name) => [name, opsUrl(name)]),
      ),
    }
    if (addresses.MONGODB_URI) notePrepared()
    await publishEndpoints(dataDir, endpoints)
    const monitorUrl = (await nats)?.first.monitorUrl
    await publishDemoSettings(dataDir, {
      ...plan.settings,
      ...serversOf(env),
      ...addresses,
      ...(monitorUrl && { NATS_MONITOR_URL: monitorUrl }),
    })
    if (options.watch) {
      keepUnawaited(
        pageWatchPart({ root, registryDir: folder.processes, onLine: (line) => onLine('page', line) }),
        'Nobody builds the page when it changes',
      )
    }
    if (prometheus && ports.prometheus) {
      keepUnawaited(
        prometheusPart({
          command: prometheus,
          root,
          folder: join(dataDir, 'prometheus'),
          port: ports.prometheus.port,
          opsUrls: endpoints.opsUrls,
          registryDir: folder.processes,
          onLine: (line) => onLine('prometheus', line),
        }),
        'Prometheus did not start, so nobody keeps the metrics',
      )
    }
    return { endpoints, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
