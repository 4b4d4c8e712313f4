import type { Cause, Lane, OutboxEvent, RunCounts, RunOutcome, Workout } from '@slipstream/contracts'
import {
  count,
  defineCollection,
  flag,
  id,
  nested,
  optionalNumber,
  optionalText,
  optionalTime,
  outbox,
  outboxIndex,
  text,
  time,
} from './definition.ts'

/** What the provider says about a workout, apart from our ids, versions and times. */
export type WorkoutFacts = Omit<
  Workout,
  'id' | 'stravaActivityId' | 'source' | 'startedAt' | 'version' | 'firstIngestedAt' | 'updatedAt'
> & { startedAt: Date }

/** `_id` is the workoutId. A fetch that took a ticket at or below `appliedTicket` is out of date and changes nothing. */
export interface WorkoutDocument extends WorkoutFacts {
  _id: string
  athleteId: string
  linkId: string
  source: 'strava'
  stravaActivityId: string
  version: number
  appliedTicket: number
  firstIngestedAt: Date
  updatedAt: Date
  fetchedAt: Date
  outbox: OutboxEvent[]
}

export const workouts = defineCollection<WorkoutDocument>(
  'workouts',
  {
    _id: id,
    athleteId: text,
    linkId: text,
    source: { type: String, enum: ['strava'], required: true },
    stravaActivityId: text,
    name: { type: String, default: '' },
    sportType: text,
    startedAt: time,
    startedAtLocal: text,
    timezone: optionalText,
    distanceMeters: count,
    movingTimeSeconds: count,
    elapsedTimeSeconds: count,
    elevationGainMeters: count,
    averageHeartRateBpm: optionalNumber,
    maxHeartRateBpm: optionalNumber,
    averageCadenceRpm: optionalNumber,
    averageWatts: optionalNumber,
    energyKilojoules: optionalNumber,
    relativeEffort: optionalNumber,
    isManual: flag,
    isTrainer: flag,
    isCommute: flag,
    visibility: optionalText,
    deviceName: optionalText,
    stravaUrl: text,
    version: count,
    appliedTicket: count,
    firstIngestedAt: time,
    updatedAt: time,
    fetchedAt: time,
    outbox,
  },
  [
    { name: 'one_per_activity', key: { linkId: 1, source: 1, stravaActivityId: 1 }, unique: true },
    { name: 'newest_first', key: { linkId: 1, startedAt: -1, _id: -1 } },
    { name: 'athlete', key: { athleteId: 1 } },
    outboxIndex,
  ],
)

/** The last fetch ticket handed out for a link (`_id`): whoever fetches later holds the higher number. */
export interface FetchTicketDocument {
  _id: string
  lastTicket: number
}

export const fetchTickets = defineCollection<FetchTicketDocument>('fetch_tickets', { _id: id, lastTicket: count })

/**
 * One bounded attempt to catch up; `_id` is the runId. States: `queued` → `running` ⇄ `waiting_for_quota` → `finished`.
 * `nextPage` is where the next delivery goes on; the lease keeps two deliveries of one run apart.
 */
export interface SyncRunDocument {
  _id: string
  athleteId: string
  linkId: string
  lane: Lane
  cause: Cause
  window: { after: Date; before: Date }
  requestedVersion: number
  requestedAt: Date
  state: 'queued' | 'running' | 'waiting_for_quota' | 'finished'
  nextPage: number
  counts: RunCounts
  resumeAt: Date | null
  startedAt: Date | null
  finishedAt: Date | null
  outcome: RunOutcome | null
  errorCode: string | null
  leaseOwner: string | null
  leaseUntil: Date | null
  fence: number
  outbox: OutboxEvent[]
}

export const syncRuns = defineCollection<SyncRunDocument>(
  'sync_runs',
  {
    _id: id,
    athleteId: text,
    linkId: text,
    lane: text,
    cause: text,
    window: { type: nested({ after: time, before: time }), required: true },
    requestedVersion: count,
    requestedAt: time,
    state: { type: String, enum: ['queued', 'running', 'waiting_for_quota', 'finished'], required: true },
    nextPage: count,
    counts: {
      type: nested({ listed: count, created: count, updated: count, deleted: count, unchanged: count, calls: count }),
      required: true,
    },
    resumeAt: optionalTime,
    startedAt: optionalTime,
    finishedAt: optionalTime,
    outcome: optionalText,
    errorCode: optionalText,
    leaseOwner: optionalText,
    leaseUntil: optionalTime,
    fence: count,
    outbox,
  },
  [
    { name: 'athlete_finished', key: { athleteId: 1, finishedAt: -1 } },
    { name: 'link', key: { linkId: 1, state: 1 } },
    { name: 'parked', key: { state: 1, resumeAt: 1 } },
    outboxIndex,
  ],
)

interface BucketDocument {
  limit: number
  used: number
  windowStart: Date
}

/**
 * One document per Strava app; `_id` is the client id. `inactiveSince` is set while Strava has the app switched off,
 * `unavailableSince` while it does not answer (`failuresInRow` calls have failed); until `nextProbeAt` no call is made
 * then. Every change raises `revision`.
 */
export interface QuotaDocument {
  _id: string
  overall15m: BucketDocument
  overallDay: BucketDocument
  read15m: BucketDocument
  readDay: BucketDocument
  inactiveSince: Date | null
  failuresInRow: number
  unavailableSince: Date | null
  nextProbeAt: Date | null
  revision: number
}

const bucket = { type: nested({ limit: count, used: count, windowStart: time }), required: true }

export const quota = defineCollection<QuotaDocument>('quota', {
  _id: id,
  overall15m: bucket,
  overallDay: bucket,
  read15m: bucket,
  readDay: bucket,
  inactiveSince: optionalTime,
  failuresInRow: count,
  unavailableSince: optionalTime,
  nextProbeAt: optionalTime,
  revision: count,
})
