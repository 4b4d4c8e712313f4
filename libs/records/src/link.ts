import { type Receipt, type ReceiptNote, type StoredLinkStatus, unlinkReasons } from '@slipstream/contracts'
import type { WaitingEvent } from './outbox.ts'

/** The Strava account behind a link, as the athlete sees it. */
export interface StravaIdentity {
  stravaAthleteId: string
  displayName: string
}

/**
 * One athlete joined to one Strava account. `_id` is the linkId; the row is removed at unlink.
 * `manualSync` is the last sync the athlete asked for by hand.
 */
export interface LinkRow extends StravaIdentity {
  _id: string
  athleteId: string
  status: StoredLinkStatus
  statusSince: Date
  /** An entry of the error catalogue. */
  errorCode: string | null
  scopes: string[]
  linkedAt: Date
  manualSync: { runId: string; requestedAt: Date } | null
  /** Before then nobody asks Strava whether the athlete has revoked the app, whatever webhooks say. */
  nextRevocationLookAt?: Date
  outbox: WaitingEvent[]
}

/** When a link was made, or became usable again. */
export const activeSinceOf = ({ linkedAt, statusSince }: Pick<LinkRow, 'linkedAt' | 'statusSince'>): Date =>
  statusSince > linkedAt ? statusSince : linkedAt

/** The run of a link's first import follows from the link, so that it can be named before a scheduler has seen the link. */
export const importRunIdOf = (linkId: string, activeSince: Date): string =>
  `run_${linkId.replace(/^lnk_/, '')}_${activeSince.getTime().toString(36)}`

/** Why a link ends. The data policy ends none: it only has the data of a dead grant erased. */
export const endingReasons = unlinkReasons.filter((reason) => reason !== 'policy')

/**
 * The written confirmation of an erasure. `_id` is the receiptId; `completedAt` is set when everything it names is gone. One
 * receipt, with one of `endingReasons`, ends a link. Those with `policy` leave it as it is: there is one for each time that
 * its grant died and stayed dead.
 */
export interface ReceiptRow {
  _id: string
  athleteId: string
  linkId: string
  reason: Receipt['reason']
  requestedAt: Date
  /** With `policy` alone: the death of the grant whose data are to go. A grant that came back has another, or none. */
  grantDiedAt?: Date
  /** Null where it is not known: there was no token that surely lived. */
  revokedAtStrava: boolean | null
  /** Why it was not revoked, or what the athlete should do about it. */
  note?: ReceiptNote | null
  /** When revoking was settled: confirmed, cancelled by a new link, or given up because no usable token was left. */
  revocationSettledAt: Date | null
  erasedAt: Date | null
  completedAt: Date | null
  /** When the link was gone and its grant ended or its revocation owed by the account: nothing is left to begin. */
  wipedAt?: Date | null
  /** Tries of that which failed, and when the next one is due. */
  attempts?: number
  nextTryAt?: Date | null
  deleted: Record<string, number>
  outbox: WaitingEvent[]
}

/** The receipt of a death follows from it, so that however many open one there is one. */
export const policyReceiptIdOf = (linkId: string, diedAt: Date): string =>
  `rcp_${linkId.replace(/^lnk_/, '')}_${diedAt.getTime().toString(36)}`
