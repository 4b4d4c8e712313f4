import type { NoticeAspect, noticeObjects } from '@slipstream/contracts'
import type { WaitingEvent } from './outbox.ts'

/**
 * What a webhook said; `_id` is a hash over all of it, so that a repeated one is known. `takenAt`: the scheduler has put
 * what it asks for into the athlete's row, or the gateway has found out whether the athlete's grant is gone.
 */
export interface WebhookInboxRow {
  _id: string
  athleteId: string
  linkId: string
  subscriptionId: string
  objectType: (typeof noticeObjects)[number]
  objectId: string
  aspectType: NoticeAspect
  /** In whole seconds: no order can be concluded from it alone. */
  eventTime: Date
  updates: Record<string, string>
  receivedAt: Date
  /** W3C trace context of the request that brought it. */
  traceparent?: string
  takenAt: Date | null
  /** Looks in vain: at an activity that is not there yet, or for whether an athlete's grant is gone. */
  attempts?: number
  /** How often it was put back after it was asked for: whoever asked for it before does not mark it as taken any more. */
  returned?: number
  /** Tries to take it in that failed. */
  failures?: number
  /** When somebody looks at it though its event was lost, or again. */
  nextTryAt: Date
  deleteAt: Date
  outbox: WaitingEvent[]
}

/**
 * The one push subscription of a Strava app; `_id` is its client id. Strava's challenge is answered only while
 * none is known, or one is being made.
 */
export interface PushSubscriptionRow {
  _id: string
  subscriptionId: string | null
  /** Since when it is known without a break. */
  since?: Date | null
  /** Until then Strava may come and ask. */
  makingUntil: Date | null
  /** When one replica looks again whether it is there. */
  nextCheckAt: Date
}
