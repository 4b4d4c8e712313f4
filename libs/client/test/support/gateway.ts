import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export type Answer = (response: ServerResponse, request: IncomingMessage) => void

export const json =
  (status: number, body: object, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }

export const problem = (status: number, code: string, headers: Record<string, string> = {}): Answer =>
  json(
    status,
    {
      ...{ type: `https://slipstream.test/errors/${code}`, title: 'Title', status, detail: 'Detail.', code },
      ...{ actor: 'athlete', action: 'reconnect', actionUrl: '/#connect', errors: [{ path: 'limit', message: 'no' }] },
    },
    { 'content-type': 'application/problem+json', ...headers },
  )

/** A gateway that gives these answers, one by one, the last one for ever. */
export const startGateway = async (...answers: Answer[]) => {
  const requests: Pick<IncomingMessage, 'method' | 'url' | 'headers'>[] = []
  const server = createServer((request, response) => {
    const { method, url, headers } = request
    requests.push({ method, url, headers })
    request.resume()
    answers[Math.min(requests.length, answers.length) - 1]?.(response, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}
