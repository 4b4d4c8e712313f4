import {
  freePort,
  initiateMongoSet,
  mongoUri,
  natsUrl,
  type RunningServer,
  startMongoMember,
  startNats,
} from '@slipstream/embedded'
import mongoose from 'mongoose'
import { vi } from 'vitest'
import { makeTestFolder } from './test-folders.ts'

/** One server of several, which may be killed. */
export interface ClusterMember {
  /** NATS: the server's name. MongoDB: `host:port`. */
  readonly name: string
  /** `kill -9`. */
  kill(): Promise<void>
  /** Starts the server that was killed on the same port and data. */
  restart(): Promise<void>
}

export interface TestCluster {
  members: readonly ClusterMember[]
  /** Ends the servers and deletes their folders; for `afterAll`. */
  remove(): Promise<void>
}

const size = 3

const several = <Item>(make: () => Promise<Item>): Promise<Item[]> => Promise.all(Array.from({ length: size }, make))

const startMember = async (name: string, start: (dataDir: string) => Promise<RunningServer>) => {
  const folder = await makeTestFolder()
  let server = await start(folder.dataDir)
  const member: ClusterMember = {
    name,
    kill: async () => {
      process.kill(server.pid, 'SIGKILL')
      await server.exited
    },
    restart: async () => {
      server = await start(folder.dataDir)
    },
  }
  const remove = async () => {
    await server.stop()
    folder.remove()
  }
  return { member, remove }
}

const clusterOf = (started: readonly Awaited<ReturnType<typeof startMember>>[]): TestCluster => ({
  members: started.map(({ member }) => member),
  remove: async () => {
    await Promise.all(started.map(({ remove }) => remove()))
  },
})

/** On a busy machine a vote takes its time. */
const patience = { timeout: 60_000, interval: 50 }

const untilHealthy = (monitorUrl: string): Promise<void> =>
  vi.waitFor(async () => {
    const { status } = await fetch(`${monitorUrl}/healthz`)
    if (status !== 200) throw new Error(`a NATS server answers ${status} at /healthz`)
  }, patience)

/** Three NATS servers with JetStream that are one cluster. `url` names them all. */
export const startTestNatsCluster = async (): Promise<TestCluster & { url: string }> => {
  const [ports, routes] = await Promise.all([several(freePort), several(freePort)])
  const startOne = async (serverName: string, index: number, dataDir: string) => {
    const config = `cluster: ${JSON.stringify({
      name: 'slipstream',
      listen: `127.0.0.1:${routes[index]}`,
      routes: routes.map((port) => `nats://127.0.0.1:${port}`),
    })}`
    const port = ports[index] ?? 0
    const server = await startNats({ dataDir, log: () => {}, port, serverName, config })
    await untilHealthy(server.monitorUrl)
    return server
  }
  const names = ports.map((_, index) => `nats-${index + 1}`)
  const start = (name: string, index: number) => startMember(name, (dataDir) => startOne(name, index, dataDir))
  const started = await Promise.all(names.map(start))
  return { ...clusterOf(started), url: ports.map(natsUrl).join(',') }
}

/** Less than the 10 s of MongoDB itself: what a test waits for after a kill. */
const electionTimeoutMs = 2_000

/** Three mongods that are one replica set. */
export const startTestMongoSet = async (): Promise<
  TestCluster & { uri: string; primary(): Promise<ClusterMember> }
> => {
  const ports = await several(freePort)
  const start = (port: number) =>
    startMember(`127.0.0.1:${port}`, (dataDir) => startMongoMember({ dataDir, log: () => {}, port }))
  const cluster = clusterOf(await Promise.all(ports.map(start)))
  await initiateMongoSet(ports, electionTimeoutMs)
  const uri = mongoUri(...ports)
  const primary = async () => {
    const client = new mongoose.mongo.MongoClient(uri)
    try {
      const { me } = await client.db('admin').command({ hello: 1 })
      const found = cluster.members.find(({ name }) => name === me)
      if (!found) throw new Error(`no member is called ${me}`)
      return found
    } finally {
      await client.close()
    }
  }
  await primary()
  return { ...cluster, uri, primary }
}
