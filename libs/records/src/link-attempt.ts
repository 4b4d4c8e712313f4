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
 * What the athlete was told at the end. `code` is an entry of the error catalogue, null where Strava was linked, or in the row of
 * a later code where what its attempt came to was told; `receiptId` that of an earlier link which ended for it.
 */
export interface AttemptAnswer {
  code: string | null
  receiptId: string | null
}

/**
 * One attempt to link, from the link token to the end. Steps: `issued` → (GET /connect consumes the link token) →
 * `authorizing` → (GET /callback consumes the state, with the code it brings) → `exchanging` → web: `completed`; mobile:
 * `pending` → (POST callback consumes the result) → `exchanging` → `completed`. Any step may end in `failed`. `expiresAt` is
 * the deadline of the current step; an attempt that stays in `exchanging` or `pending` past it was abandoned, and its grant
 * is taken back. All one-time values are kept as SHA-256 only.
 *
 * A consumed value brings no second effect, and the browser that consumed it the same answer again: the state is the same
 * each time /connect is loaded, a code is exchanged once, a new result takes the place of the one before.
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
  /** Hash of the transaction cookie set at /connect; mobile, where the return came in another browser: of the one set there. */
  transactionCookieHash: string | null
  /** Of the code that the state was consumed with. */
  codeHash?: string
  /** How many other codes came with the same state afterwards; each has a row of its own, from `exchanging` on. */
  laterCodes?: number
  codeChallenge: string | null
  returnTo: string | null
  resultHash?: string
  pendingLink: PendingLink | null
  /** Once the attempt has ended, for as long as the row is kept. */
  answer?: AttemptAnswer
  createdAt: Date
  expiresAt: Date
  /** Tries to take its grant back that failed, and when the next one is due. */
  attempts?: number
  nextTryAt?: Date | null
  deleteAt: Date
}
