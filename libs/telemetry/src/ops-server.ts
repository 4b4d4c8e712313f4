import { createServer } from 'node:http'
import { listen } from '@slipstream/runtime'
import type { Registry } from 'prom-client'

/** What `/readyz` shows: each named part is up or says why not. */
export type Readiness = Record<string, { ok: boolean; detail?: string }>

export interface OpsServer {
  readonly port: number
  close(): Promise<void>
}

/**
 * The operations port: `/healthz` (the process answers), `/readyz` (200 when every part of `readiness` is ok, else 503
 * with the parts as JSON) and `/metrics` in Prometheus text format. Liveness never depends on other systems.
 */
export const startOpsServer = async (options: {
  port: number
  /** The address to listen on. */
  host: string
  registry: Registry
  readiness: () => Promise<Readiness> | Readiness
}): Promise<OpsServer> => {
  const server = createServer(async (request, response) => {
    const answer = (status: number, type: string, body: string) =>
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
    try {
      if (request.url === '/healthz') answer(200, 'application/json', '{"status":"ok"}')
      else if (request.url === '/readyz') {
        const parts = await options.readiness()
        const ready = Object.values(parts).every((part) => part.ok)
        answer(ready ? 200 : 503, 'application/json', JSON.stringify({ status: ready ? 'ready' : 'not_ready', parts }))
      } else if (request.url === '/metrics') {
        answer(200, options.registry.contentType, await options.registry.metrics())
      } else answer(404, 'application/json', '{"status":"not_found"}')
    } catch (error) {
      answer(500, 'application/json', JSON.stringify({ status: 'error', detail: (error as Error).message }))
    }
  })
  const { port, host } = options
  return {
    port: await listen(server, { port, host, settings: { port: 'OPS_PORT', host: 'OPS_HOST' } }),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}
