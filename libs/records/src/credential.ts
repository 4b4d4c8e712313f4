/** One secret sealed with AES-256-GCM under a key of its own, which is wrapped by the key `kid`. All base64. */
export interface SealedText {
  v: number
  kid: string
  wrappedKey: string
  wrapIv: string
  wrapTag: string
  iv: string
  ciphertext: string
  tag: string
}

export const credentialStatuses = ['pending', 'active', 'dead'] as const
export type CredentialStatus = (typeof credentialStatuses)[number]

/**
 * The encrypted tokens of a link; `_id` is the linkId. Written only through libs/vault. Who may replace them is decided by
 * `epoch` and `tokenVersion`; the lease only keeps two refreshes apart.
 */
export interface CredentialRow {
  _id: string
  athleteId: string
  /** The Strava account, as `_id` of `accounts`. */
  accountId?: string
  /** Which consent of the account these tokens come from. */
  epoch?: number
  status: CredentialStatus
  tokenVersion: number
  accessToken: SealedText
  refreshToken: SealedText
  accessExpiresAt: Date
  leaseOwner: string | null
  leaseUntil: Date | null
  fence: number
  /** When the newest refresh began of which nobody knows whether it took place; null when all are accounted for. */
  refreshStartedAt: Date | null
  /** Since when each refresh has been refused for the same reason that says nothing. */
  refusal?: { reason: string; since: Date } | null
  diedAt?: Date
  revivedAt?: Date
  /** Set with `diedAt` or `revivedAt`, and missing again once the gateway has told the link. */
  turnedAt?: Date
  /**
   * When somebody looks at what is to become of the data that came under a dead grant, and how often that has failed. Missing
   * while the grant lives, and once a receipt stands for them.
   */
  afterDeath?: { nextTryAt: Date; attempts: number }
  createdAt: Date
  updatedAt: Date
}
