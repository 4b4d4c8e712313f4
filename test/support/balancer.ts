import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startPatienceMs } from './fleet.ts'
import { until } from './until.ts'

export interface Backend {
  port: number
  opsPort: number
}

/** What an ordinary balancer does: asks each backend's `/readyz` now and then, and passes requests to those that were ready. */
export interface Balancer {
  readonly url: string
  /** Resolves once the balancer has seen that the backend is ready; it is asked until it is removed. */
  add(backend: Backend): Promise<void>
  remove(backend: Backend): void
  close(): Promise<void>
}

interface Member extends Backend {
  isReady: boolean
  /** Connections are kept, as balancers do: the harder case for whoever closes them. */
  agent: Agent
}

const askReady = async ({ opsPort }: Backend): Promise<boolean> => {
  try {
    return (await fetch(`http://127.0.0.1:${opsPort}/readyz`)).status === 200
  } catch {
    return false
  }
}

/** Nothing is tried again: a request that a backend refuses or cuts off is answered 502. */
const pass = ({ port, agent }: Member, incoming: IncomingMessage, outgoing: ServerResponse): void => {
  const { method, url, headers } = incoming
  const onward = send({ host: '127.0.0.1', port, agent, method, path: url, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(outgoing)
  })
  onward.once('error', (error: NodeJS.ErrnoException) => {
    if (outgoing.headersSent) outgoing.destroy()
    else outgoing.writeHead(502).end(error.code)
  })
  incoming.pipe(onward)
}

export const startBalancer = async (checkEveryMs: number): Promise<Balancer> => {
  let members: Member[] = []
  let turn = 0
  const server = createServer((incoming, outgoing) => {
    const ready = members.filter(({ isReady }) => isReady)
    turn += 1
    const member = ready[turn % ready.length]
    if (member) pass(member, incoming, outgoing)
    else outgoing.writeHead(503).end('no backend is ready')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const check = async (member: Member) => {
    member.isReady = await askReady(member)
  }
  const checking = setInterval(() => void Promise.all(members.map(check)), checkEveryMs)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add: (backend) => {
      const { port, opsPort } = backend
      const member = { port, opsPort, isReady: false, agent: new Agent({ keepAlive: true }) }
      members.push(member)
      return until(startPatienceMs, async () => {
        if (!member.isReady) throw new Error(`the balancer has not seen port ${port} ready`)
      })
    },
    remove: ({ port }) => {
      for (const member of members) if (member.port === port) member.agent.destroy()
      members = members.filter((member) => member.port !== port)
    },
    close: async () => {
      clearInterval(checking)
      for (const { agent } of members) agent.destroy()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
