import { type Clock, sha256 } from '@slipstream/runtime'
import { errors, type JWTHeaderParameters, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { z } from 'zod'
import type { Caller } from '../domain/model.ts'
import { RefusalError } from '../domain/refusal.ts'
import type { AthleteDirectory } from './athletes.ts'
import { createBoundedMap } from './bounded-map.ts'
import { IssuerUnavailableError } from './issuer-keys.ts'

/** Asymmetric only: with HS256 the public key of the issuer would be a signing key. */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/** Clocks of issuers are seldom further off; a token that says it is from later was made up, or a clock is broken. */
const aheadSeconds = 60

/** RFC 9068 says `at+jwt`; many issuers send `JWT` or nothing. An ID token is stopped by its audience. */
const acceptedTypes = new Set(['at+jwt', 'application/at+jwt', 'jwt', undefined])

/** Headers that bring or point to a key of the sender's own choice (OWASP ASVS 9.1.3). */
const keyHeaders = ['jku', 'jwk', 'x5u', 'x5c']

const checkHeader = (header: JWTHeaderParameters): void => {
  const type: unknown = header.typ
  const isKnownType = acceptedTypes.has(typeof type === 'string' ? type.toLowerCase() : (type as undefined))
  if (!isKnownType || keyHeaders.some((name) => name in header)) throw new RefusalError('unauthorized')
}

/** The last second there is a date for. */
const lastSecond = 8_640_000_000_000

const claimsSchema = z.object({
  // Half a letter would be stored as another one, and several subjects would become the same athlete.
  sub: z
    .string()
    .min(1)
    .max(255)
    .refine((subject) => subject.isWellFormed()),
  exp: z.number().max(lastSecond),
  iat: z.number().optional(),
  profile_submitted: z.boolean().catch(false).default(false),
  roles: z.array(z.string()).catch([]).default([]),
})

const operatorRole = 'slipstream:operator'

export interface AuthenticatorOptions {
  issuer: string
  audience: string
  keys: JWTVerifyGetKey
  athletes: AthleteDirectory
  clock: Clock
}

const verify = async (token: string, { issuer, audience, keys, clock }: AuthenticatorOptions) => {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: 5,
      currentDate: clock.now(),
    })
    checkHeader(protectedHeader)
    const claims = claimsSchema.parse(payload)
    if (claims.iat !== undefined && claims.iat > clock.now().getTime() / 1_000 + aheadSeconds) {
      throw new RefusalError('unauthorized')
    }
    return claims
  } catch (error) {
    if (error instanceof IssuerUnavailableError) {
      throw new RefusalError('service_unavailable', [], { cause: error })
    }
    const isRefused = error instanceof errors.JOSEError || error instanceof z.ZodError || error instanceof TypeError
    throw isRefused ? new RefusalError('unauthorized', [], { cause: error }) : error
  }
}

/** A key that the issuer has withdrawn is told from its others within ten minutes; this adds no more to it. */
const rememberForMs = 60_000
const rememberedTokens = 10_000

/**
 * Checks an access token of the issuer and finds, or makes, the athlete its `iss` and `sub` stand for. A token that was good is
 * not checked again for a minute, nor past its end: a page or an app comes with the same one many times.
 */
export const createAuthenticator = (options: AuthenticatorOptions) => {
  const { issuer, athletes, clock } = options
  const remembered = createBoundedMap<{ caller: Caller; until: number }>(rememberedTokens)
  return async (accessToken: string): Promise<Caller> => {
    const key = sha256(accessToken)
    const now = clock.now().getTime()
    const known = remembered.get(key)
    if (known && now < known.until) return known.caller
    const claims = await verify(accessToken, options)
    const tokenExpiresAt = new Date(claims.exp * 1000)
    const athleteId = await athletes.identify(issuer, claims.sub)
    const caller = {
      ...{ athleteId, tokenExpiresAt, profileClaimed: claims.profile_submitted },
      isOperator: claims.roles.includes(operatorRole),
    }
    remembered.set(key, { caller, until: Math.min(now + rememberForMs, tokenExpiresAt.getTime()) })
    return caller
  }
}
