import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import { newId } from '@slipstream/runtime'
import { natsServerBinary } from '../binaries/nats-server.ts'
import { freePort } from './ports.ts'
import { type RunningServer, type ServerKind, type ServerOptions, startServer } from './start-server.ts'

export interface NatsOptions extends ServerOptions {
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

/**
 * Starts a NATS server with JetStream on 127.0.0.1, its store in the data folder. `sync_interval: always`: a publish
 * is on disk before it is acknowledged.
 */
export const startNats = async (options: NatsOptions): Promise<RunningNats> => {
  const serverName = newId('slipstream')
  let monitorPort = 0
  const natsServer: ServerKind = {
    binary: natsServerBinary,
    probe: async (port) => {
      // In plain, also where TLS is offered: it does not leave this machine.
      const connection = await connect({ servers: `127.0.0.1:${port}`, reconnect: false, timeout: 1_000, tls: null })
      const { info } = connection
      await connection.close()
      return info?.server_name === serverName && info.jetstream === true
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
