import type { WebhookInboxRow } from '@slipstream/records'
import { newId } from '@slipstream/runtime'

export const minuteAgo = () => new Date(Date.now() - 60_000)

/** A notice whose event was lost. */
export const noticeOf = (
  link: { _id: string; athleteId: string },
  changes: Partial<WebhookInboxRow> = {},
): WebhookInboxRow => ({
  ...{ _id: newId('inbox'), athleteId: link.athleteId, linkId: link._id, subscriptionId: '1' },
  ...{ objectType: 'activity', objectId: '7', aspectType: 'create', eventTime: minuteAgo(), updates: {} },
  ...{ receivedAt: minuteAgo(), nextTryAt: minuteAgo(), takenAt: null, deleteAt: new Date(Date.now() + 3_600_000) },
  ...{ outbox: [], ...changes },
})
