import type { AnsweredRequestRow, RequestCountRow } from '@slipstream/records'
import { sealedText } from './credentials.ts'
import { added, count, defineCollection, text, time } from './definition.ts'

export const requestCounts = defineCollection<RequestCountRow>(
  'request_counts',
  { key: text, points: count, expire: time },
  [
    { name: 'key', key: { key: 1 }, unique: true },
    { name: 'garbage', key: { expire: 1 }, expireAfterSeconds: 0 },
  ],
)

export const answeredRequests = defineCollection<AnsweredRequestRow>(
  'answered_requests',
  {
    _id: text,
    athleteId: text,
    fingerprint: text,
    claimedUntil: time,
    answer: added(sealedText),
    deleteAt: time,
  },
  [
    { name: 'athlete', key: { athleteId: 1 } },
    { name: 'garbage', key: { deleteAt: 1 }, expireAfterSeconds: 0 },
  ],
)
