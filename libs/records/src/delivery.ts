/**
 * An event that could not be handled or published, with its reason and everything needed to look at it or replay it. It goes
 * when its athlete unlinks, and after 30 days.
 */
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
  /** Whose event it is, as far as that could be read. */
  athleteId: string | null
  linkId: string | null
}

/** Rows of release 0.1 do not know their athlete; they end by age alone. */
type AddedToDeadLetter = 'athleteId' | 'linkId'

export interface DeadLetterRow
  extends Omit<DeadLetter, AddedToDeadLetter>,
    Partial<Pick<DeadLetter, AddedToDeadLetter>> {
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
  /** Deletes a letter that was replayed, unless the same event has become a dead letter again meanwhile. */
  deleteReplayed(letter: Pick<DeadLetterRow, '_id' | 'createdAt'>): Promise<void>
  /** Deletes the letters of a link, and those of its athlete from before `until`: until then it was the only link. */
  deleteLettersOf(link: { athleteId: string; linkId: string; until: Date }): Promise<void>
  /** The message is settled: its next try, if there is one, counts from 1. */
  forget(consumer: string, eventId: string): Promise<void>
}
