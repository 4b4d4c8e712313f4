import type { DeliveryLog } from '@slipstream/records'
import { type Clock, newId } from '@slipstream/runtime'
import type { WritableCollection } from './store.ts'

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
  deleteReplayed: async ({ _id, createdAt }) => {
    await collections.deadLetters.deleteOne({ _id, createdAt })
  },
  deleteLettersOf: async ({ athleteId, linkId, until }) => {
    await collections.deadLetters.deleteMany({ $or: [{ linkId }, { athleteId, createdAt: { $lt: until } }] })
  },
  forget: async (consumer, eventId) => {
    await collections.deliveryAttempts.deleteOne({ _id: idOf(consumer, eventId) })
  },
})
