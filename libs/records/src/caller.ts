import type { SealedText } from './credential.ts'

/** Requests of one caller, or of all, in a window that ends at `expire`; in the form of the library that counts them. */
export interface RequestCountRow {
  key: string
  points: number
  expire: Date
}

/**
 * A request that came with an `Idempotency-Key`. `_id` is a SHA-256 over athlete, route and key, `fingerprint` one over the body.
 * Without `answer` it is being worked on, by nobody any more once `claimedUntil` is past.
 */
export interface AnsweredRequestRow {
  _id: string
  athleteId: string
  fingerprint: string
  claimedUntil: Date
  answer?: SealedText
  deleteAt: Date
}
