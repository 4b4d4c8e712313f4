// Made from the contracts by `npm run generate`; not to be edited.

export type LinkTokenRequest =
  | {
      /**
       * A page in a browser.
       */
      platform: 'web'
      /**
       * Path of the page to come back to; left out: the start page.
       */
      returnTo?: string
    }
  | {
      /**
       * An app on a phone.
       */
      platform: 'mobile'
      /**
       * PKCE: BASE64URL(SHA-256(code verifier)).
       */
      codeChallenge: string
    }
/**
 * Names the error and never changes its meaning; see the error catalogue. Codes may be added.
 */
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

/**
 * A Strava activity as Slipstream stores and serves it, in SI units.
 */
export interface Workout {
  /**
   * Id of the workout; stays the same for as long as it is stored.
   */
  id: string
  /**
   * Id of the activity at Strava.
   */
  stravaActivityId: string
  /**
   * Where it comes from.
   */
  source: 'strava' | (string & {})
  /**
   * Title that the athlete or their device gave it.
   */
  name: string
  /**
   * Sport, as Strava calls it. Open list: Strava adds sports without notice.
   */
  sportType: string
  /**
   * When it began, in UTC.
   */
  startedAt: string
  /**
   * Wall-clock time where the activity took place, without offset.
   */
  startedAtLocal: string
  /**
   * IANA name, for example America/New_York. null: not known.
   */
  timezone: string | null
  /**
   * Metres. 0 as well where it is not known.
   */
  distanceMeters: number
  /**
   * Seconds in motion. 0 as well where it is not known.
   */
  movingTimeSeconds: number
  /**
   * Seconds from beginning to end, with breaks. 0 as well where it is not known.
   */
  elapsedTimeSeconds: number
  /**
   * Metres climbed. 0 as well where it is not known.
   */
  elevationGainMeters: number
  /**
   * Beats a minute. null: not known.
   */
  averageHeartRateBpm: number | null
  /**
   * Beats a minute. null: not known.
   */
  maxHeartRateBpm: number | null
  /**
   * Turns a minute, as Strava gives it: for runs, steps of one leg. null: not known.
   */
  averageCadenceRpm: number | null
  /**
   * Watts; `isPowerMeasured` says whether they are an estimate. null: not known.
   */
  averageWatts: number | null
  /**
   * False: the watts are an estimate of Strava. Null: there are none, or it is not known.
   */
  isPowerMeasured: boolean | null
  /**
   * As the athlete marked it. `race`: a race; `long_run`: a long run; `workout`: planned training, such as intervals. null: not marked, or not known.
   */
  workoutType: 'race' | 'long_run' | 'workout' | (string & {}) | null
  /**
   * Kilojoules of work. null: not known.
   */
  energyKilojoules: number | null
  /**
   * Strava's score of how hard it was, from the heart rate. null: not known.
   */
  relativeEffort: number | null
  /**
   * Entered by hand, not recorded.
   */
  isManual: boolean
  /**
   * Done on a trainer, indoors.
   */
  isTrainer: boolean
  /**
   * Marked as a way to work.
   */
  isCommute: boolean
  /**
   * Who may see it at Strava. `everyone`: anybody; `followers_only`: the followers of the athlete; `only_me`: the athlete alone. null: not known.
   */
  visibility: 'everyone' | 'followers_only' | 'only_me' | (string & {}) | null
  /**
   * What recorded it; null: not known.
   */
  deviceName: string | null
  /**
   * Its page at Strava, to be linked as “View on Strava”.
   */
  stravaUrl: string
  /**
   * Grows by one with each change; order events by it.
   */
  version: number
  /**
   * When it was stored for the first time.
   */
  firstIngestedAt: string
  /**
   * When it was stored or changed last.
   */
  updatedAt: string
}
export interface AthleteLinked {
  /**
   * Whose data it is: the id that Slipstream gave the athlete.
   */
  athleteId: string
  /**
   * The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one.
   */
  linkId: string
  /**
   * Id of the athlete at Strava.
   */
  stravaAthleteId: string
  /**
   * What the athlete granted, as Strava names it.
   */
  scopes: string[]
  /**
   * When the athlete consented.
   */
  linkedAt: string
}
export interface AthleteUnlinked {
  /**
   * Whose data it is: the id that Slipstream gave the athlete.
   */
  athleteId: string
  /**
   * The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one.
   */
  linkId: string
  /**
   * Why the data are deleted. `user`: the athlete disconnected, or the operator did it for them; `revoked_at_strava`: the athlete ended the access at Strava; `slot_freed`: kept for later, not sent yet; `policy`: the access stayed dead, and the time that data may be kept is over.
   */
  reason: 'user' | 'revoked_at_strava' | 'slot_freed' | 'policy' | (string & {})
  /**
   * The receipt, as in `GET /api/v1/strava/receipts/{id}`.
   */
  receiptId: string
  /**
   * When the link ended.
   */
  unlinkedAt: string
}
/**
 * Ingestion deleted what it held of an unlinked athlete, or what came under a grant that stayed dead; completes the receipt.
 */
export interface AthleteErased {
  /**
   * Whose data it is: the id that Slipstream gave the athlete.
   */
  athleteId: string
  /**
   * The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one.
   */
  linkId: string
  /**
   * The receipt, as in `GET /api/v1/strava/receipts/{id}`.
   */
  receiptId: string
  /**
   * How many documents of each collection were deleted, and how many `events`.
   */
  deleted: {
    [k: string]: number
  }
  /**
   * When the last of it was deleted.
   */
  erasedAt: string
}
export interface AthleteReauthRequired {
  /**
   * Whose data it is: the id that Slipstream gave the athlete.
   */
  athleteId: string
  /**
   * The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one.
   */
  linkId: string
  /**
   * Why: a code of the error catalogue, such as `reauth_required` or `scope_missing`.
   */
  code: string
  /**
   * When the grant was seen to be lost.
   */
  since: string
}
export interface SyncTriggered {
  /**
   * Whose data it is: the id that Slipstream gave the athlete.
   */
  athleteId: string
  /**
   * The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one.
   */
  linkId: string
  /**
   * The sync run, as in `GET /api/v1/strava/runs`.
   */
  runId: string
  /**
   * When it was asked for.
   */
  requestedAt: string
}
export interface StravaNotified {
  /**
   * Whose data it is: the id that Slipstream gave the athlete.
   */
  athleteId: string
  /**
   * The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one.
   */
  linkId: string
  /**
   * The stored webhook.
   */
  inboxId: string
  /**
   * What it is about. `activity`: one activity; `athlete`: the access that the athlete gave.
   */
  objectType: 'activity' | 'athlete' | (string & {})
  /**
   * Id of the activity, or of the athlete, at Strava.
   */
  objectId: string
  /**
   * What is said to have become of it. `create`: it is new; `update`: it changed (of an athlete: access was ended at Strava); `delete`: it is gone.
   */
  aspectType: 'create' | 'update' | 'delete' | (string & {})
  /**
   * When it happened, as Strava says.
   */
  eventTime: string
}
export interface SyncRequested {
  /**
   * Whose data it is: the id that Slipstream gave the athlete.
   */
  athleteId: string
  /**
   * The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one.
   */
  linkId: string
  /**
   * The sync run, as in `GET /api/v1/strava/runs`.
   */
  runId: string
  /**
   * How urgent the work is. `interactive`: somebody waits; `realtime`: a webhook of Strava told of something; `scheduled`: the regular turn of each athlete; `backfill`: history, not in use yet.
   */
  lane: 'interactive' | 'realtime' | 'scheduled' | 'backfill' | (string & {})
  /**
   * Why the sync was asked for. `linked`: the athlete linked Strava; `manual`: a person asked; `hourly`: the regular turn of the athlete, which comes less often where the quota is short; `webhook`: Strava told of a change; `reconcile`: kept for later, not sent yet; `backfill`: kept for later, not sent yet.
   */
  cause: 'linked' | 'manual' | 'hourly' | 'webhook' | 'reconcile' | 'backfill' | (string & {})
  /**
   * The span of start times that the run looks at.
   */
  window: {
    /**
     * Activities that started at or after this time.
     */
    after: string
    /**
     * Activities that started before this time.
     */
    before: string
  }
  /**
   * Of a webhook: ids of the activities asked for, at Strava; empty: the window.
   */
  activityIds: string[]
  /**
   * Slipstream's own count of what was asked for, for its services.
   */
  requestedVersion: number
  /**
   * The want of the lane that the run was made for; 0: told by release 0.1.
   */
  laneVersion: number
  /**
   * When it was asked for.
   */
  requestedAt: string
}
export interface SyncProgress {
  /**
   * Whose data it is: the id that Slipstream gave the athlete.
   */
  athleteId: string
  /**
   * The sync run, as in `GET /api/v1/strava/runs`.
   */
  runId: string
  /**
   * Activities that Strava has listed so far.
   */
  listed: number
  /**
   * How many of them are stored and up to date.
   */
  stored: number
  /**
   * When the run is expected to end; null: not known.
   */
  estimatedFinishAt: string | null
  /**
   * What has become of the run. `queued`: not begun; `waiting`: may not go on now, `waitingFor` says why; `running`: at work; `finished`: it ended. null: told by a release before 0.2.
   */
  state: 'queued' | 'waiting' | 'running' | 'finished' | (string & {}) | null
  /**
   * null unless the run waits.
   */
  waitingFor: 'quota' | 'strava' | 'app' | (string & {}) | null
}
export interface SyncFinished {
  /**
   * Whose data it is: the id that Slipstream gave the athlete.
   */
  athleteId: string
  /**
   * The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one.
   */
  linkId: string
  /**
   * The sync run, as in `GET /api/v1/strava/runs`.
   */
  runId: string
  /**
   * Slipstream's own count of what was asked for, for its services.
   */
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
  /**
   * How the run ended. `succeeded`: all was looked at; `failed`: an error ended it; `cancelled`: the link went away; `reauth_required`: the grant is no longer good, the athlete has to consent again.
   */
  outcome: 'succeeded' | 'failed' | 'cancelled' | 'reauth_required' | (string & {})
  /**
   * The span of start times that the run looks at.
   */
  window: {
    /**
     * Activities that started at or after this time.
     */
    after: string
    /**
     * Activities that started before this time.
     */
    before: string
  }
  /**
   * What the run did.
   */
  counts: {
    /**
     * Activities that Strava listed.
     */
    listed: number
    /**
     * Workouts stored for the first time.
     */
    created: number
    /**
     * Stored workouts that changed.
     */
    updated: number
    /**
     * Stored workouts that were removed.
     */
    deleted: number
    /**
     * Stored workouts that were fetched again and are the same.
     */
    unchanged: number
    /**
     * Requests made to Strava.
     */
    calls: number
  }
  /**
   * When the run began.
   */
  startedAt: string
  /**
   * When the run ended.
   */
  finishedAt: string
  /**
   * Milliseconds from `startedAt` to `finishedAt`.
   */
  durationMs: number
}
export interface ActivityIngested {
  /**
   * Whose data it is: the id that Slipstream gave the athlete.
   */
  athleteId: string
  /**
   * The workout; key your copy by it.
   */
  workoutId: string
  /**
   * Id of the activity at Strava.
   */
  stravaActivityId: string
  /**
   * Version of the workout; grows by one with each change. Ignore what is older than your copy.
   */
  version: number
  /**
   * Why the sync was asked for. `linked`: the athlete linked Strava; `manual`: a person asked; `hourly`: the regular turn of the athlete, which comes less often where the quota is short; `webhook`: Strava told of a change; `reconcile`: kept for later, not sent yet; `backfill`: kept for later, not sent yet.
   */
  cause: 'linked' | 'manual' | 'hourly' | 'webhook' | 'reconcile' | 'backfill' | (string & {})
  workout: Workout
  /**
   * Where the workout comes from.
   */
  source: 'strava' | (string & {})
  /**
   * What you may do with your copy.
   */
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
   * Milliseconds from the moment the sync was asked for, or the webhook arrived, to the stored change.
   */
  latencyMs: number
}
export interface ActivityUpdated {
  /**
   * Whose data it is: the id that Slipstream gave the athlete.
   */
  athleteId: string
  /**
   * The workout; key your copy by it.
   */
  workoutId: string
  /**
   * Id of the activity at Strava.
   */
  stravaActivityId: string
  /**
   * Version of the workout; grows by one with each change. Ignore what is older than your copy.
   */
  version: number
  /**
   * Why the sync was asked for. `linked`: the athlete linked Strava; `manual`: a person asked; `hourly`: the regular turn of the athlete, which comes less often where the quota is short; `webhook`: Strava told of a change; `reconcile`: kept for later, not sent yet; `backfill`: kept for later, not sent yet.
   */
  cause: 'linked' | 'manual' | 'hourly' | 'webhook' | 'reconcile' | 'backfill' | (string & {})
  workout: Workout
  /**
   * Where the workout comes from.
   */
  source: 'strava' | (string & {})
  /**
   * What you may do with your copy.
   */
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
   * Milliseconds from the moment the sync was asked for, or the webhook arrived, to the stored change.
   */
  latencyMs: number
  /**
   * Names of the fields of `workout` that changed.
   */
  changedFields: string[]
}
/**
 * Fetched again and unchanged: a copy may be kept until then.
 */
export interface ActivityRefreshed {
  /**
   * Whose data it is: the id that Slipstream gave the athlete.
   */
  athleteId: string
  /**
   * The workout; key your copy by it.
   */
  workoutId: string
  /**
   * Id of the activity at Strava.
   */
  stravaActivityId: string
  /**
   * Version of the workout; grows by one with each change. Ignore what is older than your copy.
   */
  version: number
  /**
   * What you may do with your copy.
   */
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
  /**
   * Whose data it is: the id that Slipstream gave the athlete.
   */
  athleteId: string
  /**
   * The workout; key your copy by it.
   */
  workoutId: string
  /**
   * Id of the activity at Strava.
   */
  stravaActivityId: string
  /**
   * Version of the workout; grows by one with each change. Ignore what is older than your copy.
   */
  version: number
  /**
   * Why it was removed. More reasons may be added. `deleted_at_strava`: Strava says that it is gone, or does not show it any more; `not_visible`: kept for later, not sent yet; `expired`: it could not be fetched again within the time that the data policy allows; `outside_window`: it started before the window of days that Slipstream keeps.
   */
  reason: string
}
export interface LinkCompletionRequest {
  /**
   * The `result` of the deep link.
   */
  result: string
  /**
   * What the code challenge was made from.
   */
  codeVerifier: string
}
export interface SubscriptionRequest {
  /**
   * Whether the subscription of another installation gives way.
   */
  replacesForeign?: boolean
}
export interface ProfileSubmission {
  /**
   * What the athlete wants to be called.
   */
  displayName: string
  /**
   * The sport they do most, such as `Run`.
   */
  primarySport: string
  /**
   * Hours a week; null: none set.
   */
  weeklyGoalHours?: number | null
}
/**
 * Where linking begins.
 */
export interface LinkToken {
  /**
   * Works once.
   */
  linkToken: string
  /**
   * Where the browser is to be sent; carries the link token.
   */
  connectUrl: string
  /**
   * Until when the link token works: two minutes.
   */
  expiresAt: string
}
/**
 * An error, as an RFC 9457 problem document.
 */
export interface Problem {
  /**
   * A page that says what this error means, and who can do what.
   */
  type: string
  /**
   * What happened, in a few words for a person.
   */
  title: string
  /**
   * HTTP status that it comes with.
   */
  status: number
  /**
   * What it means, in a sentence or two for a person.
   */
  detail: string
  /**
   * Names the error and never changes its meaning; see the error catalogue. Codes may be added.
   */
  code: ErrorCode | (string & {})
  /**
   * Who has to act. `athlete`: the athlete; `operator`: who runs this installation; `nobody`: it passes by itself.
   */
  actor: 'athlete' | 'operator' | 'nobody' | (string & {})
  /**
   * What a client shows a button for, such as `reconnect` or `wait`.
   */
  action: string
  /**
   * Where that is done: a path of the page, or an address at Strava. null: there is none.
   */
  actionUrl: string | null
  /**
   * One for each field that was refused; empty where no field is at fault.
   */
  errors: {
    /**
     * Where it is: names joined by dots.
     */
    path: string
    /**
     * What is wrong with it, for a person.
     */
    message: string
  }[]
}
/**
 * What is true of the connection to Strava now.
 */
export interface Status {
  /**
   * What the connection is. `not_linked`: there is none; `pending`: consented to, the app has to complete it; `active`: linked; `reauth_required`: the grant is lost, the athlete has to consent again; `paused`: kept for later, not in use yet.
   */
  status: 'not_linked' | 'pending' | 'active' | 'reauth_required' | 'paused' | (string & {})
  /**
   * Whose Strava account it is; null while none is linked.
   */
  athlete: {
    /**
     * Id of the athlete at Strava.
     */
    stravaAthleteId: string
    /**
     * Name of the athlete at Strava.
     */
    displayName: string
  } | null
  /**
   * What the athlete granted, as Strava names it.
   */
  scopes: string[]
  /**
   * When the athlete consented; null while none is linked.
   */
  linkedAt: string | null
  /**
   * The last run that succeeded; a later failure is told in `error`. null: none has yet.
   */
  lastSync: {
    /**
     * The sync run, as in `GET /api/v1/strava/runs`.
     */
    runId: string
    /**
     * How the run ended. `succeeded`: all was looked at; `failed`: an error ended it; `cancelled`: the link went away; `reauth_required`: the grant is no longer good, the athlete has to consent again.
     */
    outcome: 'succeeded' | 'failed' | 'cancelled' | 'reauth_required' | (string & {})
    /**
     * When it ended.
     */
    finishedAt: string
    /**
     * What the run did.
     */
    counts: {
      /**
       * Activities that Strava listed.
       */
      listed: number
      /**
       * Workouts stored for the first time.
       */
      created: number
      /**
       * Stored workouts that changed.
       */
      updated: number
      /**
       * Stored workouts that were removed.
       */
      deleted: number
      /**
       * Stored workouts that were fetched again and are the same.
       */
      unchanged: number
      /**
       * Requests made to Strava.
       */
      calls: number
    }
  } | null
  /**
   * The run under way, of the most urgent lane; null: there is none.
   */
  sync: {
    /**
     * The sync run, as in `GET /api/v1/strava/runs`.
     */
    runId: string
    /**
     * How urgent the work is. `interactive`: somebody waits; `realtime`: a webhook of Strava told of something; `scheduled`: the regular turn of each athlete; `backfill`: history, not in use yet.
     */
    lane: 'interactive' | 'realtime' | 'scheduled' | 'backfill' | (string & {})
    /**
     * What becomes of the run. `queued`: not begun; `waiting`: may not go on now, `waitingFor` says why; `running`: at work.
     */
    state: 'queued' | 'waiting' | 'running' | (string & {})
    /**
     * null unless the run waits.
     */
    waitingFor: 'quota' | 'strava' | 'app' | (string & {}) | null
    /**
     * Activities that Strava has listed so far.
     */
    listed: number
    /**
     * How many of them are stored and up to date.
     */
    stored: number
    /**
     * Activities in the window; null before the first page.
     */
    expected: number | null
    /**
     * Whether `expected` is worked out from the dates listed so far, and not known yet.
     */
    isEstimate: boolean
    /**
     * When it is expected to begin or to go on; null while it runs.
     */
    estimatedStartAt: string | null
    /**
     * When it is expected to end; null: not known.
     */
    estimatedFinishAt: string | null
  } | null
  /**
   * When the next regular turn comes; null: not known.
   */
  nextSyncAt: string | null
  /**
   * How often all of the window is listed; webhooks come on top. null: not known yet.
   */
  syncEvery: {
    /**
     * Minutes from one turn to the next.
     */
    minutes: number
    /**
     * Whether it is less often than set, as the quota of the app carries no more.
     */
    isStretched: boolean
  } | null
  /**
   * All that Strava listed up to this time is stored. It stands still while something is not. null: not yet.
   */
  completeUpTo: string | null
  /**
   * What Strava lists and is not stored; null: nothing.
   */
  incomplete: {
    /**
     * How many activities.
     */
    count: number
    /**
     * Why. `activity_unreadable`: Strava serves them broken.
     */
    reason: 'activity_unreadable' | (string & {})
  } | null
  /**
   * The one thing somebody has to know or do; null: all is well.
   */
  error: ActionableError | null
}
/**
 * What is wrong, and who has to do what.
 */
export interface ActionableError {
  /**
   * Names the error and never changes its meaning; see the error catalogue. Codes may be added.
   */
  code: ErrorCode | (string & {})
  /**
   * What happened, in a few words for a person.
   */
  title: string
  /**
   * What it means, in a sentence or two for a person.
   */
  detail: string
  /**
   * Who has to act. `athlete`: the athlete; `operator`: who runs this installation; `nobody`: it passes by itself.
   */
  actor: 'athlete' | 'operator' | 'nobody' | (string & {})
  /**
   * What a client shows a button for, such as `reconnect` or `wait`.
   */
  action: string
  /**
   * Where that is done: a path of the page, or an address at Strava. null: there is none.
   */
  actionUrl: string | null
}
/**
 * The run that was asked for.
 */
export interface SyncAccepted {
  /**
   * The sync run, as in `GET /api/v1/strava/runs`.
   */
  runId: string
  /**
   * At least so many others wait before this one.
   */
  position: number
  /**
   * When the quota lets it begin.
   */
  estimatedStartAt: string
}
/**
 * Where the confirmation is.
 */
export interface UnlinkAccepted {
  /**
   * The receipt, as in `GET /api/v1/strava/receipts/{id}`.
   */
  receiptId: string
}
/**
 * What the check of the push subscription found.
 */
export interface SubscriptionCheck {
  /**
   * What became of the push subscription. `kept`: it was right; `made`: it was missing or wrong, and is right now; `foreign`: it posts to another installation and was left alone; `busy`: another replica is at it.
   */
  outcome: 'kept' | 'made' | 'foreign' | 'busy' | (string & {})
}
/**
 * Everything held about the athlete, apart from tokens.
 */
export interface Export {
  /**
   * When the export was made.
   */
  exportedAt: string
  /**
   * The id that Slipstream gave the athlete.
   */
  athleteId: string
  profile: Profile
  strava: Status
  /**
   * All that are stored.
   */
  workouts: Workout[]
  /**
   * Those of the last 30 days.
   */
  runs: Run[]
  /**
   * Confirmations of earlier unlinks.
   */
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
/**
 * What the athlete says about themselves.
 */
export interface Profile {
  /**
   * What the athlete wants to be called; null until the profile is submitted.
   */
  displayName: string | null
  /**
   * The sport they do most; null until the profile is submitted.
   */
  primarySport: string | null
  /**
   * Hours a week; null: none set.
   */
  weeklyGoalHours: number | null
  /**
   * null until the profile is submitted.
   */
  submittedAt: string | null
}
/**
 * One bounded attempt to bring the window up to date.
 */
export interface Run {
  /**
   * The sync run, as in `GET /api/v1/strava/runs`.
   */
  runId: string
  /**
   * The run that did what this one was asked for; this one was not needed then. null: it stands for itself.
   */
  joinedTo: string | null
  /**
   * Why the sync was asked for. `linked`: the athlete linked Strava; `manual`: a person asked; `hourly`: the regular turn of the athlete, which comes less often where the quota is short; `webhook`: Strava told of a change; `reconcile`: kept for later, not sent yet; `backfill`: kept for later, not sent yet.
   */
  cause: 'linked' | 'manual' | 'hourly' | 'webhook' | 'reconcile' | 'backfill' | (string & {})
  /**
   * How urgent the work is. `interactive`: somebody waits; `realtime`: a webhook of Strava told of something; `scheduled`: the regular turn of each athlete; `backfill`: history, not in use yet.
   */
  lane: 'interactive' | 'realtime' | 'scheduled' | 'backfill' | (string & {})
  /**
   * What has become of the run. `queued`: not begun; `waiting`: may not go on now, `waitingFor` says why; `running`: at work; `finished`: it ended.
   */
  state: 'queued' | 'waiting' | 'running' | 'finished' | (string & {})
  /**
   * null until it has ended.
   */
  outcome: 'succeeded' | 'failed' | 'cancelled' | 'reauth_required' | (string & {}) | null
  /**
   * Why it failed; null: it did not.
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
    /**
     * Activities that started at or after this time.
     */
    after: string
    /**
     * Activities that started before this time.
     */
    before: string
  } | null
  /**
   * What the run did.
   */
  counts: {
    /**
     * Activities that Strava listed.
     */
    listed: number
    /**
     * Workouts stored for the first time.
     */
    created: number
    /**
     * Stored workouts that changed.
     */
    updated: number
    /**
     * Stored workouts that were removed.
     */
    deleted: number
    /**
     * Stored workouts that were fetched again and are the same.
     */
    unchanged: number
    /**
     * Requests made to Strava.
     */
    calls: number
  }
  /**
   * What it had to wait for, the last ten times.
   */
  waits: {
    /**
     * What the run waits for. `quota`: a share of what Strava lets the application ask; `strava`: Strava to answer again; `app`: the operator, as Strava refuses the application as a whole.
     */
    reason: 'quota' | 'strava' | 'app' | (string & {})
    /**
     * When the wait began.
     */
    since: string
    /**
     * When it ended, or is to end.
     */
    until: string
  }[]
  /**
   * When it was asked for.
   */
  requestedAt: string
  /**
   * null until it has begun.
   */
  startedAt: string | null
  /**
   * null until it has ended.
   */
  finishedAt: string | null
}
/**
 * Written confirmation of what was deleted.
 */
export interface Receipt {
  /**
   * The receipt, as in `GET /api/v1/strava/receipts/{id}`.
   */
  receiptId: string
  /**
   * Why the data are deleted. `user`: the athlete disconnected, or the operator did it for them; `revoked_at_strava`: the athlete ended the access at Strava; `slot_freed`: kept for later, not sent yet; `policy`: the access stayed dead, and the time that data may be kept is over.
   */
  reason: 'user' | 'revoked_at_strava' | 'slot_freed' | 'policy' | (string & {})
  /**
   * When the link, or the time its data may be kept, ended.
   */
  requestedAt: string
  /**
   * When all was done; null: not yet.
   */
  completedAt: string | null
  /**
   * When the data were deleted; ending the access at Strava may take longer. null: not yet.
   */
  erasedAt: string | null
  /**
   * How many documents of each collection were deleted, and how many `events`.
   */
  deleted: {}
  /**
   * null: not known. False as long as the receipt is not complete.
   */
  revokedAtStrava: boolean | null
  /**
   * What there is to know beside. `linked_again`: the Strava account was linked again before it was revoked; `check_strava`: the athlete should look at Strava whether access has ended. null: nothing.
   */
  note: 'linked_again' | 'check_strava' | (string & {}) | null
  /**
   * Where to look, with `check_strava`, or to end access, while that is still to be done. null: nothing to do there.
   */
  actionUrl: string | null
}
/**
 * What Strava told of the athlete, as it told it.
 */
export interface Notice {
  /**
   * What it is about. `activity`: one activity; `athlete`: the access that the athlete gave.
   */
  objectType: 'activity' | 'athlete' | (string & {})
  /**
   * Id of the activity, or of the athlete, at Strava.
   */
  objectId: string
  /**
   * What is said to have become of it. `create`: it is new; `update`: it changed (of an athlete: access was ended at Strava); `delete`: it is gone.
   */
  aspectType: 'create' | 'update' | 'delete' | (string & {})
  /**
   * When it happened, as Strava says.
   */
  eventTime: string
  /**
   * What changed, by field, as Strava told it.
   */
  updates: {}
  /**
   * When it arrived.
   */
  receivedAt: string
}
/**
 * Something about the athlete that could not be worked on.
 */
export interface SetAside {
  /**
   * Why, for an operator.
   */
  reason: string
  /**
   * Type of the event that it came with.
   */
  eventType: string
  /**
   * When it was set aside.
   */
  at: string
  /**
   * As it was read; it may be in no form that can be.
   */
  payload: string
}
/**
 * A page of runs.
 */
export interface RunPage {
  /**
   * Newest first.
   */
  items: Run[]
  /**
   * Send it as `cursor` for the next page; null: this was the last.
   */
  nextCursor: string | null
}
/**
 * The last hundred receipts.
 */
export interface ReceiptList {
  /**
   * Newest first.
   */
  items: Receipt[]
}
/**
 * All that a start page shows.
 */
export interface Summary {
  profile: Profile
  strava: Status
  load: TrainingLoad
  /**
   * Ten at most, newest first.
   */
  recentWorkouts: Workout[]
  /**
   * The sports of all stored workouts, each once: what a filter by `sportType` can find.
   */
  sportTypes: string[]
}
/**
 * What the workouts add up to.
 */
export interface TrainingLoad {
  /**
   * Names the formula and its source.
   */
  method: string
  /**
   * The last 28 days, oldest first.
   */
  days: {
    /**
     * The day by the clock of the athlete.
     */
    date: string
    /**
     * Load of the day, by `method`; 0 on a day of rest.
     */
    load: number
    /**
     * Seconds of training.
     */
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
/**
 * A page of workouts.
 */
export interface WorkoutPage {
  /**
   * Newest first.
   */
  items: Workout[]
  /**
   * Send it as `cursor` for the next page; null: this was the last.
   */
  nextCursor: string | null
}
/**
 * An entry of the error catalogue.
 */
export interface ErrorEntry {
  /**
   * Names the error and never changes its meaning; see the error catalogue. Codes may be added.
   */
  code: ErrorCode | (string & {})
  /**
   * What happened, in a few words for a person.
   */
  title: string
  /**
   * What it means, in a sentence or two for a person.
   */
  detail: string
  /**
   * Who has to act. `athlete`: the athlete; `operator`: who runs this installation; `nobody`: it passes by itself.
   */
  actor: 'athlete' | 'operator' | 'nobody' | (string & {})
  /**
   * What a client shows a button for, such as `reconnect` or `wait`.
   */
  action: string
  /**
   * Where that is done: a path of the page, or an address at Strava. null: there is none.
   */
  actionUrl: string | null
  /**
   * HTTP status that it comes with.
   */
  status: number
}
export interface ListWorkoutsQuery {
  /**
   * Started at or after this date (midnight UTC) or time.
   */
  from?: string
  /**
   * Started before this date (midnight UTC) or time.
   */
  to?: string
  /**
   * Of this sport only, such as `Run`.
   */
  sportType?: string
  /**
   * How many to a page.
   */
  limit?: number
  /**
   * The `nextCursor` of the page before; left out: the first page.
   */
  cursor?: string
}
export interface ListRunsQuery {
  /**
   * How many to a page.
   */
  limit?: number
  /**
   * The `nextCursor` of the page before; left out: the first page.
   */
  cursor?: string
}
export interface PageConfig {
  /**
   * The OpenID Connect issuer to sign in with.
   */
  issuer: string
  /**
   * What an access token has to be for.
   */
  audience: string
  /**
   * The `client_id` of the page at the issuer.
   */
  clientId: string
  /**
   * What the page asks the issuer for.
   */
  scopes: string[]
  /**
   * What has to be there before Strava can be linked. `local`: the profile, submitted here; `claim`: the claim `profile_submitted` in the access token; `off`: nothing.
   */
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
  /**
   * All of the catalogue.
   */
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
