import type { z } from 'zod'
import { actionableError } from './actionable-error.ts'
import type {
  exportSchema,
  linkCompletionRequestSchema,
  linkTokenRequestSchema,
  linkTokenSchema,
  Problem,
  Profile,
  Receipt,
  Run,
  Status,
  Summary,
  SyncAccepted,
  TrainingLoad,
} from './api.ts'
import { type ErrorCode, errorCatalogue } from './error-catalogue.ts'
import type { EventData, EventType } from './events.ts'
import type { Workout } from './workout.ts'

// One story, told by the examples of the documents: on 21 November Anna links Strava, and runs in the evening.

const athleteId = 'ath_5f0c2d9b7e1a4c38'
const linkId = 'link_9a1b3c5d7e9f1a2b'
const runId = 'run_3d5e7f9a1b2c4d6e'
const receiptId = 'rcp_7c8d9e0f1a2b3c4d'

const workout: Workout = {
  id: 'workout_1f2e3d4c5b6a7988',
  stravaActivityId: '15831280017',
  source: 'strava',
  name: 'Evening run',
  sportType: 'Run',
  startedAt: '2026-11-21T17:02:11.000Z',
  startedAtLocal: '2026-11-21T18:02:11',
  timezone: 'Europe/Berlin',
  distanceMeters: 10_140.6,
  movingTimeSeconds: 3_126,
  elapsedTimeSeconds: 3_204,
  elevationGainMeters: 61.5,
  averageHeartRateBpm: 146.2,
  maxHeartRateBpm: 171,
  averageCadenceRpm: 83.4,
  averageWatts: null,
  isPowerMeasured: null,
  workoutType: null,
  energyKilojoules: null,
  relativeEffort: 58,
  isManual: false,
  isTrainer: false,
  isCommute: false,
  visibility: 'everyone',
  deviceName: 'Garmin Forerunner 265',
  stravaUrl: 'https://www.strava.com/activities/15831280017',
  version: 1,
  firstIngestedAt: '2026-11-21T17:56:02.418Z',
  updatedAt: '2026-11-21T17:56:02.418Z',
}

const counts = { listed: 12, created: 1, updated: 0, deleted: 0, unchanged: 11, calls: 1 }
const window = { after: '2026-10-24T00:00:00.000Z', before: '2026-11-22T00:00:00.000Z' }

const profile: Profile = {
  displayName: 'Anna',
  primarySport: 'Run',
  weeklyGoalHours: 6.5,
  submittedAt: '2026-11-21T16:40:03.112Z',
}

const status: Status = {
  status: 'active',
  athlete: { stravaAthleteId: '34217741', displayName: 'Anna Berger' },
  scopes: ['read', 'activity:read_all'],
  linkedAt: '2026-11-21T16:41:27.904Z',
  lastSync: { runId, outcome: 'succeeded', finishedAt: '2026-11-21T17:56:02.611Z', counts },
  sync: null,
  nextSyncAt: '2026-11-21T18:41:30.000Z',
  syncEvery: { minutes: 60, isStretched: false },
  completeUpTo: '2026-11-21T17:56:01.902Z',
  incomplete: null,
  error: null,
}

const run: Run = {
  runId,
  joinedTo: null,
  cause: 'webhook',
  lane: 'realtime',
  state: 'finished',
  outcome: 'succeeded',
  error: null,
  activityIds: ['15831280017'],
  window,
  counts,
  waits: [{ reason: 'quota', since: '2026-11-21T17:55:48.120Z', until: '2026-11-21T17:56:01.000Z' }],
  requestedAt: '2026-11-21T17:55:48.032Z',
  startedAt: '2026-11-21T17:55:48.101Z',
  finishedAt: '2026-11-21T17:56:02.611Z',
}

const load: TrainingLoad = {
  method:
    'Relative effort of Strava where there is one, else duration; acute and chronic load as means over 7 and 28 days',
  days: [
    { date: '2026-11-20', load: 0, durationSeconds: 0 },
    { date: '2026-11-21', load: 74.1, durationSeconds: 3_126 },
  ],
  acute: 41.7,
  chronic: 36.9,
  ratio: 1.13,
}

const receipt: Receipt = {
  receiptId,
  reason: 'user',
  requestedAt: '2026-12-02T08:15:44.020Z',
  completedAt: '2026-12-02T08:15:47.655Z',
  erasedAt: '2026-12-02T08:15:46.310Z',
  deleted: { workouts: 12, sync_runs: 31, credentials: 1, events: 14 },
  revokedAtStrava: true,
  note: null,
  actionUrl: null,
}

export const examples = {
  workout,
  profile,
  profileSubmission: { displayName: 'Anna', primarySport: 'Run', weeklyGoalHours: 6.5 },
  status,
  run,
  load,
  receipt,
  summary: { profile, strava: status, load, recentWorkouts: [workout], sportTypes: ['Run'] } satisfies Summary,
  syncAccepted: { runId, position: 0, estimatedStartAt: '2026-11-21T18:02:00.000Z' } satisfies SyncAccepted,
  linkTokenRequest: {
    platform: 'mobile',
    codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  } satisfies z.input<typeof linkTokenRequestSchema>,
  linkToken: {
    linkToken: '8Kq0mYb3n1Zc5rT7wUuXo2eAaLh4pVfGdJsS9iMkQtE',
    connectUrl: 'https://train.example/connect?token=8Kq0mYb3n1Zc5rT7wUuXo2eAaLh4pVfGdJsS9iMkQtE',
    expiresAt: '2026-11-21T16:42:58.330Z',
  } satisfies z.output<typeof linkTokenSchema>,
  linkCompletionRequest: {
    result: 'rX2c9vQ0tB6nY4mZ1kL8pW3sD5fG7hJ9aE0uI2oR4cT',
    codeVerifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  } satisfies z.input<typeof linkCompletionRequestSchema>,
  export: {
    exportedAt: '2026-11-21T18:00:00.000Z',
    athleteId,
    profile,
    strava: status,
    workouts: [workout],
    runs: [run],
    receipts: [],
    notices: [
      {
        objectType: 'activity',
        objectId: '15831280017',
        aspectType: 'create',
        eventTime: '2026-11-21T17:55:46.000Z',
        updates: {},
        receivedAt: '2026-11-21T17:55:47.980Z',
      },
    ],
    setAside: [],
  } satisfies z.output<typeof exportSchema>,
  pageConfig: {
    issuer: 'https://login.train.example',
    audience: 'https://train.example',
    clientId: 'slipstream-web',
    scopes: ['openid', 'profile'],
    profileGate: 'local' as const,
    publicUrl: 'https://train.example',
    stravaButtonImage: null,
  },
  webhook: {
    subscription_id: 131_301,
    object_type: 'activity' as const,
    object_id: 15_831_280_017,
    owner_id: 34_217_741,
    aspect_type: 'create' as const,
    event_time: 1_795_283_746,
    updates: {},
  },
}

const activity = { athleteId, workoutId: workout.id, stravaActivityId: workout.stravaActivityId }
const dataPolicy = { expiresAt: '2026-11-28T17:56:01.902Z', noAi: true as const }
const stored = { ...activity, cause: 'webhook' as const, source: 'strava' as const, dataPolicy }
const renamed = { ...workout, name: 'Evening run with Ben', version: 2, updatedAt: '2026-11-21T19:20:31.004Z' }

export const eventExamples: { readonly [Type in EventType]: EventData<Type> } = {
  'athlete.linked': {
    athleteId,
    linkId,
    stravaAthleteId: '34217741',
    scopes: ['read', 'activity:read_all'],
    linkedAt: '2026-11-21T16:41:27.904Z',
  },
  'athlete.unlinked': { athleteId, linkId, reason: 'user', receiptId, unlinkedAt: '2026-12-02T08:15:44.020Z' },
  'athlete.erased': {
    athleteId,
    linkId,
    receiptId,
    deleted: { workouts: 12, sync_runs: 31 },
    erasedAt: '2026-12-02T08:15:46.310Z',
  },
  'athlete.reauth_required': { athleteId, linkId, code: 'reauth_required', since: '2026-11-25T06:00:12.450Z' },
  'sync.triggered': { athleteId, linkId, runId, requestedAt: '2026-11-21T18:00:02.120Z' },
  'strava.notified': {
    athleteId,
    linkId,
    inboxId: 'inb_2b4d6f8091a3c5e7',
    objectType: 'activity',
    objectId: workout.stravaActivityId,
    aspectType: 'create',
    eventTime: '2026-11-21T17:55:46.000Z',
  },
  'sync.requested': {
    athleteId,
    linkId,
    runId,
    lane: 'realtime',
    cause: 'webhook',
    window,
    activityIds: [workout.stravaActivityId],
    requestedVersion: 4,
    laneVersion: 2,
    requestedAt: '2026-11-21T17:55:48.032Z',
  },
  'sync.progress': {
    athleteId,
    runId,
    listed: 12,
    stored: 12,
    estimatedFinishAt: null,
    state: 'running',
    waitingFor: null,
  },
  'sync.finished': {
    athleteId,
    linkId,
    runId,
    requestedVersion: 4,
    lane: 'realtime',
    laneVersion: 2,
    cause: 'webhook',
    answers: { realtime: 2 },
    outcome: 'succeeded',
    window,
    counts,
    startedAt: '2026-11-21T17:55:48.101Z',
    finishedAt: '2026-11-21T17:56:02.611Z',
    durationMs: 14_510,
  },
  'activity.ingested': { ...stored, version: 1, workout, latencyMs: 14_438 },
  'activity.updated': { ...stored, version: 2, workout: renamed, changedFields: ['name'], latencyMs: 1_930 },
  'activity.refreshed': {
    ...activity,
    version: 2,
    dataPolicy: { ...dataPolicy, expiresAt: '2026-12-04T17:40:12.600Z' },
  },
  'activity.deleted': { ...activity, version: 3, reason: 'deleted_at_strava' },
}

/** What is answered with an error, as its reader gets it. */
export const problemExample = (code: ErrorCode): Problem => {
  const errors = code === 'invalid_request' ? [{ path: 'limit', message: 'must be a number from 1 to 200' }] : []
  const type = `https://train.example/errors/${code}`
  return { type, status: errorCatalogue[code].status, ...actionableError(code), errors }
}
