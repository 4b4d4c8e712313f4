import type { Collections } from '@slipstream/persistence'
import type { WebhookReader } from '../domain/ports.ts'

export const createWebhookReader = (
  { webhookInbox, pushSubscription }: Pick<Collections<'ingestion'>, 'webhookInbox' | 'pushSubscription'>,
  clientId: string,
): WebhookReader => ({
  pushedSince: async () => {
    const subscription = await pushSubscription.findById(clientId).lean()
    return subscription?.subscriptionId ? (subscription.since ?? null) : null
  },
  told: async (linkId, activityIds, from) => {
    const notices = await webhookInbox
      .find(
        { linkId, objectId: { $in: [...activityIds] }, objectType: 'activity', receivedAt: { $gte: from } },
        { objectId: 1 },
      )
      .lean()
    return notices.map(({ objectId }) => objectId)
  },
})
