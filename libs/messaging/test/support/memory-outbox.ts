import type { OutboxEvent } from '@slipstream/contracts'
import type { OutboxSource, WaitingEvent } from '@slipstream/records'

/** Documents with waiting events, without a database. */
export const memoryOutbox = (name = 'documents') => {
  const documents = new Map<string, WaitingEvent[]>()
  const source: OutboxSource = {
    name,
    waiting: async ({ occurredBefore, now }, limit) =>
      [...documents]
        .filter(([, events]) =>
          events.some(({ occurredAt, nextTryAt }) => (nextTryAt ? nextTryAt <= now : occurredAt <= occurredBefore)),
        )
        .slice(0, limit)
        .map(([documentId, events]) => ({ documentId, linkId: null, events: [...events] })),
    settle: async (relayed) => {
      for (const { documentId, settledIds, failed } of relayed) {
        const rest = (documents.get(documentId) ?? [])
          .filter(({ id }) => !settledIds.includes(id))
          .map((event) => ({
            ...event,
            ...(failed && { nextTryAt: failed.nextTryAt }),
            ...(failed?.eventId === event.id && { attempts: failed.attempts }),
          }))
        if (rest.length === 0) documents.delete(documentId)
        else documents.set(documentId, rest)
      }
    },
    count: async () => [...documents.values()].flat().length,
  }
  const add = (documentId: string, ...events: OutboxEvent[]) =>
    documents.set(documentId, [...(documents.get(documentId) ?? []), ...events])
  return { source, add, documents }
}
