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
 * The encrypted tokens of a link; `_id` is the linkId. Written only through libs/vault, always with a compare on
 * `tokenVersion`. `refreshStartedAt` is when the oldest refresh began whose result was not stored; null after success.
 */
export interface CredentialRow {
  _id: string
  athleteId: string
  status: CredentialStatus
  tokenVersion: number
  accessToken: SealedText
  refreshToken: SealedText
  accessExpiresAt: Date
  leaseOwner: string | null
  leaseUntil: Date | null
  fence: number
  refreshStartedAt: Date | null
  createdAt: Date
  updatedAt: Date
}
