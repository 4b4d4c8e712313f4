import type { Request } from './load.ts'

/** Each webhook tells something new, of one athlete after another. */
export const createWebhooks = (subscriptionId: number, owners: readonly string[]) => {
  let sent = 0
  return (url: string): Request => {
    sent += 1
    const body = {
      ...{ aspect_type: 'create', object_type: 'activity', object_id: sent, updates: {} },
      ...{ owner_id: Number(owners[sent % owners.length]), subscription_id: subscriptionId },
      event_time: Math.floor(Date.now() / 1_000),
    }
    return { url, method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  }
}
