import { noticeAspects, noticeObjects } from '@slipstream/contracts'
import type { PushSubscriptionRow, WebhookInboxRow } from '@slipstream/records'
import {
  added,
  count,
  defineCollection,
  mixed,
  oneOf,
  optionalText,
  optionalTime,
  outbox,
  outboxIndexes,
  text,
  time,
} from './definition.ts'

export const webhookInbox = defineCollection<WebhookInboxRow>(
  'webhook_inbox',
  {
    _id: text,
    athleteId: text,
    linkId: text,
    subscriptionId: text,
    objectType: oneOf(noticeObjects),
    objectId: text,
    aspectType: oneOf(noticeAspects),
    eventTime: time,
    updates: mixed(),
    receivedAt: time,
    traceparent: added(text),
    takenAt: optionalTime,
    attempts: added(count),
    returned: added(count),
    failures: added(count),
    nextTryAt: time,
    deleteAt: time,
    outbox,
  },
  [
    { name: 'not_taken', key: { objectType: 1, takenAt: 1, nextTryAt: 1 } },
    { name: 'link', key: { linkId: 1, objectId: 1 } },
    {
      name: 'athlete_notices',
      key: { linkId: 1, nextTryAt: 1 },
      partialFilterExpression: { objectType: 'athlete', takenAt: null },
    },
    { name: 'garbage', key: { deleteAt: 1 }, expireAfterSeconds: 0 },
    ...outboxIndexes,
  ],
)

export const pushSubscription = defineCollection<PushSubscriptionRow>('push_subscription', {
  _id: text,
  subscriptionId: optionalText,
  since: added(optionalTime),
  makingUntil: optionalTime,
  nextCheckAt: time,
})
