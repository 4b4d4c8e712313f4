export type { StravaActivity, UnreadableActivity } from './activity.ts'
export {
  type ActivityPage,
  createStravaApi,
  type ListActivitiesOptions,
  type RetryOptions,
  type StravaAnswer,
  type StravaApi,
  type StravaApiOptions,
  type StravaCallOptions,
} from './api.ts'
export type { StravaAthlete } from './athlete.ts'
export type { StravaCall, TransportOptions } from './attempt.ts'
export type { FailureKind, StravaEndpoint } from './judgement.ts'
export {
  createStravaOAuth,
  type RefreshedStravaTokens,
  type StravaGrant,
  type StravaOAuth,
  type StravaOAuthOptions,
  type StravaTokens,
} from './oauth.ts'
export { createPace, type Pace } from './pace.ts'
export type { ImplausibleField } from './plausible.ts'
export { createPushSubscriptions, type PushSubscriptions, type StravaSubscription } from './push-subscriptions.ts'
export type { QuotaPart, QuotaReading } from './quota-reading.ts'
export { type FailedOutcome, StravaError } from './strava-error.ts'
export { checkSignature, readWebhook, type SignatureResult, type StravaWebhook } from './webhook.ts'
