import { type ActionableError, type ErrorCode, errorCatalogue } from '@slipstream/contracts'
import { linkFailure, type ShownError } from './link-failure.ts'

/** `receiptId`: of the Strava account that had to make way; anybody can write an address, so that it may be made up. */
export interface LinkedNotice {
  kind: 'linked'
  receiptId: string | null
}

export interface ErrorNotice {
  kind: 'error'
  error: ShownError
}

/** What the link flow reports back to the page through `?strava=…`. */
export type Notice = LinkedNotice | ErrorNotice

const isKnownCode = (code: string): code is ErrorCode => Object.hasOwn(errorCatalogue, code)

/** The catalogue's entry as the API would send it; a code this page does not know counts as `internal_error`. */
export const actionableError = (code: string): ActionableError => {
  const known = isKnownCode(code) ? code : 'internal_error'
  const { title, detail, actor, action, actionUrl } = errorCatalogue[known]
  return { code: known, title, detail, actor, action, actionUrl }
}

/** Reads `?strava=linked` (with `receipt=…` for the account before) or `?strava=error&code=…`; null when the address carries neither. */
export const readNotice = (search: string): Notice | null => {
  const query = new URLSearchParams(search)
  const result = query.get('strava')
  if (result === 'linked') return { kind: 'linked', receiptId: query.get('receipt') }
  if (result === 'error') return { kind: 'error', error: linkFailure(actionableError(query.get('code') ?? '')) }
  return null
}
