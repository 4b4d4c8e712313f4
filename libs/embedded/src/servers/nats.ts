import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { newId } from '@slipstream/runtime'
import { natsServerBinary } from '../binaries/nats-server.ts'
import { freePort } from './ports.ts'
import { type RunningServer, type ServerKind, type ServerOptions, startServer } from './start-server.ts'

export interface NatsOptions extends ServerOptions {
  /** Keeps its name over restarts, as a member of a cluster has to. Default: a new one at each start. */
  serverName?: string
  /** More lines for the server's configuration file. */
  config?: string
}

export type RunningNats = RunningServer & {
  /** `nats://127.0.0.1:<port>` */
  url: string
  /** `http://127.0.0.1:<port>`, the server's own monitoring pages. */
  monitorUrl: string
}

export const natsUrl = (port: number): string => `nats://127.0.0.1:${port}`

/** How a server greets whoever connects, before it asks who that is and whether to go on with TLS. */
const greetingOf = async (port: number): Promise<{ server_name?: string; jetstream?: boolean }> => {
  // Another server that has taken the port may say nothing at all.
  const socket = connect({ port, host: '127.0.0.1', signal: AbortSignal.timeout(1_000) })
  try {
    for await (const line of createInterface({ input: socket })) return JSON.parse(line.replace(/^INFO /, ''))
    throw new Error('it does not say who it is')
  } finally {
    socket.destroy()
  }
}

/**
 * Starts a NATS server with JetStream on 127.0.0.1, its store in the data folder. `sync_interval: always`: a publish
 * is on disk before it is acknowledged.
 */
export const startNats = async (options: NatsOptions): Promise<RunningNats> => {
  const serverName = options.serverName ?? newId('slipstream')
  let monitorPort = 0
  const natsServer: ServerKind = {
    binary: natsServerBinary,
    probe: async (port) => {
      const { server_name, jetstream } = await greetingOf(port)
      return server_name === serverName && jetstream === true
    },
    args: async (port, { dataDir, logFile }) => {
      monitorPort = await freePort()
      const configFile = join(dataDir, 'nats.conf')
      const lines = [
        `server_name: ${serverName}`,
        `listen: "127.0.0.1:${port}"`,
        `http: "127.0.0.1:${monitorPort}"`,
        `log_file: ${JSON.stringify(logFile)}`,
        'jetstream {',
        `  store_dir: ${JSON.stringify(join(dataDir, 'store'))}`,
        '  sync_interval: always',
        '}',
        options.config ?? '',
      ]
      await writeFile(configFile, lines.join('\n'))
      return ['--config', configFile]
    },
  }
  const server = await startServer(natsServer, options)
  return { ...server, url: natsUrl(server.port), monitorUrl: `http://127.0.0.1:${monitorPort}` }
}
