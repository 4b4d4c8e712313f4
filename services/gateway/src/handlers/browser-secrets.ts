import { createHmac } from 'node:crypto'
import { sha256 } from '@slipstream/runtime'
import type { Request, Response } from 'express'
import type { UnguardedRoute } from '../http/route.ts'
import { isSameDigest, type LinkFlow, lifetimes } from './link-flow.ts'

// Two cookies bind a linking attempt to a browser: `link` is given with the link token of a web attempt, `oauth_txn` at
// /connect, and comes back with the return from Strava. Each is a secret of the browser, the same for all its attempts: with
// one for each attempt a second tab would take the first one's away. What tells attempts apart is their link token and state.
// They end with the person: with the session, and where the next one asks for a link token, or connects, the browser is given others.

export type BrowserSecret = 'link' | 'oauth_txn'

const readSecret = ({ cookies }: Pick<LinkFlow, 'cookies'>, request: Request, name: BrowserSecret) => {
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

const placeOf = { link: 'browserHash', oauth_txn: 'transactionCookieHash' } as const

/**
 * The secret that the browser brings, if attempts of this athlete have it, and nobody else's. One of another person, who used
 * the browser before and may have kept a copy, would let that person answer for this one; one of no attempt was never given out.
 */
export const ownSecret = async (
  flow: Pick<LinkFlow, 'cookies' | 'attempts'>,
  request: Request,
  name: BrowserSecret,
  athleteId: string,
): Promise<string | null> => {
  const secret = readSecret(flow, request, name)
  const athletes = secret === null ? [] : await flow.attempts.athletesWith(placeOf[name], sha256(secret))
  return athletes.length === 1 && athletes[0] === athleteId ? secret : null
}

/** A secret that follows from another one, which in turn does not follow from it. */
export const derived = (secret: string, from: string): string =>
  createHmac('sha256', secret).update(from).digest('base64url')

/** The `oauth_txn` of a browser that has none: two tabs that come at once are given the same. */
export const transactionSecretOf = (link: string): string => derived(link, 'oauth_txn')

export const giveSecret = (
  { cookies }: Pick<LinkFlow, 'cookies'>,
  response: Response,
  name: BrowserSecret,
  secret: string,
): void => cookies.set(response, name, secret, lifetimes.browserSeconds)

/**
 * Where a session ends, whoever comes next must not find them: an attempt of the one before, forwarded to them, would count as
 * their own. No access token is asked for, as it may have ended first; and no site but those of `CORS_ORIGINS` can send a browser
 * here with DELETE.
 */
export const forgetBrowserRoute = ({ cookies }: Pick<LinkFlow, 'cookies'>): UnguardedRoute => ({
  method: 'delete',
  path: '/api/v1/strava/link-token',
  access: 'unguarded',
  isForPages: true,
  handle: (_request, response) => {
    for (const name of ['link', 'oauth_txn'] satisfies BrowserSecret[]) cookies.clear(response, name)
    response.status(204).end()
  },
})
