import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { SecretBook } from './secret-book.ts'

/** Answers some calls itself, with all that it was sent in the body and the headers of its answer. */
export interface Echo {
  /** Part of the path and method, as in `POST /oauth/token`. */
  call: RegExp
  status: number
}

const formOf = (body: Buffer, type: string | undefined): URLSearchParams =>
  new URLSearchParams(type?.includes('urlencoded') ? body.toString() : '')

const noteSent = (book: SecretBook, request: IncomingMessage, body: Buffer) => {
  const { headers, url = '' } = request
  const form = formOf(body, headers['content-type'])
  const { searchParams } = new URL(url, 'http://strava')
  for (const sent of [form, searchParams]) {
    book.add('client secret', sent.get('client_secret'))
    book.add('code', sent.get('code'))
    book.add('refresh token', sent.get('refresh_token'))
    book.add('access token', sent.get('access_token'))
  }
  book.add('access token', headers.authorization?.replace('Bearer ', ''))
}

const noteTokens = (book: SecretBook, body: string) => {
  for (const [, name = '', value] of body.matchAll(/"(access_token|refresh_token)"\s*:\s*"([^"]+)"/g)) {
    book.add(name.replace('_', ' '), value)
  }
}

/** Stands before the simulated Strava, knows every secret that passes, and can answer as a server does that shows what it was sent. */
export const startEchoingStrava = async (target: string, book: SecretBook) => {
  let echoes: readonly Echo[] = []
  let echoed = 0
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    noteSent(book, request, body)
    const { method = 'GET', url = '/', headers } = request
    const echo = echoes.find(({ call }) => call.test(`${method} ${url}`))
    if (echo) {
      echoed += 1
      const { authorization = '' } = headers
      const seen = { authorization, body: body.toString(), url }
      const fault = {
        message: `refused: ${JSON.stringify(seen)}`,
        errors: [{ resource: authorization, field: url, code: body.toString() }],
      }
      response.writeHead(echo.status, { 'content-type': 'application/json', 'x-seen': authorization || 'nothing' })
      response.end(JSON.stringify({ ...fault, access_token_seen: authorization }))
      return
    }
    const { host: _, 'content-length': __, connection: ___, ...passed } = headers
    const answer = await fetch(target + url, {
      method,
      headers: passed as Record<string, string>,
      redirect: 'manual',
      ...(body.length > 0 && { body }),
    })
    const text = await answer.text()
    noteTokens(book, text)
    const location = answer.headers.get('location')
    if (location) book.add('code', new URL(location, target).searchParams.get('code'))
    const kept = [...answer.headers].filter(
      ([name]) => !/^(content-length|content-encoding|transfer-encoding|connection)$/.test(name),
    )
    response.writeHead(answer.status, Object.fromEntries(kept)).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    echo: (...next: readonly Echo[]) => {
      echoes = next
    },
    echoed: () => echoed,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
