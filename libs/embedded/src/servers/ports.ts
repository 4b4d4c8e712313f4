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

/** The system may name a port again before whoever asked first has bound it. */
const handedOut = new Set<number>()

/**
 * A loopback port nothing listens on at this moment, each handed out once by this process; another process may still be
 * quicker to take it.
 */
export const freePort = async (): Promise<number> => {
  const port = await listen(0, '127.0.0.1')
  if (port === null) throw new Error('no free port on the loopback interface')
  if (handedOut.has(port)) return freePort()
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
