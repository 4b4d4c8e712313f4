// Made from the contracts by `npm run generate`; not to be edited.

export type LinkTokenRequest =
  | {
      platform: 'web'
      returnTo?: string
    }
  | {
      platform: 'mobile'
      codeChallenge: string
    }
export type ErrorCode =
  | 'profile_required'
  | 'link_token_invalid'
  | 'link_expired'
  | 'consent_denied'
  | 'scope_missing'
  | 'strava_account_in_use'
  | 'different_strava_account'
  | 'app_full'
  | 'app_inactive'
  | 'app_misconfigured'
  | 'endpoint_closed'
  | 'strava_refuses'
  | 'reauth_required'
  | 'quota_exhausted'
  | 'strava_unavailable'
  | 'not_linked'
  | 'result_invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'invalid_request'
  | 'not_found'
  | 'method_not_allowed'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'too_many_requests'
  | 'request_in_progress'
  | 'idempotency_key_reused'
  | 'internal_error'
  | 'service_unavailable'

export interface Workout {
  id: string
  stravaActivityId: string
  source: 'strava' | (string & {})
  name: string
  /**
   * Open list: Strava adds sports without notice.
   */
  sportType: string
  startedAt: string
  /**
   * Wall-clock time where the activity took place, without offset.
   */
  startedAtLocal: string
  /**
   * IANA name, for example America/New_York.
   */
  timezone: string | null
  /**
   * 0 as well where it is not known.
   */
  distanceMeters: number
  /**
   * 0 as well where it is not known.
   */
  movingTimeSeconds: number
  /**
   * 0 as well where it is not known.
   */
  elapsedTimeSeconds: number
  /**
   * 0 as well where it is not known.
   */
  elevationGainMeters: number
  averageHeartRateBpm: number | null
  maxHeartRateBpm: number | null
  /**
   * As Strava gives it: for runs, one leg.
   */
  averageCadenceRpm: number | null
  averageWatts: number | null
  /**
   * False: the watts are an estimate of Strava. Null: there are none, or it is not known.
   */
  isPowerMeasured: boolean | null
  /**
   * As the athlete marked it.
   */
  workoutType: 'race' | 'long_run' | 'workout' | (string & {}) | null
  energyKilojoules: number | null
  relativeEffort: number | null
  isManual: boolean
  isTrainer: boolean
  isCommute: boolean
  visibility: 'everyone' | 'followers_only' | 'only_me' | (string & {}) | null
  deviceName: string | null
  stravaUrl: string
  /**
   * Grows by one with each change; order events by it.
   */
  version: number
  firstIngestedAt: string
  updatedAt: string
}
export interface AthleteLinked {
  athleteId: string
  linkId: string
  stravaAthleteId: string
  scopes: string[]
  linkedAt: string
}
export interface AthleteUnlinked {
  athleteId: string
  linkId: string
  reason: 'user' | 'revoked_at_strava' | 'slot_freed' | 'policy' | (string & {})
  receiptId: string
  unlinkedAt: string
}
/**
 * Ingestion deleted what it held of an unlinked athlete, or what came under a grant that stayed dead; completes the receipt.
 */
export interface AthleteErased {
  athleteId: string
  linkId: string
  receiptId: string
  deleted: {
    [k: string]: number
  }
  erasedAt: string
}
export interface AthleteReauthRequired {
  athleteId: string
  linkId: string
  code: string
  since: string
}
export interface SyncTriggered {
  athleteId: string
  linkId: string
  runId: string
  requestedAt: string
}
export interface StravaNotified {
  athleteId: string
  linkId: string
  inboxId: string
  objectType: 'activity' | 'athlete' | (string & {})
  objectId: string
  aspectType: 'create' | 'update' | 'delete' | (string & {})
  eventTime: string
}
export interface SyncRequested {
  athleteId: string
  linkId: string
  runId: string
  lane: 'interactive' | 'realtime' | 'scheduled' | 'backfill' | (string & {})
  cause: 'linked' | 'manual' | 'hourly' | 'webhook' | 'reconcile' | 'backfill' | (string & {})
  window: {
    after: string
    before: string
  }
  /**
   * Of a webhook: what is asked for; empty: the window.
   */
  activityIds: string[]
  requestedVersion: number
  /**
   * The want of the lane that the run was made for; 0: told by release 0.1.
   */
  laneVersion: number
  requestedAt: string
}
export interface SyncProgress {
  athleteId: string
  runId: string
  listed: number
  stored: number
  estimatedFinishAt: string | null
  /**
   * What has become of the run; null: told by a release before 0.2.
   */
  state: 'queued' | 'waiting' | 'running' | 'finished' | (string & {}) | null
  waitingFor: 'quota' | 'strava' | 'app' | (string & {}) | null
}
export interface SyncFinished {
  athleteId: string
  linkId: string
  runId: string
  requestedVersion: number
  /**
   * null: told by release 0.1.
   */
  lane: 'interactive' | 'realtime' | 'scheduled' | 'backfill' | (string & {}) | null
  /**
   * The want of the lane that the run was made for; 0: told by release 0.1.
   */
  laneVersion: number
  /**
   * null: told by release 0.1.
   */
  cause: 'linked' | 'manual' | 'hourly' | 'webhook' | 'reconcile' | 'backfill' | (string & {}) | null
  /**
   * What was wanted, by lane, and is answered by this run.
   */
  answers: {
    [k: string]: number
  }
  outcome: 'succeeded' | 'failed' | 'cancelled' | 'reauth_required' | (string & {})
  window: {
    after: string
    before: string
  }
  counts: {
    listed: number
    created: number
    updated: number
    deleted: number
    unchanged: number
    calls: number
  }
  startedAt: string
  finishedAt: string
  durationMs: number
}
export interface ActivityIngested {
  athleteId: string
  workoutId: string
  stravaActivityId: string
  version: number
  cause: 'linked' | 'manual' | 'hourly' | 'webhook' | 'reconcile' | 'backfill' | (string & {})
  workout: Workout
  source: 'strava' | (string & {})
  dataPolicy: {
    /**
     * Delete your copy by then; null when the operator keeps data.
     */
    expiresAt: string | null
    /**
     * Strava API Policy 5.3: no use in or for AI applications.
     */
    noAi: true
  }
  /**
   * From the moment the sync was asked for to the stored change.
   */
  latencyMs: number
}
export interface ActivityUpdated {
  athleteId: string
  workoutId: string
  stravaActivityId: string
  version: number
  cause: 'linked' | 'manual' | 'hourly' | 'webhook' | 'reconcile' | 'backfill' | (string & {})
  workout: Workout
  source: 'strava' | (string & {})
  dataPolicy: {
    /**
     * Delete your copy by then; null when the operator keeps data.
     */
    expiresAt: string | null
    /**
     * Strava API Policy 5.3: no use in or for AI applications.
     */
    noAi: true
  }
  /**
   * From the moment the sync was asked for to the stored change.
   */
  latencyMs: number
  changedFields: string[]
}
/**
 * Fetched again and unchanged: a copy may be kept until then.
 */
export interface ActivityRefreshed {
  athleteId: string
  workoutId: string
  stravaActivityId: string
  version: number
  dataPolicy: {
    /**
     * Delete your copy by then; null when the operator keeps data.
     */
    expiresAt: string | null
    /**
     * Strava API Policy 5.3: no use in or for AI applications.
     */
    noAi: true
  }
}
export interface ActivityDeleted {
  athleteId: string
  workoutId: string
  stravaActivityId: string
  version: number
  reason: string
}
export interface LinkCompletionRequest {
  result: string
  codeVerifier: string
}
export interface SubscriptionRequest {
  /**
   * Whether the subscription of another installation gives way.
   */
  replacesForeign?: boolean
}
export interface ProfileSubmission {
  displayName: string
  primarySport: string
  weeklyGoalHours?: number | null
}
export interface LinkToken {
  linkToken: string
  connectUrl: string
  expiresAt: string
}
export interface Problem {
  /**
   * A page that says what this error means, and who can do what.
   */
  type: string
  title: string
  status: number
  detail: string
  code: ErrorCode | (string & {})
  actor: 'athlete' | 'operator' | 'nobody' | (string & {})
  action: string
  actionUrl: string | null
  errors: {
    path: string
    message: string
  }[]
}
export interface Status {
  status: 'not_linked' | 'pending' | 'active' | 'reauth_required' | 'paused' | (string & {})
  athlete: {
    stravaAthleteId: string
    displayName: string
  } | null
  scopes: string[]
  linkedAt: string | null
  lastSync: {
    runId: string
    outcome: 'succeeded' | 'failed' | 'cancelled' | 'reauth_required' | (string & {})
    finishedAt: string
    counts: {
      listed: number
      created: number
      updated: number
      deleted: number
      unchanged: number
      calls: number
    }
  } | null
  sync: {
    runId: string
    lane: 'interactive' | 'realtime' | 'scheduled' | 'backfill' | (string & {})
    state: 'queued' | 'waiting' | 'running' | (string & {})
    waitingFor: 'quota' | 'strava' | 'app' | (string & {}) | null
    listed: number
    stored: number
    /**
     * Activities in the window; null before the first page.
     */
    expected: number | null
    /**
     * Whether `expected` is worked out from the dates listed so far, and not known yet.
     */
    isEstimate: boolean
    estimatedStartAt: string | null
    estimatedFinishAt: string | null
  } | null
  nextSyncAt: string | null
  /**
   * How often all of the window is listed; webhooks come on top. null: not known yet.
   */
  syncEvery: {
    minutes: number
    /**
     * The quota of the app carries no more.
     */
    isStretched: boolean
  } | null
  completeUpTo: string | null
  incomplete: {
    count: number
    reason: 'activity_unreadable' | (string & {})
  } | null
  error: ActionableError | null
}
export interface ActionableError {
  code: ErrorCode | (string & {})
  title: string
  detail: string
  actor: 'athlete' | 'operator' | 'nobody' | (string & {})
  action: string
  actionUrl: string | null
}
export interface SyncAccepted {
  runId: string
  position: number
  estimatedStartAt: string
}
export interface UnlinkAccepted {
  receiptId: string
}
export interface SubscriptionCheck {
  /**
   * `foreign`: it posts to another installation and was left alone. `busy`: another replica is at it.
   */
  outcome: 'kept' | 'made' | 'foreign' | 'busy' | (string & {})
}
export interface Export {
  exportedAt: string
  athleteId: string
  profile: Profile
  strava: Status
  workouts: Workout[]
  runs: Run[]
  receipts: Receipt[]
  /**
   * What Strava told of the athlete in the last 7 days, oldest first.
   *
   * @maxItems 10000
   */
  notices: Notice[]
  /**
   * What could not be worked on in the last 30 days, newest first.
   *
   * @maxItems 1000
   */
  setAside: SetAside[]
}
export interface Profile {
  displayName: string | null
  primarySport: string | null
  weeklyGoalHours: number | null
  /**
   * null until the profile is submitted.
   */
  submittedAt: string | null
}
export interface Run {
  runId: string
  /**
   * The run that did what this one was asked for; this one was not needed then.
   */
  joinedTo: string | null
  cause: 'linked' | 'manual' | 'hourly' | 'webhook' | 'reconcile' | 'backfill' | (string & {})
  lane: 'interactive' | 'realtime' | 'scheduled' | 'backfill' | (string & {})
  state: 'queued' | 'waiting' | 'running' | 'finished' | (string & {})
  outcome: 'succeeded' | 'failed' | 'cancelled' | 'reauth_required' | (string & {}) | null
  /**
   * Why it failed.
   */
  error: ActionableError | null
  /**
   * What a webhook made it look at; empty: the whole window.
   */
  activityIds: string[]
  /**
   * null until it has begun.
   */
  window: {
    after: string
    before: string
  } | null
  counts: {
    listed: number
    created: number
    updated: number
    deleted: number
    unchanged: number
    calls: number
  }
  /**
   * What it had to wait for, the last ten times.
   */
  waits: {
    reason: 'quota' | 'strava' | 'app' | (string & {})
    since: string
    until: string
  }[]
  requestedAt: string
  startedAt: string | null
  finishedAt: string | null
}
export interface Receipt {
  receiptId: string
  reason: 'user' | 'revoked_at_strava' | 'slot_freed' | 'policy' | (string & {})
  requestedAt: string
  completedAt: string | null
  /**
   * When the data were deleted; ending the access at Strava may take longer. null: not yet.
   */
  erasedAt: string | null
  deleted: {}
  /**
   * null: not known. False as long as the receipt is not complete.
   */
  revokedAtStrava: boolean | null
  /**
   * linked_again: the Strava account was linked again before it was revoked. check_strava: the athlete should look at Strava whether access has ended.
   */
  note: 'linked_again' | 'check_strava' | (string & {}) | null
  /**
   * Where to look, with check_strava, or to end access, while that is still to be done.
   */
  actionUrl: string | null
}
/**
 * What Strava told of the athlete, as it told it.
 */
export interface Notice {
  objectType: 'activity' | 'athlete' | (string & {})
  objectId: string
  aspectType: 'create' | 'update' | 'delete' | (string & {})
  eventTime: string
  updates: {}
  receivedAt: string
}
/**
 * Something about the athlete that could not be worked on.
 */
export interface SetAside {
  reason: string
  eventType: string
  at: string
  /**
   * As it was read; it may be in no form that can be.
   */
  payload: string
}
export interface RunPage {
  items: Run[]
  nextCursor: string | null
}
export interface ReceiptList {
  items: Receipt[]
}
export interface Summary {
  profile: Profile
  strava: Status
  load: TrainingLoad
  recentWorkouts: Workout[]
  /**
   * The sports of all stored workouts, each once: what a filter by `sportType` can find.
   */
  sportTypes: string[]
}
export interface TrainingLoad {
  /**
   * Names the formula and its source.
   */
  method: string
  days: {
    date: string
    load: number
    durationSeconds: number
  }[]
  /**
   * Mean daily load over 7 days.
   */
  acute: number
  /**
   * Mean daily load over 28 days.
   */
  chronic: number
  /**
   * acute / chronic; null while chronic is 0.
   */
  ratio: number | null
}
export interface WorkoutPage {
  items: Workout[]
  nextCursor: string | null
}
export interface ErrorEntry {
  code: ErrorCode | (string & {})
  title: string
  detail: string
  actor: 'athlete' | 'operator' | 'nobody' | (string & {})
  action: string
  actionUrl: string | null
  status: number
}
export interface ListWorkoutsQuery {
  /**
   * Started at or after.
   */
  from?: string
  /**
   * Started before.
   */
  to?: string
  sportType?: string
  limit?: number
  cursor?: string
}
export interface ListRunsQuery {
  limit?: number
  cursor?: string
}
export interface PageConfig {
  issuer: string
  audience: string
  clientId: string
  scopes: string[]
  profileGate: 'local' | 'claim' | 'off' | (string & {})
  /**
   * Where the page is to be opened.
   */
  publicUrl: string
  /**
   * Address or path of Strava's own button, where the operator has set it; null: plain text.
   */
  stravaButtonImage: string | null
}
export interface ErrorList {
  items: ErrorEntry[]
}
/**
 * The data of each event.
 */
export interface EventDataByType {
  'athlete.linked': AthleteLinked
  'athlete.unlinked': AthleteUnlinked
  'athlete.erased': AthleteErased
  'athlete.reauth_required': AthleteReauthRequired
  'sync.triggered': SyncTriggered
  'strava.notified': StravaNotified
  'sync.requested': SyncRequested
  'sync.progress': SyncProgress
  'sync.finished': SyncFinished
  'activity.ingested': ActivityIngested
  'activity.updated': ActivityUpdated
  'activity.refreshed': ActivityRefreshed
  'activity.deleted': ActivityDeleted
}
