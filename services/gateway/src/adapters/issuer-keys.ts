import type { Clock } from '@slipstream/runtime'
import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey, type RemoteJWKSet } from 'jose'
import { z } from 'zod'

/** The issuer's keys were never to be had, or too long ago to be trusted. */
export class IssuerUnavailableError extends Error {
  override readonly name = 'IssuerUnavailableError'
  readonly code = 'issuer_unavailable'
}

export interface IssuerKeysOptions {
  /** Compared as it stands, also its last slash. */
  issuer: string
  fetch: typeof fetch
  clock: Clock
  /** Told of each failed try; the error names no token. */
  onFailure: (error: unknown) => void
}

const timeoutMs = 5_000
/** Keys in use are fetched again after this time, in the background. */
const refreshAfterMs = 10 * 60_000
/** Known keys outlive an issuer that is down for so long. */
const trustForMs = 24 * 60 * 60_000
/** Between two fetches: a flood of tokens with made-up key ids must not become a flood at the issuer. */
const pauseMs = 30_000
/** While there are no keys at all every caller is refused, so the issuer is asked more often. */
const firstPauseMs = 1_000

const metadataSchema = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) })

const discover = async ({ issuer, fetch }: IssuerKeysOptions): Promise<RemoteJWKSet> => {
  const url = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
  if (!response.ok) throw new IssuerUnavailableError(`discovery answered ${response.status}`)
  const metadata = metadataSchema.parse(await response.json())
  if (metadata.issuer !== issuer) throw new IssuerUnavailableError('discovery names another issuer')
  if (issuer.startsWith('https:') && !metadata.jwks_uri.startsWith('https:')) {
    throw new IssuerUnavailableError('the keys of an https issuer must come over https')
  }
  // When to fetch is decided below, so the set itself never fetches because of age.
  return createRemoteJWKSet(new URL(metadata.jwks_uri), {
    timeoutDuration: timeoutMs,
    cooldownDuration: Number.POSITIVE_INFINITY,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    [customFetch]: fetch,
  })
}

/**
 * The signing keys of the issuer, found through its discovery document at the first use, so that an issuer which is
 * down does not stop the start. Fails with IssuerUnavailableError only while there are no trusted keys at all.
 */
export const createIssuerKeys = (options: IssuerKeysOptions): JWTVerifyGetKey => {
  const { clock, onFailure } = options
  let keySet: RemoteJWKSet | undefined
  let fetchedAt = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let fetching: Promise<void> | undefined

  const fetchKeys = async () => {
    triedAt = clock.now().getTime()
    try {
      keySet ??= await discover(options)
      await keySet.reload()
      fetchedAt = clock.now().getTime()
    } catch (error) {
      onFailure(error)
    } finally {
      fetching = undefined
    }
  }
  const refresh = (pause: number): Promise<void> => {
    if (!fetching && clock.now().getTime() - triedAt >= pause) fetching = fetchKeys()
    return fetching ?? Promise.resolve()
  }
  const age = () => clock.now().getTime() - fetchedAt
  const knows = (kid: string | undefined) => !kid || keySet?.jwks()?.keys.some((key) => key.kid === kid)

  return async (header, token) => {
    if (age() > trustForMs) await refresh(firstPauseMs)
    else if (!knows(header.kid)) await refresh(pauseMs)
    else if (age() > refreshAfterMs) void refresh(pauseMs)
    if (!keySet || age() > trustForMs) throw new IssuerUnavailableError('no keys of the issuer are known')
    return await keySet(header, token)
  }
}
