import type { JsMsg } from '@nats-io/jetstream'

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

/** Where attempts are counted and dead letters kept; must outlive NATS. */
export interface DeliveryLog {
  /** Counts one more try and returns its number, from 1. */
  startAttempt(consumer: string, eventId: string): Promise<number>
  keepDeadLetter(letter: DeadLetter): Promise<void>
  /** The message is settled; a replay of it starts at 1 again. */
  forget(consumer: string, eventId: string): Promise<void>
}

export const deadLetterOf = (
  consumer: string,
  message: JsMsg,
  cause: { reason: string; error: Error; attempts: number },
): DeadLetter => {
  const headers = Object.fromEntries([...(message.headers ?? [])].map(([name, values]) => [name, values[0] ?? '']))
  return {
    consumer,
    subject: message.subject,
    eventId: headers['ce-id'] ?? '',
    eventType: headers['ce-type'] ?? '',
    reason: cause.reason,
    error: `${cause.error.name}: ${cause.error.message}`,
    attempts: cause.attempts,
    headers,
    payload: message.string(),
  }
}
