import type { DeadLetterRow, DeliveryAttemptRow } from '@slipstream/records'
import { anyText, count, defineCollection, mixed, text, time } from './definition.ts'

export const deadLetters = defineCollection<DeadLetterRow>(
  'dead_letters',
  {
    _id: text,
    consumer: text,
    subject: text,
    eventId: anyText,
    eventType: anyText,
    reason: text,
    error: anyText,
    attempts: count,
    headers: mixed(),
    payload: anyText,
    createdAt: time,
  },
  [{ name: 'newest', key: { createdAt: -1 } }],
)

export const deliveryAttempts = defineCollection<DeliveryAttemptRow>(
  'delivery_attempts',
  { _id: text, attempts: count, expiresAt: time },
  [{ name: 'garbage', key: { expiresAt: 1 }, expireAfterSeconds: 0 }],
)
