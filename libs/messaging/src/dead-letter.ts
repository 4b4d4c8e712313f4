import type { JsMsg } from '@nats-io/jetstream'
import type { DeadLetter } from '@slipstream/records'

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
