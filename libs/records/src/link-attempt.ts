import type { LinkTokenRequest } from '@slipstream/contracts'
import type { StravaIdentity } from './link.ts'

/** A grant that waits to become a link; its tokens wait in `credentials` under the same linkId. */
export interface PendingLink extends StravaIdentity {
  linkId: string
  scopes: string[]
}

export const attemptSteps = ['issued', 'authorizing', 'exchanging', 'pending', 'completed', 'failed'] as const
export type AttemptStep = (typeof attemptSteps)[number]

/**
 * One attempt to link, from the link token to the end. Steps: `issued` → (GET /connect consumes the link token) →
 * `authorizing` → (GET /callback consumes the state) → `exchanging` → web: `completed`; mobile: `pending` → (POST callback
 * consumes the result) → `exchanging` → `completed`. Any step may end in `failed`. `expiresAt` is the deadline of the
 * current step; an attempt that stays in `exchanging` or `pending` past it was abandoned, and its grant is taken back.
 * All one-time values are kept as SHA-256 only.
 */
export interface LinkAttemptRow {
  _id: string
  athleteId: string
  platform: LinkTokenRequest['platform']
  step: AttemptStep
  linkTokenHash: string
  /** Web: hash of the cookie given with the link token, binding the attempt to that browser. */
  browserHash: string | null
  stateHash?: string
  /** Hash of the transaction cookie set at /connect. */
  transactionCookieHash: string | null
  codeChallenge: string | null
  returnTo: string | null
  resultHash?: string
  pendingLink: PendingLink | null
  createdAt: Date
  expiresAt: Date
  /** Tries to take its grant back that failed, and when the next one is due. */
  attempts?: number
  nextTryAt?: Date | null
  deleteAt: Date
}
