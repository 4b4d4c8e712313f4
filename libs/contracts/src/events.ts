import { z } from 'zod'
import {
  causeSchema,
  laneSchema,
  noticeAspects,
  noticeObjects,
  runCountsSchema,
  runOutcomeSchema,
  runStates,
  unlinkReasonSchema,
  waitReasons,
  windowSchema,
} from './lanes.ts'
import { workoutSchema } from './workout.ts'

const athlete = { athleteId: z.string().regex(/^[A-Za-z0-9_-]+$/) }
const instant = z.iso.datetime()

const activityFact = {
  ...athlete,
  workoutId: z.string(),
  stravaActivityId: z.string(),
  version: z.int().positive(),
}

const dataPolicySchema = z.object({
  expiresAt: instant.nullable().meta({ description: 'Delete your copy by then; null when the operator keeps data.' }),
  noAi: z.literal(true).meta({ description: 'Strava API Policy 5.3: no use in or for AI applications.' }),
})

const workoutFact = {
  ...activityFact,
  cause: causeSchema,
  workout: workoutSchema,
  source: z.literal('strava'),
  dataPolicy: dataPolicySchema,
  latencyMs: z
    .int()
    .nonnegative()
    .meta({ description: 'From the moment the sync was asked for to the stored change.' }),
}

const laneVersion = z
  .int()
  .nonnegative()
  .default(0)
  .meta({ description: 'The want of the lane that the run was made for; 0: told by release 0.1.' })

/** Version 1 of each event's data. Within a version fields are only ever added, so readers ignore unknown ones. */
export const eventData = {
  'athlete.linked': z.object({
    ...athlete,
    linkId: z.string(),
    stravaAthleteId: z.string(),
    scopes: z.array(z.string()),
    linkedAt: instant,
  }),
  'athlete.unlinked': z.object({
    ...athlete,
    linkId: z.string(),
    reason: unlinkReasonSchema,
    receiptId: z.string(),
    unlinkedAt: instant,
  }),
  'athlete.erased': z
    .object({
      ...athlete,
      linkId: z.string(),
      receiptId: z.string(),
      deleted: z.record(z.string(), z.int().nonnegative()),
      erasedAt: instant,
    })
    .meta({
      description:
        'Ingestion deleted what it held of an unlinked athlete, or what came under a grant that stayed dead; completes the receipt.',
    }),
  'athlete.reauth_required': z.object({ ...athlete, linkId: z.string(), code: z.string(), since: instant }),
  'sync.triggered': z.object({ ...athlete, linkId: z.string(), runId: z.string(), requestedAt: instant }),
  'strava.notified': z.object({
    ...athlete,
    linkId: z.string(),
    inboxId: z.string(),
    objectType: z.enum(noticeObjects),
    objectId: z.string(),
    aspectType: z.enum(noticeAspects),
    eventTime: instant,
  }),
  'sync.requested': z.object({
    ...athlete,
    linkId: z.string(),
    runId: z.string(),
    lane: laneSchema,
    cause: causeSchema,
    window: windowSchema,
    activityIds: z
      .array(z.string())
      .default([])
      .meta({ description: 'Of a webhook: what is asked for; empty: the window.' }),
    requestedVersion: z.int().positive(),
    laneVersion,
    requestedAt: instant,
  }),
  'sync.progress': z.object({
    ...athlete,
    runId: z.string(),
    listed: z.int().nonnegative(),
    stored: z.int().nonnegative(),
    estimatedFinishAt: instant.nullable(),
    state: z
      .enum([...runStates, 'finished'])
      .nullable()
      .default(null)
      .meta({ description: 'What has become of the run; null: told by a release before 0.2.' }),
    waitingFor: z.enum(waitReasons).nullable().default(null),
  }),
  'sync.finished': z.object({
    ...athlete,
    linkId: z.string(),
    runId: z.string(),
    requestedVersion: z.int().positive(),
    lane: laneSchema.nullable().default(null).meta({ description: 'null: told by release 0.1.' }),
    laneVersion,
    cause: causeSchema.nullable().default(null).meta({ description: 'null: told by release 0.1.' }),
    answers: z
      .partialRecord(laneSchema, z.int().nonnegative())
      .default({})
      .meta({ description: 'What was wanted, by lane, and is answered by this run.' }),
    outcome: runOutcomeSchema,
    window: windowSchema,
    counts: runCountsSchema,
    startedAt: instant,
    finishedAt: instant,
    durationMs: z.int().nonnegative(),
  }),
  'activity.ingested': z.object(workoutFact),
  'activity.updated': z.object({ ...workoutFact, changedFields: z.array(z.string()) }),
  'activity.refreshed': z
    .object({ ...activityFact, dataPolicy: dataPolicySchema })
    .meta({ description: 'Fetched again and unchanged: a copy may be kept until then.' }),
  'activity.deleted': z.object({ ...activityFact, reason: z.string() }),
} as const

export type EventType = keyof typeof eventData
export type EventData<Type extends EventType> = z.infer<(typeof eventData)[Type]>

export const eventTypes = Object.keys(eventData) as EventType[]

/** Progress is worth nothing a second later: it goes over core NATS and is not stored. */
export const transientEventTypes: readonly EventType[] = ['sync.progress']

/** An event waiting to be published, as it sits in the document whose change it tells. `id` becomes `ce-id`. */
export interface OutboxEvent<Type extends EventType = EventType> {
  id: string
  type: Type
  data: EventData<Type>
  occurredAt: Date
  /** W3C trace context of the work that made the event, so that its trace goes on behind NATS. */
  traceparent?: string
}

/** `ce-dataschema`: names the schema and its version. */
export const dataSchemaOf = (type: EventType): string => `urn:slipstream:event:${type}:1`

/** The NATS subject of an event: `<type>.<athleteId>`, for sync requests `sync.requested.<lane>.<athleteId>`. */
export const subjectOf = (event: { type: EventType; data: { athleteId: string; lane?: string | null } }): string =>
  event.type === 'sync.requested'
    ? `sync.requested.${event.data.lane}.${event.data.athleteId}`
    : `${event.type}.${event.data.athleteId}`
