import { Secret } from '@slipstream/runtime'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  customFetch,
  refreshTokenGrant,
  tokenRevocation,
} from 'openid-client'
import { z } from 'zod'
import { athleteSchema, type StravaAthlete, toAthlete } from './athlete.ts'
import { attempt, type TransportOptions } from './attempt.ts'
import type { Reading } from './json.ts'
import type { StravaEndpoint } from './judgement.ts'
import { numberSchema, optional, readJsonWith } from './lenient.ts'
import { StravaError } from './strava-error.ts'

export interface StravaOAuthOptions extends TransportOptions {
  clientId: string
  clientSecret: Secret
  /** Such as `https://www.strava.com`; not the base of the API, which moves apart from it. */
  baseUrl: string
  redirectUri: string
  /** Time for a refresh. Default 90 s: its answer may be the only copy of the grant, so it is waited for. */
  refreshTimeoutMs?: number
}

/** Store before use: once a new refresh token is returned the old one is dead. */
export interface StravaTokens {
  accessToken: Secret
  refreshToken: Secret
  accessExpiresAt: Date
}

/** `refreshToken` is the same as before, a new one, or null: then the one that was used stays good. */
export type RefreshedStravaTokens = Omit<StravaTokens, 'refreshToken'> & { refreshToken: Secret | null }

/** `athlete` is null where the answer does not say, or cannot be read to say, whose tokens these are: ask with them. */
export interface StravaGrant extends StravaTokens {
  athlete: StravaAthlete | null
}

/** Every call throws StravaError, or the abort reason of `signal`. None is retried here: codes and rotations are spent. */
export interface StravaOAuth {
  /**
   * Where to send the athlete. Strava knows no PKCE: `state` is the only guard against a forged return. With
   * `isConsentForced` the consent page is shown also where it was answered before, so that another account can be chosen.
   */
  authorizeUrl(options: {
    platform: 'web' | 'mobile'
    state: string
    scopes: readonly string[]
    isConsentForced: boolean
  }): string
  /** The granted scopes are in the query of the return, not in this answer. Fails with `code_invalid` when spent or expired. */
  exchangeCode(options: { code: string; signal?: AbortSignal }): Promise<StravaGrant>
  /** Returns the present access token while it has more than an hour left. Fails with `refresh_token_dead`. */
  refresh(options: { refreshToken: Secret; signal?: AbortSignal }): Promise<RefreshedStravaTokens>
  /** Ends the grant by either of its tokens; an unknown token is no failure. */
  revoke(options: { token: Secret; signal?: AbortSignal }): Promise<void>
}

const tokenText = z.string().regex(/^[\x21-\x7e]+$/)

/** Anything else in the answer is left out: `scope` there is unreliable, `expires_in` says less than `expires_at`. */
const tokensSchema = z.object({
  token_type: z.string().min(1),
  access_token: tokenText,
  refresh_token: tokenText,
  expires_at: numberSchema.pipe(z.number().positive()),
})
/** The tokens are worth having without it: the code is spent, and its grant would be nobody's. */
const grantSchema = tokensSchema.extend({ athlete: optional(athleteSchema) })
const refreshedSchema = tokensSchema.extend({ refresh_token: tokenText.optional() })

const accessOf = (answer: z.output<typeof refreshedSchema>) => ({
  accessToken: new Secret(answer.access_token),
  accessExpiresAt: new Date(answer.expires_at * 1000),
})

/** The library wraps what its fetch throws; the inner error is the true one. */
const stravaErrorIn = (error: unknown): StravaError | undefined => {
  if (error instanceof StravaError) return error
  return error instanceof Error ? stravaErrorIn(error.cause) : undefined
}

/**
 * Client of Strava's OAuth, on openid-client. Strava's error bodies are not those of RFC 6749 and its ids can pass 2^53,
 * so answers are judged and read before the library sees them; it then gets a plain OAuth answer.
 */
export const createStravaOAuth = ({
  clientId,
  clientSecret,
  baseUrl,
  redirectUri,
  refreshTimeoutMs = 90_000,
  ...transport
}: StravaOAuthOptions): StravaOAuth => {
  const base = baseUrl.replace(/\/+$/, '')

  const configure = (authentication: ClientAuth, authorizePath = '/oauth/authorize'): Configuration => {
    const server = {
      issuer: base,
      authorization_endpoint: base + authorizePath,
      token_endpoint: `${base}/oauth/token`,
      revocation_endpoint: `${base}/oauth/revoke`,
    }
    const config = new Configuration(server, clientId, {}, authentication)
    if (base.startsWith('http:')) allowInsecureRequests(config)
    return config
  }
  // Strava documents the secret in the body for the token endpoint, and in a Basic header for the revocation endpoint.
  const inBody = ClientSecretPost(clientSecret.reveal())
  const inBasicHeader = ClientSecretBasic(clientSecret.reveal())

  /** Runs one request of the library with a configuration of its own, as the library has no signal per call. */
  const run = async <T>(
    endpoint: StravaEndpoint,
    config: Configuration,
    signal: AbortSignal | undefined,
    read: (text: string) => Reading<object>,
    request: (config: Configuration) => Promise<T>,
  ): Promise<T> => {
    config.timeout = 0
    config[customFetch] = async (url, { method, headers, body }) => {
      const answer = await attempt(
        { endpoint, url, init: { method, headers, body: body ?? null }, signal, read },
        endpoint === 'refresh' ? { ...transport, timeoutMs: refreshTimeoutMs } : transport,
      )
      return Response.json(answer.data)
    }
    try {
      return await request(config)
    } catch (error) {
      signal?.throwIfAborted()
      // The library's own error is not kept as the cause: it may carry the answer, and so the tokens.
      throw stravaErrorIn(error) ?? new StravaError({ endpoint, outcome: 'unexpected', problem: 'not an OAuth answer' })
    }
  }

  return {
    authorizeUrl: ({ platform, state, scopes, isConsentForced }) => {
      const path = platform === 'mobile' ? '/oauth/mobile/authorize' : '/oauth/authorize'
      // Commas: scopes apart by spaces made Strava ask for consent again at every login.
      // https://github.com/pilcrowonpaper/arctic/issues/183
      const parameters = {
        redirect_uri: redirectUri,
        scope: scopes.join(','),
        state,
        approval_prompt: isConsentForced ? 'force' : 'auto',
      }
      return buildAuthorizationUrl(configure(inBody, path), parameters).href
    },

    exchangeCode: async ({ code, signal }) => {
      const returned = new URL(redirectUri)
      returned.search = new URLSearchParams({ code }).toString()
      const answer = await run('token', configure(inBody), signal, readJsonWith(grantSchema), (config) =>
        authorizationCodeGrant(config, returned),
      )
      const grant = grantSchema.parse(answer)
      const { athlete, refresh_token: refreshToken } = grant
      return { ...accessOf(grant), refreshToken: new Secret(refreshToken), athlete: athlete && toAthlete(athlete) }
    },

    refresh: async ({ refreshToken, signal }) => {
      const answer = await run('refresh', configure(inBody), signal, readJsonWith(refreshedSchema), (config) =>
        refreshTokenGrant(config, refreshToken.reveal()),
      )
      const refreshed = refreshedSchema.parse(answer)
      const { refresh_token: renewed } = refreshed
      return { ...accessOf(refreshed), refreshToken: renewed === undefined ? null : new Secret(renewed) }
    },

    revoke: async ({ token, signal }) => {
      // The answer is empty.
      const read = () => ({ data: {} })
      await run('revoke', configure(inBasicHeader), signal, read, (config) => tokenRevocation(config, token.reveal()))
    },
  }
}
