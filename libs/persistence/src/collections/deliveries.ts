import type { DeadLetterRow, DeliveryAttemptRow } from '@slipstream/records'
import { added, anyText, count, defineCollection, mixed, optionalText, text, time } from './definition.ts'

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
    athleteId: added(optionalText),
    linkId: added(optionalText),
    createdAt: time,
  },
  [
    { name: 'newest', key: { createdAt: -1 } },
    { name: 'athlete', key: { athleteId: 1, createdAt: 1 } },
    { name: 'link', key: { linkId: 1 } },
    { name: 'garbage', key: { createdAt: 1 }, expireAfterSeconds: 30 * 24 * 60 * 60 },
  ],
)

export const deliveryAttempts = defineCollection<DeliveryAttemptRow>(
  'delivery_attempts',
  { _id: text, attempts: count, expiresAt: time },
  [{ name: 'garbage', key: { expiresAt: 1 }, expireAfterSeconds: 0 }],
)
