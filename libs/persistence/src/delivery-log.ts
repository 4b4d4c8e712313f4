import { type Clock, newId } from '@slipstream/runtime'
import type { DeadLetterDocument } from './collections/deliveries.ts'
import type { WritableCollection } from './store.ts'

/** Counts tries of a message and keeps those that were given up. */
export interface DeliveryLog {
  /** Call before each try. Resolves to the number of this try, counted from 1, over all processes and restarts. */
  startAttempt(consumer: string, eventId: string): Promise<number>
  /** Kept once per consumer and event: keeping it again replaces the earlier letter. Without an event id always anew. */
  keepDeadLetter(letter: Omit<DeadLetterDocument, '_id' | 'createdAt'>): Promise<void>
  /** The message is settled: its next try, if there is one, counts from 1. */
  forget(consumer: string, eventId: string): Promise<void>
}

/** Longer than the 7 days for which streams keep a message. */
const attemptsKeptMs = 8 * 24 * 60 * 60_000

const idOf = (consumer: string, eventId: string): string => `${consumer}:${eventId}`

export const createDeliveryLog = (
  collections: {
    deadLetters: WritableCollection<'deadLetters'>
    deliveryAttempts: WritableCollection<'deliveryAttempts'>
  },
  clock: Clock,
): DeliveryLog => ({
  startAttempt: async (consumer, eventId) => {
    const { attempts } = await collections.deliveryAttempts
      .findOneAndUpdate(
        { _id: idOf(consumer, eventId) },
        { $inc: { attempts: 1 }, $set: { expiresAt: new Date(clock.now().getTime() + attemptsKeptMs) } },
        { upsert: true, returnDocument: 'after' },
      )
      .lean()
    return attempts
  },
  keepDeadLetter: async (letter) => {
    const _id = letter.eventId === '' ? newId('letter') : idOf(letter.consumer, letter.eventId)
    await collections.deadLetters.replaceOne({ _id }, { ...letter, createdAt: clock.now() }, { upsert: true })
  },
  forget: async (consumer, eventId) => {
    await collections.deliveryAttempts.deleteOne({ _id: idOf(consumer, eventId) })
  },
})
