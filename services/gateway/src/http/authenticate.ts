import type { Request, Response } from 'express'
import type { Caller } from '../domain/model.ts'
import { RefusalError } from '../domain/refusal.ts'

/** @throws RefusalError `unauthorized`, or `service_unavailable` while the issuer's keys were never to be had. */
export type Authenticate = (accessToken: string) => Promise<Caller>

/** Of the letters of a JWT only: others would let one token be written in several ways. */
const bearerToken = /^Bearer +([A-Za-z0-9._-]+)$/i

/** Reads `Authorization: Bearer …` (never a query parameter or a cookie) and says who calls. */
export const authenticateRequest = async (
  request: Request,
  response: Response,
  authenticate: Authenticate,
): Promise<Caller> => {
  const headers = request.headersDistinct.authorization ?? []
  // Of several, a proxy may have looked at another one.
  const token = headers.length === 1 ? bearerToken.exec(headers[0] ?? '')?.[1] : undefined
  try {
    if (token === undefined) throw new RefusalError('unauthorized')
    return await authenticate(token)
  } catch (error) {
    if (error instanceof RefusalError && error.code === 'unauthorized') {
      const reason = headers.length === 0 ? '' : ', error="invalid_token"'
      response.set('WWW-Authenticate', `Bearer realm="slipstream"${reason}`)
    }
    throw error
  }
}
