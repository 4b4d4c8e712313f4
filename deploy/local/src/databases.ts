import {
  expectedPort,
  type Log,
  mongoUri,
  natsUrl,
  type RunningServer,
  type ServerOptions,
  startMongo,
  startNats,
} from '@slipstream/embedded'
import type { Environment } from '@slipstream/runtime'
import type { DataFolder } from './data-folder.ts'
import type { Part } from './keep-running.ts'
import { isSet } from './plan.ts'

export interface DatabaseOptions {
  env: Environment
  folder: DataFolder
  cacheDir: string
  log: Log
}

type Address = { address: string }

/** Starts a server again on the port of its first start: the services know no other. */
const onOnePort = <S extends RunningServer>(
  name: string,
  start: (options: Pick<ServerOptions, 'port' | 'signal'>) => Promise<S>,
  addressOf: (server: S) => string,
  log: Log,
): Part<S & Address> => {
  let port: number | undefined
  return {
    name,
    start: async (signal) => {
      const server = await start({ signal, ...(port !== undefined && { port }) })
      port = server.port
      const address = addressOf(server)
      log(`${name} ${server.version} from ${server.source}: ${address}`)
      return { ...server, address }
    },
  }
}

/** null when the user has set MONGODB_URI. */
export const mongoPart = ({ env, folder, cacheDir, log }: DatabaseOptions) => {
  if (isSet(env, 'MONGODB_URI')) return null
  const fixed = { dataDir: folder.mongo, cacheDir, log }
  return onOnePort(
    'mongod',
    (options) => startMongo({ ...fixed, ...options }),
    ({ uri }) => uri,
    log,
  )
}

/** null when the user has set NATS_URL. */
export const natsPart = ({ env, folder, cacheDir, log }: DatabaseOptions) => {
  if (isSet(env, 'NATS_URL')) return null
  const fixed = { dataDir: folder.nats, cacheDir, log }
  return onOnePort(
    'nats-server',
    (options) => startNats({ ...fixed, ...options }),
    ({ url }) => url,
    log,
  )
}

/**
 * The settings that will most likely lead to the servers that are started here: null on the first start on this data, or
 * when a last port is taken. Services can begin to load with them while the servers are on their way up.
 */
export const expectedAddresses = async ({ env, folder }: Pick<DatabaseOptions, 'env' | 'folder'>) => {
  const own = [
    { name: 'MONGODB_URI', dataDir: folder.mongo, addressAt: mongoUri },
    { name: 'NATS_URL', dataDir: folder.nats, addressAt: natsUrl },
  ].filter(({ name }) => !isSet(env, name))
  const addresses: Record<string, string> = {}
  for (const { name, dataDir, addressAt } of own) {
    const port = await expectedPort(dataDir)
    if (port === null) return null
    addresses[name] = addressAt(port)
  }
  return addresses
}
