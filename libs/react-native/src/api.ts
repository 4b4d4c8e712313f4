import type { ActionableError, Problem, Status } from '@slipstream/contracts'
import { actionableError, knownCode } from '@slipstream/contracts/errors'
import type { Answer, LinkApi } from './ports.ts'

export interface LinkApiOptions {
  /** Where the gateway is, such as `https://link.example`. */
  baseUrl: string
  /** A valid access token of the athlete; null while nobody is signed in. */
  getToken: () => Promise<string | null>
  /** The platform's own where it is left out. */
  fetch?: typeof globalThis.fetch
}

/** A gateway that does not answer within this time is asked again. */
const timeoutMs = 15_000

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string'

/** The texts of a gateway that is newer than the app are better than the app's own. */
const errorOf = (body: unknown): ActionableError => {
  if (!isProblem(body)) return actionableError('service_unavailable')
  const { code, title, detail, actor, action, actionUrl } = body
  return { code: knownCode(code), title, detail, actor, action, actionUrl }
}

const secondsOf = (header: string | null): number | null =>
  header !== null && /^\d{1,6}$/.test(header) ? Number(header) : null

/** The gateway over HTTP. Nothing is thrown but what `getToken` throws. */
export const createLinkApi = ({ baseUrl, getToken, fetch = globalThis.fetch }: LinkApiOptions): LinkApi => {
  const root = `${baseUrl.replace(/\/+$/, '')}/api/v1/strava`

  const ask = async <Body>(
    method: 'GET' | 'POST',
    path: string,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<Answer<Body>> => {
    const token = await getToken()
    if (token === null) {
      return { kind: 'refused', error: actionableError('unauthorized'), isFinal: true, retryAfterMs: null }
    }
    // Not AbortSignal.timeout, which React Native's engine may lack.
    const timeout = new AbortController()
    const timer = setTimeout(() => timeout.abort(), timeoutMs)
    try {
      const response = await fetch(`${root}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }), ...headers },
        signal: timeout.signal,
        ...(body && { body: JSON.stringify(body) }),
      })
      const answer: unknown = await response.json()
      if (response.ok) return { kind: 'done', body: answer as Body }
      const error = errorOf(answer)
      const seconds = secondsOf(response.headers.get('retry-after'))
      return {
        kind: 'refused',
        error,
        isFinal: response.status < 500 && response.status !== 429 && error.code !== 'request_in_progress',
        retryAfterMs: seconds === null ? null : seconds * 1_000,
      }
    } catch {
      return { kind: 'refused', error: actionableError('service_unavailable'), isFinal: false, retryAfterMs: null }
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    linkToken: (codeChallenge) => ask('POST', '/link-token', { platform: 'mobile', codeChallenge }),
    complete: ({ result, codeVerifier, idempotencyKey }) =>
      ask<Status>('POST', '/callback', { result, codeVerifier }, { 'idempotency-key': idempotencyKey }),
    status: () => ask('GET', '/status'),
  }
}
