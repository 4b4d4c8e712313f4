import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { dropDatabase, startMongo, startNats } from '@slipstream/embedded'
import { newId } from '@slipstream/runtime'
import { inject } from 'vitest'
import { makeTestFolder } from './test-folders.ts'

export interface TestDatabase {
  /** Names a database of its own on the run's mongod, a one-node replica set. */
  uri: string
  drop(): Promise<void>
}

/** An empty database for one test file; drop it in `afterAll`. Needs the component project, whose setup runs mongod. */
export const testDatabase = (): TestDatabase => {
  const url = new URL(inject('mongoUri'))
  url.pathname = `/${newId('test')}`
  return { uri: url.href, drop: () => dropDatabase(url.href) }
}

export interface TestMongo {
  /** Stays the same over `restart`. */
  readonly uri: string
  readonly pid: number
  /** One JSON document a line; begun anew at a restart. */
  readonly logFile: string
  /** `kill -9`. */
  kill(): Promise<void>
  /** Starts the server that was killed on the same port and data. */
  restart(): Promise<void>
  /** Ends the server and deletes its folder; for `afterAll`. */
  remove(): Promise<void>
}

/** A mongod of one test file's own, which may be killed. */
export const startTestMongo = async (): Promise<TestMongo> => {
  const folder = await makeTestFolder()
  const start = (port?: number) =>
    startMongo({ dataDir: folder.dataDir, log: () => {}, ...(port !== undefined && { port }) })
  let server = await start()
  return {
    uri: server.uri,
    logFile: join(folder.dataDir, 'mongod.log'),
    get pid() {
      return server.pid
    },
    kill: async () => {
      process.kill(server.pid, 'SIGKILL')
      await server.exited
    },
    restart: async () => {
      server = await start(server.port)
    },
    remove: async () => {
      await server.stop()
      folder.remove()
    },
  }
}

export interface TestNats {
  /** Stays the same over `restart` and `wipe`. */
  readonly url: string
  /** The server's monitoring pages; another address after a restart. */
  readonly monitorUrl: string
  readonly configFile: string
  /** Begun anew at a restart. */
  readonly logFile: string
  readonly pid: number
  /** Ends the server and keeps its store: an outage. */
  stop(): Promise<void>
  /** `kill -9`. */
  kill(): Promise<void>
  /** Starts the server on the same port and store, ending it first if it runs. */
  restart(): Promise<void>
  /** Ends the server, deletes all streams and consumers, starts it on the same port. */
  wipe(): Promise<void>
  /** Ends the server and deletes its folder; for `afterAll`. */
  remove(): Promise<void>
}

/** A NATS server with JetStream for one test file: own port, own empty store; ready in about 50 ms. */
export const startTestNats = async (options: { config?: string } = {}): Promise<TestNats> => {
  const folder = await makeTestFolder()
  const start = (port?: number) =>
    startNats({ ...options, dataDir: folder.dataDir, log: () => {}, ...(port !== undefined && { port }) })
  let server = await start()
  const restart = async () => {
    await server.stop()
    server = await start(server.port)
  }
  return {
    url: server.url,
    get monitorUrl() {
      return server.monitorUrl
    },
    configFile: join(folder.dataDir, 'nats.conf'),
    logFile: join(folder.dataDir, 'nats-server.log'),
    get pid() {
      return server.pid
    },
    stop: () => server.stop(),
    kill: async () => {
      process.kill(server.pid, 'SIGKILL')
      await server.exited
    },
    restart,
    wipe: async () => {
      await server.stop()
      await rm(join(folder.dataDir, 'store'), { recursive: true, force: true })
      server = await start(server.port)
    },
    remove: async () => {
      await server.stop()
      folder.remove()
    },
  }
}
