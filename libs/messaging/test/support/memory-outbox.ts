import type { OutboxEvent } from '@slipstream/contracts'
import type { OutboxSource } from '@slipstream/records'

/** Documents with waiting events, without a database. */
export const memoryOutbox = (name = 'documents') => {
  const documents = new Map<string, OutboxEvent[]>()
  const source: OutboxSource = {
    name,
    waiting: async (occurredBefore, limit) =>
      [...documents]
        .filter(([, events]) => events.some((event) => event.occurredAt < occurredBefore))
        .slice(0, limit)
        .map(([documentId, events]) => ({ documentId, events: [...events] })),
    settle: async (published) => {
      for (const { documentId, eventIds } of published) {
        const rest = (documents.get(documentId) ?? []).filter(({ id }) => !eventIds.includes(id))
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
