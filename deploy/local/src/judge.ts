import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError, type Environment, listenProblems, readConfig, setting } from '@slipstream/runtime'
import { z } from 'zod'
import { isSet, missingSettings, planSystem, usesSimulator } from './plan.ts'
import { usualPorts } from './ports.ts'
import { reachProblem, serversOfMongo, serversOfNats } from './reach.ts'
import { newSecrets } from './secrets.ts'
import { type ServiceName, serviceNames } from './service-process.ts'

export interface JudgeOptions {
  /** The project: the settings of services are read by `services/<name>/src/config.ts` in it. */
  root: string
  env: Environment
  dataDir: string
}

/** Stand for the servers that are started here, whose addresses are not known yet. */
const ownServers = { MONGODB_URI: 'mongodb://127.0.0.1/slipstream', NATS_URL: 'nats://127.0.0.1:4222' }

const problemsOf = (read: () => unknown): readonly string[] => {
  try {
    read()
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

const nameOf = (problem: string): string => problem.slice(0, problem.indexOf(':'))

/** The part of a service that reads its settings, loaded without the service itself. */
const readerOf = async (root: string, name: ServiceName): Promise<(env: Environment) => unknown> => {
  const file = join(root, 'services', name, 'src', 'config.ts')
  const loaded = (await import(pathToFileURL(file).href)) as Record<string, (env: Environment) => unknown>
  const read = loaded[`${name}Config`]
  if (!read) throw new Error(`${file} does not export ${name}Config`)
  return read
}

/** What is wrong with the settings by themselves, by the same readers as in the services; each problem once. */
export const settingProblems = async ({ root, env, dataDir }: JudgeOptions): Promise<string[]> => {
  const { settings } = planSystem({ env, ports: usualPorts, secrets: newSecrets(), dataDir })
  const madeUp = Object.entries({ ...ownServers, ...settings }).filter(([name]) => !isSet(env, name))
  const judged = { ...env, ...Object.fromEntries(madeUp) }
  const names = serviceNames.filter((name) => name !== 'simulator' || usesSimulator(env))
  const readers = await Promise.all(names.map((name) => readerOf(root, name)))
  const found = [...missingSettings(env), ...readers.flatMap((read) => problemsOf(() => read(judged)))]
  // What was made up out of a wrong setting is wrong, too: the person has set, and is told, the first one only.
  const isOwn = (problem: string) => !madeUp.some(([name]) => name === nameOf(problem))
  // A setting whose lack is told with its reason is missing for the services as well.
  const told = new Map<string, string>()
  for (const problem of found.filter(isOwn)) if (!told.has(nameOf(problem))) told.set(nameOf(problem), problem)
  return [...told.values()]
}

/** The value of a setting that is there and well; the others are told by `settingProblems`. */
const validValue = <T>(env: Environment, name: string, type: z.ZodType<T>): T | null => {
  try {
    return readConfig(z.object({ [name]: type }), env)[name] as T
  } catch (error) {
    if (error instanceof ConfigError) return null
    throw error
  }
}

/** Whether the gateway can listen where the person says. */
export const portProblems = (env: Environment): Promise<string[]> => {
  const host = env.OPS_HOST || '127.0.0.1'
  return listenProblems([
    { port: validValue(env, 'OPS_PORT', setting.port(0)) ?? 0, host, settings: { port: 'OPS_PORT', host: 'OPS_HOST' } },
    { port: validValue(env, 'PORT', setting.port(0)) ?? 0, settings: { port: 'PORT' } },
  ])
}

/** Whether servers of the person's own answer; waits up to `limitMs` for those that do not yet. */
export const serverProblems = async (
  env: Environment,
  waiting: { limitMs: number; signal: AbortSignal; log: (line: string) => void },
): Promise<string[]> => {
  const mongo = validValue(env, 'MONGODB_URI', setting.mongodbUri())
  const nats = validValue(env, 'NATS_URL', setting.natsUrl())
  const problems = await Promise.all([
    mongo && reachProblem('MONGODB_URI', () => serversOfMongo(mongo), waiting),
    nats && reachProblem('NATS_URL', () => serversOfNats(nats), waiting),
  ])
  return problems.filter((problem) => problem !== null)
}
