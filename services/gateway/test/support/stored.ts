import type { Lane } from '@slipstream/contracts'
import type { DeadLetterRow, ScheduleRow, SyncRunRow, WebhookInboxRow, WorkoutRow } from '@slipstream/records'
import { newId } from '@slipstream/runtime'
import type { System } from './system.ts'

/** Documents as the other services write them. */

export const storedLink = async ({ store }: System, subject: string) => {
  const athlete = await store.collections.athletes.findOne({ subject }).lean()
  const link = await store.collections.links.findOne({ athleteId: athlete!._id }).lean()
  return link!
}

/** A time of the day, in UTC, so many days ago. */
export const day = (ago: number, hour = 8) => {
  const date = new Date(Date.now() - ago * 86_400_000)
  date.setUTCHours(hour, 0, 0, 0)
  return date
}

type Owner = { _id: string; athleteId: string }

export const workoutOf = (link: Owner, startedAt: Date, rest: Partial<WorkoutRow> = {}): WorkoutRow => {
  const _id = rest._id ?? newId('wko')
  return {
    _id,
    athleteId: link.athleteId,
    linkId: link._id,
    source: 'strava',
    stravaActivityId: _id,
    name: 'Run',
    sportType: 'Run',
    startedAt,
    startedAtLocal: startedAt.toISOString().slice(0, 19),
    timezone: 'UTC',
    distanceMeters: 10_000,
    movingTimeSeconds: 3_000,
    elapsedTimeSeconds: 3_100,
    elevationGainMeters: 50,
    averageHeartRateBpm: 150,
    maxHeartRateBpm: 170,
    averageCadenceRpm: null,
    averageWatts: null,
    energyKilojoules: null,
    relativeEffort: 40,
    isManual: false,
    isTrainer: false,
    isCommute: false,
    visibility: 'everyone',
    deviceName: null,
    stravaUrl: `https://www.strava.com/activities/${_id}`,
    version: 1,
    appliedTicket: 1,
    firstIngestedAt: startedAt,
    updatedAt: startedAt,
    fetchedAt: startedAt,
    outbox: [],
    ...rest,
  }
}

export const scheduleOf = (link: Owner, rest: Partial<ScheduleRow> = {}): ScheduleRow => ({
  _id: link.athleteId,
  linkId: link._id,
  requestedVersion: 1,
  completedVersion: 1,
  request: null,
  manualRunId: null,
  publishedAt: null,
  nextDueAt: new Date('2030-01-01T00:00:00Z'),
  outbox: [],
  ...rest,
})

/** A row in which `runId` is to do what the lane wants, or has done it. */
export const wantingOf = (
  link: Owner,
  runId: string,
  {
    lane = 'interactive',
    requestedAt = new Date(),
    isOpen = true,
  }: { lane?: Lane; requestedAt?: Date; isOpen?: boolean } = {},
): ScheduleRow => {
  const asked = { runId, cause: 'manual' as const, requestedAt }
  return scheduleOf(link, {
    requestedVersion: 2,
    completedVersion: isOpen ? 1 : 2,
    publishedAt: isOpen ? requestedAt : null,
    request: {
      lane,
      ...asked,
      window: { after: new Date('2026-01-01T00:00:00Z'), before: new Date('2030-01-01T00:00:00Z') },
    },
    wants: { [lane]: { asked: 2, answered: isOpen ? 1 : 2, windowDays: 28, ...asked } },
  })
}

export const runOf = (link: Owner, _id: string, rest: Partial<SyncRunRow> = {}): SyncRunRow => ({
  _id,
  athleteId: link.athleteId,
  linkId: link._id,
  lane: 'interactive',
  cause: 'manual',
  window: { after: new Date('2026-01-01T00:00:00Z'), before: new Date('2030-01-01T00:00:00Z') },
  requestedVersion: 1,
  requestedAt: new Date(),
  state: 'finished',
  nextPage: 1,
  counts: { listed: 3, created: 2, updated: 1, deleted: 0, unchanged: 0, calls: 1 },
  resumeAt: null,
  startedAt: new Date(),
  finishedAt: new Date(),
  outcome: 'succeeded',
  errorCode: null,
  leaseOwner: null,
  leaseUntil: null,
  fence: 0,
  outbox: [],
  ...rest,
})

export const noticeOf = (link: Owner, rest: Partial<WebhookInboxRow> = {}): WebhookInboxRow => {
  const receivedAt = rest.receivedAt ?? new Date()
  return {
    _id: newId('in'),
    athleteId: link.athleteId,
    linkId: link._id,
    subscriptionId: '1',
    objectType: 'activity',
    objectId: '7',
    aspectType: 'update',
    eventTime: receivedAt,
    updates: {},
    receivedAt,
    takenAt: receivedAt,
    nextTryAt: receivedAt,
    deleteAt: new Date(receivedAt.getTime() + 7 * 86_400_000),
    outbox: [],
    ...rest,
  }
}

export const letterOf = (link: Owner, rest: Partial<DeadLetterRow> = {}): DeadLetterRow => ({
  _id: newId('letter'),
  consumer: 'ingestion-scheduled',
  subject: `sync.requested.scheduled.${link.athleteId}`,
  eventId: newId('evt'),
  eventType: 'sync.requested',
  reason: 'attempts_exhausted',
  error: 'Error: it always fails',
  attempts: 5,
  headers: {},
  payload: '{}',
  athleteId: link.athleteId,
  linkId: link._id,
  createdAt: new Date(),
  ...rest,
})

/** Inserts as the writer would; the gateway's own view of these collections is read only. */
export const insert = async ({ store }: System, collection: string, documents: object[]) => {
  await store.connection.collection(collection).insertMany(documents as never)
}
