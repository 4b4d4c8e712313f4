import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll } from 'vitest'
import type { SimulatorConfig } from '../src/config.ts'
import { createSimulator, type Simulator, type SimulatorOverrides } from '../src/service.ts'

/** A clock that stands still until it is moved. */
export const settableClock = (start: string) => {
  let now = new Date(start)
  return {
    now: () => now,
    advanceSeconds: (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1000)
    },
  }
}

/** A started simulator that stops after the file's tests. */
export const startSimulator = async (
  settings: Partial<SimulatorConfig> = {},
  overrides: SimulatorOverrides = {},
): Promise<Simulator> => {
  const simulator = createSimulator(settings, overrides)
  await simulator.start()
  afterAll(() => simulator.stop())
  return simulator
}

export const startServer = async (
  handle: (request: IncomingMessage, body: string, response: ServerResponse) => void,
): Promise<string> => {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    handle(request, body, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export const application = { client_id: '12345', client_secret: 'simulator-secret' }

export const postForm = (url: string, fields: Record<string, string> | [string, string][], headers = {}) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual', headers })

export const withBearer = (url: string, accessToken: string) =>
  fetch(url, { headers: { authorization: `Bearer ${accessToken}` } })

export const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

export interface TokenBody {
  readonly access_token: string
  readonly refresh_token: string
  readonly id_token: string
}

export interface FaultBody {
  readonly message: string
  readonly errors: readonly { readonly resource: string; readonly field: string; readonly code: string }[]
}

export const jsonOf = async <T>(response: Response | Promise<Response>): Promise<T> =>
  (await (await response).json()) as T

export const errorsOf = async (response: Response): Promise<FaultBody['errors']> =>
  (await jsonOf<FaultBody>(response)).errors
