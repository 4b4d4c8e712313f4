import { createPushSubscriptions, type FailedOutcome, StravaError, type StravaSubscription } from '@slipstream/strava'
import type { readStrava } from '../../settings.ts'
import type { HeardClock } from '../judge/clocks.ts'

const limitMs = 5_000

/** What one call with the app's own credentials shows; it is outside the quota. */
export interface StravaLook {
  answer: 'ok' | FailedOutcome
  subscription: StravaSubscription | null
  /** Null where no answer came. */
  clock: HeardClock | null
}

export const lookAtStrava = async (settings: ReturnType<typeof readStrava>): Promise<StravaLook> => {
  let clock: HeardClock | null = null
  const listening: typeof fetch = async (input, init) => {
    const askedAt = new Date()
    const response = await fetch(input, init)
    const earliest = new Date(response.headers.get('date') ?? '')
    if (!Number.isNaN(earliest.getTime())) {
      // The header shows whole seconds.
      const latest = new Date(earliest.getTime() + 1_000)
      clock = { whose: 'Strava', earliest, latest, askedAt, answeredAt: new Date() }
    }
    return response
  }
  const subscriptions = createPushSubscriptions({
    baseUrl: settings.STRAVA_API_BASE_URL,
    clientId: settings.STRAVA_CLIENT_ID,
    clientSecret: settings.STRAVA_CLIENT_SECRET,
    fetch: listening,
    timeoutMs: limitMs,
  })
  try {
    const subscription = await subscriptions.find()
    return { answer: 'ok', subscription, clock }
  } catch (error) {
    if (!(error instanceof StravaError)) throw error
    return { answer: error.outcome, subscription: null, clock }
  }
}
