import { actionableError, knownCode, linkFailure, type ShownError } from '@slipstream/contracts'

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

/** Reads `?strava=linked` (with `receipt=…` for the account before) or `?strava=error&code=…`; null when the address carries neither. */
export const readNotice = (search: string): Notice | null => {
  const query = new URLSearchParams(search)
  const result = query.get('strava')
  if (result === 'linked') return { kind: 'linked', receiptId: query.get('receipt') }
  if (result === 'error') return { kind: 'error', error: linkFailure(actionableError(knownCode(query.get('code')))) }
  return null
}
