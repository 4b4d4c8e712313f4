import type { Response } from 'express'
import type { StravaFault } from '../domain/strava-fault.ts'

/** What an endpoint decided to say; written out by `send`. */
export interface Answer {
  readonly status: number
  readonly contentType: 'application/json' | 'text/html' | 'text/plain' | null
  readonly text: string
}

/** Node has `JSON.rawJSON`; the compiler's library does not list it yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }

/** JSON in which a bigint is a bare integer, as Strava writes ids beyond 2^53. */
export const json = (status: number, body: unknown): Answer => ({
  status,
  contentType: 'application/json',
  text: JSON.stringify(body, (_key, value: unknown) => (typeof value === 'bigint' ? rawJSON(String(value)) : value)),
})

export const nothing = (status: number): Answer => ({ status, contentType: null, text: '' })

/** What a proxy in front of Strava answers when Strava does not. */
export const proxyPage = (status: number): Answer => ({
  status,
  contentType: 'text/html',
  text: `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center></body></html>`,
})

export const maintenanceText = (status: number): Answer => ({
  status,
  contentType: 'text/plain',
  text: 'We are down for maintenance.',
})

export const refuse = ({ status, message, errors }: StravaFault): Answer =>
  json(status, errors.length > 0 || status === 401 ? { message, errors } : { message })

const begin = (response: Response, answer: Answer, headers: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.status(answer.status)
  if (answer.contentType) response.setHeader('content-type', `${answer.contentType}; charset=utf-8`)
  response.setHeader('cache-control', 'no-store')
}

export const send = (response: Response, answer: Answer, headers: Readonly<Record<string, string>> = {}): void => {
  begin(response, answer, headers)
  response.end(answer.text)
}

/** The headers, half of the body, and then no connection or (`clean`) an end as of a whole answer. */
export const sendHalf = (
  response: Response,
  answer: Answer,
  headers: Readonly<Record<string, string>>,
  ending: 'cut' | 'clean',
): void => {
  const half = answer.text.slice(0, answer.text.length / 2)
  begin(response, answer, headers)
  if (ending === 'clean') {
    response.end(half)
    return
  }
  response.setHeader('content-length', Buffer.byteLength(answer.text))
  response.write(half, () => response.destroy())
}
