import { type Clock, sha256 } from '@slipstream/runtime'
import type { StravaWebhook } from '@slipstream/strava'
import type { Inbox, Links, Subscriptions } from '../domain/ports.ts'

/** What became of a webhook; a label, so the set is closed. */
export type WebhookOutcome = 'stored' | 'repeated' | 'unknown_owner' | 'foreign_subscription' | 'refused' | 'not_stored'

export interface StoreWebhookDeps {
  inbox: Pick<Inbox, 'add'>
  links: Pick<Links, 'ofAccount'>
  subscriptions: Pick<Subscriptions, 'find'>
  clock: Clock
  /** Publishes what was just committed. */
  nudge: () => void
  /** A notice that an athlete has revoked the app was stored, and may be looked at now. */
  revocationNoticed: () => void
}

const keptMs = 7 * 24 * 60 * 60_000
/** The event of a notice is heard within a second, or was lost. */
const unheardAfterMs = 10_000

/** All of what was said, so that the same is known again; two changes within a second differ in their updates. */
const idOf = ({ eventTime, updates, ...rest }: StravaWebhook): string => {
  const sorted = Object.entries(updates).toSorted(([one], [other]) => (one < other ? -1 : 1))
  const { subscriptionId, objectType, objectId, ownerId, aspectType } = rest
  const said = [subscriptionId, objectType, objectId, ownerId, aspectType, eventTime.getTime(), sorted]
  return sha256(JSON.stringify(said))
}

/** An *update* is what is documented, a *delete* what some have seen. */
const saysRevoked = ({ objectType, aspectType, updates }: StravaWebhook): boolean =>
  objectType === 'athlete' && (aspectType === 'delete' || updates.authorized === 'false')

/** Puts a webhook into the inbox, where somebody looks after it; once it is there it may be answered. */
export const storeWebhook =
  ({ inbox, links, subscriptions, clock, nudge, revocationNoticed }: StoreWebhookDeps) =>
  async (webhook: StravaWebhook): Promise<WebhookOutcome> => {
    const { ownerId, ...said } = webhook
    const [subscription, link] = await Promise.all([subscriptions.find(), links.ofAccount(ownerId)])
    const known = subscription?.subscriptionId ?? said.subscriptionId
    if (known !== said.subscriptionId) return 'foreign_subscription'
    if (!link) return 'unknown_owner'
    const receivedAt = clock.now()
    const isRelayed = said.objectType === 'activity'
    const isRevocation = saysRevoked(webhook)
    const looksFrom = isRevocation ? (link.nextRevocationLookAt ?? receivedAt) : receivedAt
    const isNew = await inbox.add(
      {
        ...{ _id: idOf(webhook), athleteId: link.athleteId, linkId: link.linkId, ...said },
        // What else is said of an athlete asks for nothing.
        ...{ receivedAt, takenAt: isRelayed || isRevocation ? null : receivedAt },
        nextTryAt: isRelayed ? new Date(receivedAt.getTime() + unheardAfterMs) : looksFrom,
        deleteAt: new Date(receivedAt.getTime() + keptMs),
      },
      { isRelayed },
    )
    if (isNew && isRelayed) nudge()
    if (isNew && isRevocation && looksFrom <= receivedAt) revocationNoticed()
    return isNew ? 'stored' : 'repeated'
  }
