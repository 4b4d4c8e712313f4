import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface PlannedAnswer {
  status?: number
  headers?: Record<string, string>
  /** A text is sent as it is, anything else as JSON. */
  body?: unknown
  /** `before`: the connection breaks with no answer; `halfway`: within the body; `never`: no answer, ever. */
  cut?: 'before' | 'halfway' | 'never'
  /** The answer comes so much later. */
  afterMs?: number
}

export interface SeenRequest {
  method: string
  url: URL
  headers: IncomingMessage['headers']
  body: string
}

export const fault = (resource: string, field: string, code: string, message = 'Bad Request') => ({
  message,
  errors: [{ resource, field, code }],
})

const send = (response: ServerResponse, { status = 200, headers = {}, body = '', cut }: PlannedAnswer): void => {
  if (cut === 'never') return
  if (cut === 'before') {
    response.socket?.destroy()
    return
  }
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  if (cut === 'halfway') {
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(payload) + 100 })
    response.write(payload, () => response.socket?.destroy())
    return
  }
  const contentType = typeof body === 'string' ? 'text/html' : 'application/json; charset=utf-8'
  response.writeHead(status, { 'content-type': contentType, ...headers }).end(payload)
}

/** A local server that gives the planned answers in turn, the last one for ever, and keeps what it was asked. */
export const startScriptedStrava = async () => {
  const requests: SeenRequest[] = []
  let planned: PlannedAnswer[] = []
  const server = createServer(async (request, response) => {
    requests.push({
      method: request.method ?? '',
      url: new URL(request.url ?? '', 'http://strava.invalid'),
      headers: request.headers,
      body: await text(request),
    })
    const answer = (planned.length > 1 ? planned.shift() : planned[0]) ?? { status: 418, body: 'no answer planned' }
    setTimeout(() => send(response, answer), answer.afterMs ?? 0)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (...answers: PlannedAnswer[]) => {
      planned = answers
      requests.length = 0
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
