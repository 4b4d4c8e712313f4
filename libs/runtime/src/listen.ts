import { type AddressInfo, createServer, type Server } from 'node:net'
import { ConfigError } from './config.ts'

export interface ListenAddress {
  /** 0 takes any free port. */
  port: number
  /** Absent: all addresses of this machine. */
  host?: string
  /** Which settings say so. */
  settings: { port: string; host?: string }
}

const problemOf = (error: unknown, { port, host, settings }: ListenAddress): string | null => {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') return `${settings.port}: port ${port} is taken by another process`
  if (code === 'EACCES') return `${settings.port}: port ${port} is not open to this user`
  const isHost = ['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL'].includes(String(code))
  return isHost && settings.host ? `${settings.host}: ${host} is no address of this machine` : null
}

/**
 * Resolves to the port, which is another one than asked for only with 0.
 * @throws ConfigError that names the setting when the port is taken or the address is none of this machine
 */
export const listen = (server: Server, address: ListenAddress): Promise<number> =>
  new Promise((resolve, reject) => {
    const { port, host } = address
    server.once('error', (error) => {
      const problem = problemOf(error, address)
      reject(problem === null ? error : new ConfigError([problem]))
    })
    server.listen({ port, host }, () => resolve((server.address() as AddressInfo).port))
  })

/**
 * What keeps a server from listening there, each as a sentence under its setting's name; tried by doing so for a moment.
 * For those who want to know before they have begun anything.
 */
export const listenProblems = async (addresses: readonly ListenAddress[]): Promise<string[]> => {
  const problems: string[] = []
  for (const [index, address] of addresses.entries()) {
    const { port, settings } = address
    const same = addresses.slice(0, index).find((other) => port !== 0 && other.port === port)
    if (same) {
      problems.push(`${settings.port}: port ${port} is the one of ${same.settings.port}`)
      continue
    }
    // Whoever calls meanwhile must not hold the end of it up.
    const probe = createServer((socket) => socket.destroy())
    try {
      await listen(probe, address)
      await new Promise((resolve) => probe.close(resolve))
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      problems.push(...error.problems)
    }
  }
  return problems
}
