import type { Request, Response } from 'express'
import type { Caller } from '../domain/model.ts'
import { RefusalError } from '../domain/refusal.ts'

/** @throws RefusalError `unauthorized`, or `service_unavailable` while the issuer's keys were never to be had. */
export type Authenticate = (accessToken: string) => Promise<Caller>

const bearerToken = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i

/** Reads `Authorization: Bearer …` (never a query parameter or a cookie) and says who calls. */
export const authenticateRequest = async (
  request: Request,
  response: Response,
  authenticate: Authenticate,
): Promise<Caller> => {
  const token = bearerToken.exec(request.headers.authorization ?? '')?.[1]
  try {
    if (token === undefined) throw new RefusalError('unauthorized')
    return await authenticate(token)
  } catch (error) {
    if (error instanceof RefusalError && error.code === 'unauthorized') {
      const reason = request.headers.authorization === undefined ? '' : ', error="invalid_token"'
      response.set('WWW-Authenticate', `Bearer realm="slipstream"${reason}`)
    }
    throw error
  }
}
