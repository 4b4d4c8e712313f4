import { newOneTimeSecret, sha256 } from '@slipstream/runtime'
import type { Request, Response } from 'express'
import { isSameDigest, type LinkFlow, lifetimes } from './link-flow.ts'

// Two cookies bind a linking attempt to a browser: `link` is given with the link token of a web attempt, `oauth_txn` at
// /connect, and comes back with the return from Strava. Each is a secret of the browser, the same for all its attempts: with
// one for each attempt a second tab would take the first one's away. What tells attempts apart is their link token and state.

export type BrowserSecret = 'link' | 'oauth_txn'

/** What the browser brings; a value that was never given out is none. */
export const readSecret = ({ cookies }: Pick<LinkFlow, 'cookies'>, request: Request, name: BrowserSecret) => {
  const value = cookies.read(request, name)
  return value !== null && /^[\w-]{43}$/.test(value) ? value : null
}

/** Whether the browser brings the secret with this hash. */
export const hasSecret = (
  flow: Pick<LinkFlow, 'cookies'>,
  request: Request,
  name: BrowserSecret,
  hash: string | null,
): boolean => {
  const secret = readSecret(flow, request, name)
  return secret !== null && isSameDigest(hash, sha256(secret))
}

/** Has the browser keep its secret, or a new one if it has none. */
export const giveSecret = (
  flow: Pick<LinkFlow, 'cookies'>,
  { request, response }: { request: Request; response: Response },
  name: BrowserSecret,
  first: string = newOneTimeSecret(),
): string => {
  const secret = readSecret(flow, request, name) ?? first
  flow.cookies.set(response, name, secret, lifetimes.browserSeconds)
  return secret
}
