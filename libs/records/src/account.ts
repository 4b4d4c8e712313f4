import type { SealedText } from './credential.ts'

/** A grant that is to be revoked at Strava: the newest tokens of it, sealed for the link they were kept for. */
export interface OwedRevocation {
  linkId: string
  athleteId: string
  epoch: number
  tokenVersion: number
  accessToken: SealedText
  refreshToken: SealedText
  accessExpiresAt: Date
  /** False when the refresh token may have been replaced at Strava by one that was never stored. */
  isCertain: boolean
  /** The links that ended with it, whose receipts wait for what becomes of it. */
  endedLinks: string[]
  since: Date
  attempts: number
  nextTryAt: Date
  /** A call may be on its way until then, in the server's time; null when none is. */
  callUntil: Date | null
  callId: string | null
}

/** Since when something is known to be sealed under a key. */
export interface KeySeen {
  kid: string
  since: Date
}

/**
 * One Strava account that has, or may have, granted this app access; `_id` is an HMAC of its id at Strava. Written only
 * through libs/vault; its states are described there, in `account.ts`. One row is no account: `sealedKey` holds the key of
 * the HMAC, `keysSeen` the age of the keys in use, and the other fields are missing.
 */
export interface AccountRow {
  _id: string
  epoch: number
  isHeld: boolean
  linkId: string
  athleteId: string
  owed: OwedRevocation | null
  endsAt: Date | null
  revision: number
  sealedKey?: SealedText
  keysSeen?: KeySeen[]
}
