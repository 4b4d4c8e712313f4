/** A message that could not be handled, with its reason and everything needed to look at it or replay it. */
export interface DeadLetter {
  consumer: string
  subject: string
  /** Empty when the message carried none. */
  eventId: string
  eventType: string
  reason: string
  error: string
  attempts: number
  headers: Record<string, string>
  payload: string
}

export interface DeadLetterRow extends DeadLetter {
  _id: string
  createdAt: Date
}

/** How often a consumer tried a message; `_id` is `<consumer>:<ce-id>`. JetStream's own count does not survive a crash. */
export interface DeliveryAttemptRow {
  _id: string
  attempts: number
  expiresAt: Date
}

/** Where tries of a message are counted and those given up are kept; outlives NATS. */
export interface DeliveryLog {
  /** Call before each try. Resolves to the number of this try, counted from 1, over all processes and restarts. */
  startAttempt(consumer: string, eventId: string): Promise<number>
  /** Kept once per consumer and event: keeping it again replaces the earlier letter. Without an event id always anew. */
  keepDeadLetter(letter: DeadLetter): Promise<void>
  /** The message is settled: its next try, if there is one, counts from 1. */
  forget(consumer: string, eventId: string): Promise<void>
}
