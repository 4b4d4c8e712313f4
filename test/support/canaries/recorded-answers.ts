import type { SecretBook } from './secret-book.ts'

export interface RecordedAnswer {
  number: number
  status: number
  /** Status, headers and body. */
  text: string
}

const parsed = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/**
 * Keeps every answer that this process gets from the gateway, and notes what it hands out: link tokens, state, result codes,
 * cookies. What a caller proves itself with is noted, too.
 */
export const recordAnswers = (gatewayUrl: string, book: SecretBook) => {
  const answers: RecordedAnswer[] = []
  const { fetch: send } = globalThis

  const noteRequest = ({ headers = {}, body }: RequestInit) => {
    book.add('API token', new Headers(headers).get('authorization')?.replace('Bearer ', ''))
    if (typeof body === 'string') book.add('code verifier', parsed(body).codeVerifier)
  }
  const noteAnswer = (number: number, response: Response, body: string) => {
    book.add('link token', parsed(body).linkToken, number)
    for (const cookie of response.headers.getSetCookie()) {
      book.add('cookie', cookie.split(';', 1)[0]?.split('=').slice(1).join('='), number)
    }
    const location = response.headers.get('location')
    const handed = location === null ? null : new URL(location, gatewayUrl).searchParams
    book.add('state', handed?.get('state'), number)
    book.add('result code', handed?.get('result'), number)
  }

  globalThis.fetch = async (input, init = {}) => {
    const response = await send(input, init)
    if (!String(input).startsWith(gatewayUrl)) return response
    const number = answers.length
    const answer: RecordedAnswer = { number, status: response.status, text: '' }
    answers.push(answer)
    noteRequest(init)
    const body = await response.clone().text()
    // A cookie that is set again to whoever has brought it shows nothing.
    const brought = new Headers(init.headers).get('cookie')?.split('; ') ?? []
    const isSetAgain = (name: string, value: string) =>
      name === 'set-cookie' && brought.includes(value.split(';', 1)[0] ?? '')
    const headers = [...response.headers]
      .filter(([name, value]) => !isSetAgain(name, value))
      .map(([name, value]) => `${name}: ${value}`)
    answer.text = [response.status, ...headers, body].join('\n')
    noteAnswer(number, response, body)
    return response
  }
  return {
    answers,
    stop: () => {
      globalThis.fetch = send
    },
  }
}
