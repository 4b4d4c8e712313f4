import { timingSafeEqual } from 'node:crypto'
import { sha256 } from '@slipstream/runtime'
import type { Request } from 'express'
import type { SimulatorConfig } from '../config.ts'
import { refusals, type StravaFault } from '../domain/strava-fault.ts'

/** Strava takes parameters from the body (form or JSON) and from the query. Absent is the empty text. */
export const parameter = (request: Request, name: string): string => {
  const fromBody = (request.body as Record<string, unknown> | undefined)?.[name]
  const value = fromBody ?? request.query[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

export const sameText = (left: string, right: string): boolean =>
  timingSafeEqual(Buffer.from(sha256(left)), Buffer.from(sha256(right)))

/** Checks `client_id` and `client_secret`; null when they are the application's. */
export const applicationRefusal = (
  request: Request,
  config: Pick<SimulatorConfig, 'stravaClientId' | 'stravaClientSecret'>,
): StravaFault | null => {
  const secret = parameter(request, 'client_secret')
  if (parameter(request, 'client_id') !== config.stravaClientId || secret === '') return refusals.unknownClient
  return sameText(secret, config.stravaClientSecret.reveal()) ? null : refusals.wrongClientSecret
}
