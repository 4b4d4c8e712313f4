import { createServer, type RequestListener } from 'node:http'
import { listen } from '@slipstream/runtime'

/** Where people are served, from its first connection to its last. */
export interface HttpServer {
  /** Resolves to the port, which is another one than asked for only with 0. Serve in the same turn. */
  listen(port: number): Promise<number>
  serve(listener: RequestListener): void
  /**
   * Takes no more connections and resolves when the last request is answered; kept-alive connections end as they fall
   * idle. Once `signal` is aborted they are cut.
   */
  stop(signal: AbortSignal): Promise<void>
}

const idlePollMs = 50

/**
 * @param leaving aborted when the process is about to go: from then on every answer closes its connection, so that
 * callers who keep theirs go elsewhere instead of meeting a closed one
 */
export const createHttpServer = (leaving: AbortSignal): HttpServer => {
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 })
  server.on('request', (_request, response) => {
    if (leaving.aborted) response.setHeader('Connection', 'close')
  })
  return {
    listen: (port) => listen(server, { port, settings: { port: 'PORT' } }),
    serve: (listener) => {
      server.on('request', listener)
    },
    stop: async (signal) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const idle = setInterval(() => server.closeIdleConnections(), idlePollMs)
      const cut = () => server.closeAllConnections()
      signal.addEventListener('abort', cut)
      await closed
      clearInterval(idle)
      signal.removeEventListener('abort', cut)
    },
  }
}
