import type { OutboxEvent } from '@slipstream/contracts'

/** An event as it waits. Both fields are absent until a try to publish it has failed. */
export type WaitingEvent = OutboxEvent & {
  attempts?: number
  /** Not before then. Events behind it in its document wait as long: they keep their order. */
  nextTryAt?: Date
}

/** A record that carries events until they are published; they are written and emptied atomically with it. */
export interface WithOutbox {
  _id: string
  /** Absent where it is the `_id`. */
  linkId?: string
  outbox: WaitingEvent[]
}

/** Events that wait in one document, oldest first. */
export interface WaitingEvents {
  documentId: string
  /** Of the link that the document belongs to; null where the document is the link. */
  linkId: string | null
  events: WaitingEvent[]
}

/** What became of a document's events in one pass. */
export interface RelayedEvents {
  documentId: string
  /** Published, or given up for good. */
  settledIds: string[]
  /** The first that is left, when it could not be published; null when all are settled. */
  failed: { eventId: string; attempts: number; nextTryAt: Date } | null
}

/** The records of one collection as the relay sees them: events that wait, and a way to say what became of them. */
export interface OutboxSource {
  readonly name: string
  /**
   * Documents with an event from `occurredBefore` or earlier that was never tried, or whose next try is due, each with all
   * its events. At most `limit` of each kind; documents whose next try lies ahead are not even looked at.
   */
  waiting(when: { occurredBefore: Date; now: Date }, limit: number): Promise<WaitingEvents[]>
  /** Takes settled events off and notes when a failed one is tried again; others of the same document stay. */
  settle(relayed: readonly RelayedEvents[]): Promise<void>
  /** Waiting events, not documents. Stops counting at about ten thousand documents. */
  count(): Promise<number>
}
