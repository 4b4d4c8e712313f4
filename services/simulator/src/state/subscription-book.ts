import type { Clock } from '@slipstream/runtime'

export interface Subscription {
  readonly id: number
  readonly callbackUrl: string
  readonly createdAt: string
}

/** An application has one push subscription or none. */
export interface SubscriptionBook {
  current(): Subscription | null
  create(callbackUrl: string): Subscription
  /** False when there is no subscription with this id. */
  remove(id: number): boolean
  reset(): void
  restore(subscription: Subscription | null): void
}

export const createSubscriptionBook = ({ clock }: { clock: Clock }): SubscriptionBook => {
  let subscription: Subscription | null = null
  let lastId = 131_300
  return {
    current: () => subscription,
    create: (callbackUrl) => {
      lastId += 1
      subscription = { id: lastId, callbackUrl, createdAt: clock.now().toISOString() }
      return subscription
    },
    remove: (id) => {
      if (subscription?.id !== id) return false
      subscription = null
      return true
    },
    reset: () => {
      subscription = null
    },
    restore: (saved) => {
      subscription = saved
      lastId = saved?.id ?? lastId
    },
  }
}
