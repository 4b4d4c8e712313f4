import { createHmac } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock, Secret } from '@slipstream/runtime'
import type { Behaviour } from './domain/fault-rules.ts'
import type { Random } from './domain/random.ts'
import { epochSeconds } from './domain/times.ts'
import type { Announcement, WebhookEvent } from './domain/webhook-events.ts'
import type { Facts } from './facts.ts'
import type { SubscriptionBook } from './state/subscription-book.ts'

/** One event and how its delivery went; `attempts` holds a status per try, 0 for no answer in time. */
export interface WebhookDelivery {
  readonly event: WebhookEvent
  attempts: number[]
  outcome: 'pending' | 'delivered' | 'given_up' | 'lost'
}

export interface WebhookSender {
  /** Starts delivery and returns at once: at Strava nobody waits for a webhook either. */
  announce(announcements: readonly Announcement[]): void
  /** The latest deliveries, oldest first. */
  deliveries(): readonly WebhookDelivery[]
  /** What is late, held back or waits for its next try is sent now. */
  hurry(): void
  forget(): void
  stop(): void
}

const answerWithinMs = 2000
const maxAttempts = 3
const keptDeliveries = 1000
/** An event out of order waits for the next one, but not for ever. */
const heldBackMs = 5000

/**
 * Posts events to the application's subscription: 2 s to answer 200, three tries in all, then dropped for good.
 * Order is not kept, and behaviour switches add delay, doubling, loss and disorder.
 */
export const createWebhookSender = (deps: {
  clock: Clock
  random: Random
  behaviour: () => Behaviour['webhooks']
  subscriptions: SubscriptionBook
  signingSecret: Secret | null
  facts: Facts
}): WebhookSender => {
  const stopping = new AbortController()
  let deliveries: WebhookDelivery[] = []
  let releaseHeld: () => void = () => {}
  let hurried = Promise.withResolvers<void>()

  const signature = (body: string): Record<string, string> => {
    if (!deps.signingSecret) return {}
    const time = epochSeconds(deps.clock.now())
    const mac = createHmac('sha256', deps.signingSecret.reveal()).update(`${time}.${body}`).digest('hex')
    return { 'x-strava-signature': `t=${time},v1=${mac}` }
  }
  const post = async (callbackUrl: string, event: WebhookEvent): Promise<number> => {
    const body = JSON.stringify(event)
    try {
      const response = await fetch(callbackUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signature(body) },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(answerWithinMs)]),
      })
      await response.body?.cancel()
      return response.status
    } catch {
      // No answer is an outcome here, and recorded as one: status 0.
      return 0
    }
  }
  const deliver = async (
    delivery: WebhookDelivery,
    callbackUrl: string,
    { held, releasePrevious }: { held: Promise<void> | null; releasePrevious: () => void },
  ) => {
    const pause = (ms: number) =>
      Promise.race([hurried.promise, delay(ms, undefined, { ref: false, signal: stopping.signal })])
    if (held) await Promise.race([held, pause(heldBackMs)])
    const { delayMs } = deps.behaviour()
    if (delayMs > 0) await pause(delayMs)
    while (delivery.attempts.length < maxAttempts) {
      if (delivery.attempts.length > 0) await pause(deps.behaviour().retryDelayMs)
      const status = await post(callbackUrl, delivery.event)
      delivery.attempts.push(status)
      releasePrevious()
      if (status === 200) break
    }
    delivery.outcome = delivery.attempts.at(-1) === 200 ? 'delivered' : 'given_up'
    deps.facts.webhookDelivered(delivery.outcome, delivery.event.aspect_type)
  }
  const start = (event: WebhookEvent, callbackUrl: string, order: Parameters<typeof deliver>[2]) => {
    const delivery: WebhookDelivery = { event, attempts: [], outcome: 'pending' }
    deliveries.push(delivery)
    if (deliveries.length > keptDeliveries * 1.2) deliveries = deliveries.slice(-keptDeliveries)
    if (deps.random.chance(deps.behaviour().lost)) {
      delivery.outcome = 'lost'
      order.releasePrevious()
      deps.facts.webhookDelivered('lost', event.aspect_type)
      return
    }
    deliver(delivery, callbackUrl, order).catch((error: unknown) => {
      if (!stopping.signal.aborted) deps.facts.failed(error)
    })
  }

  const send = (announcement: Announcement) => {
    const subscription = deps.subscriptions.current()
    const behaviour = deps.behaviour()
    if (!subscription || !behaviour.enabled) return
    const event: WebhookEvent = {
      ...announcement,
      event_time: epochSeconds(deps.clock.now()),
      subscription_id: subscription.id,
    }
    const copies = deps.random.chance(behaviour.doubled) ? 2 : 1
    for (let copy = 0; copy < copies; copy += 1) {
      const releasePrevious = releaseHeld
      const { promise, resolve } = Promise.withResolvers<void>()
      const holdBack = deps.random.chance(behaviour.outOfOrder)
      releaseHeld = holdBack ? resolve : () => {}
      start(event, subscription.callbackUrl, { held: holdBack ? promise : null, releasePrevious })
    }
  }

  return {
    announce: (announcements) => announcements.forEach(send),
    deliveries: () => deliveries,
    hurry: () => {
      hurried.resolve()
      hurried = Promise.withResolvers<void>()
    },
    forget: () => {
      deliveries = []
    },
    stop: () => stopping.abort(),
  }
}
