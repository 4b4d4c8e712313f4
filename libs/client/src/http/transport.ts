import { abortReason, delay, withTimeout } from './abort.ts'
import { errorOf, localError, SlipstreamError } from './error.ts'
import { type RetryLimits, waitBeforeRetryMs } from './retry.ts'

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** `renew`: the token given last was refused, so that a new one is needed. */
export type GetToken = (why: { renew: boolean }) => string | Promise<string>

export interface CallOptions {
  /** Ends the call; it then throws the signal's reason. */
  signal?: AbortSignal
}

export interface RequestParts extends CallOptions {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  path: string
  query?: object
  body?: object
  headers?: Record<string, string>
  /** Sent without an access token. */
  isPublic?: true
  /** Sets or clears the cookie that binds a linking attempt to its browser, also from a page of another origin. */
  withCookies?: true
  /** Makes it safe to send the request again. */
  idempotencyKey?: string
}

export interface TransportOptions extends RetryLimits {
  baseUrl: string
  getToken: GetToken
  fetch: Fetch
  timeoutMs: number
}

export interface Transport {
  /** One request and its answer's JSON, tried again where that is safe. */
  json<Answer>(parts: RequestParts): Promise<Answer>
  /** One request; the answer is 2xx and its body not read yet. */
  open(parts: RequestParts): Promise<Response>
}

const withoutTrailingSlash = (url: string): string => url.replace(/\/+$/, '')

// React Native's URLSearchParams takes no pairs.
const queryText = (query: object = {}): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  const text = given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')
  return text === '' ? '' : `?${text}`
}

const initOf = ({ method, body, headers, idempotencyKey, withCookies }: RequestParts) => ({
  method,
  ...(withCookies && { credentials: 'include' as const }),
  headers: {
    accept: 'application/json, application/problem+json',
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    ...headers,
  },
  ...(body !== undefined && { body: JSON.stringify(body) }),
})

const unreachable = (cause: unknown): never => {
  throw localError('unreachable', { cause })
}

const readJson = async (response: Response): Promise<unknown> => {
  if (response.status === 204) return undefined
  const text = await response.text().catch(unreachable)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw localError('unexpected_answer', { status: response.status, cause })
  }
}

export const createTransport = (options: TransportOptions): Transport => {
  const baseUrl = withoutTrailingSlash(options.baseUrl)

  const send = async (parts: RequestParts, signal: AbortSignal | undefined): Promise<Response> => {
    const url = `${baseUrl}${parts.path}${queryText(parts.query)}`
    const init = initOf(parts)
    const sendWith = (token: string | null) =>
      options
        .fetch(url, {
          ...init,
          headers: token === null ? init.headers : { ...init.headers, authorization: `Bearer ${token}` },
          ...(signal && { signal }),
        })
        .catch(unreachable)
    if (parts.isPublic) return await sendWith(null)
    const token = await options.getToken({ renew: false })
    const first = await sendWith(token)
    if (first.status !== 401) return first
    // A request refused for its token has done nothing, so that any may be sent again.
    const renewed = await options.getToken({ renew: true })
    return renewed === token ? first : await sendWith(renewed)
  }

  const open = async (parts: RequestParts): Promise<Response> => {
    const response = await send(parts, parts.signal)
    if (!response.ok) throw await errorOf(response)
    return response
  }

  const attempt = async (parts: RequestParts): Promise<unknown> => {
    const limit = withTimeout(parts.signal, options.timeoutMs)
    try {
      return await readJson(await open({ ...parts, signal: limit.signal }))
    } catch (error) {
      if (parts.signal?.aborted) throw abortReason(parts.signal)
      throw limit.isTimedOut() ? localError('timed_out', { cause: error }) : error
    } finally {
      limit.end()
    }
  }

  const json = async (parts: RequestParts): Promise<unknown> => {
    const isSafe = parts.method === 'GET' || parts.idempotencyKey !== undefined
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt(parts)
      } catch (error) {
        const waitMs =
          isSafe && error instanceof SlipstreamError ? waitBeforeRetryMs(error, tries, options, Math.random()) : null
        if (waitMs === null) throw error
        await delay(waitMs, parts.signal)
      }
    }
  }

  return { json: json as Transport['json'], open }
}
