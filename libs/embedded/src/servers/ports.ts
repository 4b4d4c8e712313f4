import { randomInt } from 'node:crypto'
import { connect, createServer } from 'node:net'

const listen = (port: number, host?: string): Promise<number | null> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen({ port, host }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : null))
    })
  })

/** Below those that systems give to outgoing connections (Linux 32768, macOS 49152), which take a port unasked. */
const [lowest, beyond] = [10_000, 32_768]

/** Nobody may have bound yet what was handed out a moment ago. */
const handedOut = new Set<number>()

/**
 * A port that nothing listens on at this moment, by chance, as others look for theirs at the same time; each is handed out once
 * by this process.
 */
export const freePort = async (): Promise<number> => {
  const port = randomInt(lowest, beyond)
  if (handedOut.has(port) || !(await isPortFree(port))) return freePort()
  handedOut.add(port)
  return port
}

/** Whether a server could listen on this port, on the loopback interface alone and on all interfaces. */
export const isPortFree = async (port: number): Promise<boolean> =>
  (await listen(port, '127.0.0.1')) !== null && (await listen(port)) !== null

/** Whether something listens on this port of 127.0.0.1. */
export const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
