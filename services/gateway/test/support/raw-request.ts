import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'

export interface RawRequest {
  method?: string
  /** A list has a name and its value in turn, so that a name may come twice. */
  headers?: OutgoingHttpHeaders | readonly string[]
  /** Goes out in chunks, one each, unless the headers have a length. */
  body?: readonly (string | Buffer)[]
}

export interface RawAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** Sends what `fetch` would correct or refuse: the headers as they are, and a body of no known length. */
export const sendRaw = (url: string, { method = 'GET', headers = {}, body = [] }: RawRequest) =>
  new Promise<RawAnswer>((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
    })
    sent.on('error', reject)
    for (const part of body) sent.write(part)
    sent.end()
  })
