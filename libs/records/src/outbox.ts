import type { OutboxEvent } from '@slipstream/contracts'

/** A record that carries events until they are published; they are written and emptied atomically with it. */
export interface WithOutbox {
  _id: string
  outbox: OutboxEvent[]
}

/** Events that wait in one document, oldest first. */
export interface WaitingEvents {
  documentId: string
  events: OutboxEvent[]
}

/** The records of one collection as the relay sees them: events that wait, and a way to take off those published. */
export interface OutboxSource {
  readonly name: string
  /** Documents with an event from `occurredBefore` or earlier, at most `limit`, oldest first, each with all its events. */
  waiting(occurredBefore: Date, limit: number): Promise<WaitingEvents[]>
  /** Takes the named events off; others of the same document stay. */
  settle(published: { documentId: string; eventIds: string[] }[]): Promise<void>
  /** Waiting events, not documents. */
  count(): Promise<number>
}
