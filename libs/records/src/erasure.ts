import type { WaitingEvent } from './outbox.ts'

/** Documents of one collection that are being deleted now. */
export interface ErasureBatch {
  from: string
  ids: string[]
}

/**
 * What is erased under a receipt; `_id` is the receiptId. Documents are named in `deleting` before they are deleted, and
 * counted in `deleted` by the write that takes their names off: each counts once, wherever a crash comes in between, and
 * however many processes are at it. Every write of `deleting` raises `step` and applies only to the step it was decided on.
 *
 * `erasedAt` is set, and told, when nothing is left. `lookAgainAt`: what a worker had in hand when the link went away may
 * have come after; null when nobody needs to look any more. `attempts` and `nextTryAt` are those of a failing erasure.
 *
 * `purgeUpTo`: where `EVENTS` ended when the first run of a later link was let go. What comes behind may be that link's.
 *
 * `eventsFound`: how many events there were to purge, noted before the first purge: what has gone is not there to be counted.
 *
 * `upToTicket` is there when the link stays, because only its grant has died: then what was fetched under a later ticket is of
 * a grant that came back, and stays. 0: it had come back before.
 */
export interface ErasureRow {
  _id: string
  athleteId: string
  linkId: string
  requestedAt: Date
  purgeUpTo?: number
  eventsFound?: number
  upToTicket?: number
  deleted: Record<string, number>
  deleting: ErasureBatch | null
  step: number
  attempts: number
  nextTryAt: Date | null
  erasedAt: Date | null
  lookAgainAt: Date | null
  outbox: WaitingEvent[]
}
