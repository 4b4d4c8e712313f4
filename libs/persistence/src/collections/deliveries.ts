import { Schema } from 'mongoose'
import { count, defineCollection, id, text, time } from './definition.ts'

/** A message that could not be handled, kept with its reason so that it can be looked at and replayed. */
export interface DeadLetterDocument {
  _id: string
  consumer: string
  subject: string
  eventId: string
  eventType: string
  reason: string
  error: string
  attempts: number
  headers: Record<string, string>
  payload: string
  createdAt: Date
}

export const deadLetters = defineCollection<DeadLetterDocument>(
  'dead_letters',
  {
    _id: id,
    consumer: text,
    subject: text,
    eventId: { type: String, default: '' },
    eventType: { type: String, default: '' },
    reason: text,
    error: { type: String, default: '' },
    attempts: count,
    headers: { type: Schema.Types.Mixed, default: {} },
    payload: { type: String, default: '' },
    createdAt: time,
  },
  [{ name: 'newest', key: { createdAt: -1 } }],
)

/** How often a consumer tried a message; `_id` is `<consumer>:<ce-id>`. JetStream's own count does not survive a crash. */
export interface DeliveryAttemptDocument {
  _id: string
  attempts: number
  expiresAt: Date
}

export const deliveryAttempts = defineCollection<DeliveryAttemptDocument>(
  'delivery_attempts',
  { _id: id, attempts: count, expiresAt: time },
  [{ name: 'garbage', key: { expiresAt: 1 }, expireAfterSeconds: 0 }],
)
