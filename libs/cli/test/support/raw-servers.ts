import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureBinaries, freePort } from '@slipstream/embedded'
import { makeTestFolder } from '@slipstream/testing'

/** A server that is set up in a way `libs/embedded` never would. */
export interface RawServer {
  port: number
  stop(): Promise<void>
}

const run = async (command: string, args: readonly string[], remove: () => void, port: number): Promise<RawServer> => {
  const child: ChildProcess = spawn(command, args, { stdio: 'ignore' })
  return {
    port,
    stop: async () => {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
      remove()
    },
  }
}

const quietly = () => {}

/** A mongod outside any replica set. */
export const startStandaloneMongod = async (...options: string[]): Promise<RawServer> => {
  const [{ mongod }, folder, port] = await Promise.all([ensureBinaries(quietly), makeTestFolder(), freePort()])
  const dbPath = join(folder.dataDir, 'db')
  await mkdir(dbPath, { recursive: true })
  const args = ['--dbpath', dbPath, '--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket']
  return await run(mongod.path, [...args, ...options, '--wiredTigerCacheSizeGB', '0.25'], folder.remove, port)
}

/** A nats-server with these lines as its configuration; `$STORE` stands for a folder of its own. */
export const startNatsServer = async (lines: readonly string[]): Promise<RawServer & { monitorUrl: string }> => {
  const [{ natsServer }, folder, port, monitorPort] = await Promise.all([
    ensureBinaries(quietly),
    makeTestFolder(),
    freePort(),
    freePort(),
  ])
  const configFile = join(folder.dataDir, 'nats.conf')
  const own = [`listen: "127.0.0.1:${port}"`, `http: "127.0.0.1:${monitorPort}"`]
  const config = [...own, ...lines].join('\n').replaceAll('$STORE', JSON.stringify(join(folder.dataDir, 'store')))
  await mkdir(folder.dataDir, { recursive: true })
  await writeFile(configFile, config)
  const server = await run(natsServer.path, ['--config', configFile], folder.remove, port)
  return { ...server, monitorUrl: `http://127.0.0.1:${monitorPort}` }
}
