import type { JsMsg } from '@nats-io/jetstream'
import type { DeadLetter, WaitingEvent } from '@slipstream/records'

const describe = (error: Error): string => `${error.name}: ${error.message}`

const lastToken = (subject: string): string | null => subject.split('.').at(-1) || null

/** The link an event's data names, also where the rest of it cannot be read. */
const linkIdIn = (payload: string): string | null => {
  try {
    const { linkId } = JSON.parse(payload) as { linkId?: unknown }
    return typeof linkId === 'string' ? linkId : null
  } catch {
    return null
  }
}

/** What a reader can still say of a message, whatever is wrong with it. */
type LetterMessage = Pick<JsMsg, 'subject' | 'headers' | 'string'>

export const deadLetterOf = (
  consumer: string,
  message: LetterMessage,
  cause: { reason: string; error: Error; attempts: number },
): DeadLetter => {
  const headers = Object.fromEntries([...(message.headers ?? [])].map(([name, values]) => [name, values[0] ?? '']))
  const payload = message.string()
  return {
    consumer,
    subject: message.subject,
    eventId: headers['ce-id'] ?? '',
    eventType: headers['ce-type'] ?? '',
    reason: cause.reason,
    error: describe(cause.error),
    attempts: cause.attempts,
    headers,
    payload,
    athleteId: headers['ce-subject'] || lastToken(message.subject),
    linkId: linkIdIn(payload),
  }
}

const textOf = (data: unknown): string => {
  try {
    return JSON.stringify(data)
  } catch {
    return ''
  }
}

/** For an event that never reached NATS; `consumer` then names the outbox it waited in. */
export const unpublishedLetterOf = (
  source: string,
  { event, linkId }: { event: WaitingEvent; linkId: string | null },
  error: Error,
): DeadLetter => ({
  consumer: `outbox-${source}`,
  subject: event.type,
  eventId: event.id,
  eventType: event.type,
  reason: 'unpublishable',
  error: error.cause instanceof Error ? `${describe(error)}: ${error.cause.message}` : describe(error),
  attempts: (event.attempts ?? 0) + 1,
  headers: {},
  payload: textOf(event.data),
  athleteId: event.data.athleteId,
  linkId: 'linkId' in event.data ? event.data.linkId : linkId,
})
