import { type Collections, isDuplicateKey } from '@slipstream/persistence'
import type { FetchTickets } from '../domain/ports.ts'

export const createFetchTickets = ({ fetchTickets }: Pick<Collections<'ingestion'>, 'fetchTickets'>): FetchTickets => {
  const increment = async (linkId: string) => {
    const { lastTicket } = await fetchTickets
      .findOneAndUpdate({ _id: linkId }, { $inc: { lastTicket: 1 } }, { upsert: true, returnDocument: 'after' })
      .lean()
    return lastTicket
  }
  return {
    next: async (linkId) => {
      try {
        return await increment(linkId)
      } catch (error) {
        // Two first tickets at once: one insert wins, the other finds it on the second try.
        if (isDuplicateKey(error)) return increment(linkId)
        throw error
      }
    },
  }
}
