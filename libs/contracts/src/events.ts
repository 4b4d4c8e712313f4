import { z } from 'zod'
import {
  causeSchema,
  deletionMeaning,
  laneSchema,
  noticeAspectSchema,
  noticeObjectSchema,
  runCountsSchema,
  runOutcomeSchema,
  runStates,
  stateMeanings,
  unlinkReasonSchema,
  waitReasonSchema,
  windowSchema,
} from './lanes.ts'
import { meaningsOf } from './meanings.ts'
import { workoutSchema } from './workout.ts'

const text = (description: string) => z.string().meta({ description })
const instant = (description: string) => z.iso.datetime().meta({ description })

const athlete = {
  athleteId: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .meta({ description: 'Whose data it is: the id that Slipstream gave the athlete.' }),
}
const linkId = text(
  'The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one.',
)
const runId = text('The sync run, as in `GET /api/v1/strava/runs`.')
const receiptId = text('The receipt, as in `GET /api/v1/strava/receipts/{id}`.')

const requestedVersion = z
  .int()
  .positive()
  .meta({ description: "Slipstream's own count of what was asked for, for its services." })

const activityFact = {
  ...athlete,
  workoutId: text('The workout; key your copy by it.'),
  stravaActivityId: text('Id of the activity at Strava.'),
  version: z.int().positive().meta({
    description: 'Version of the workout; grows by one with each change. Ignore what is older than your copy.',
  }),
}

const dataPolicySchema = z
  .object({
    expiresAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'Delete your copy by then; null when the operator keeps data.' }),
    noAi: z.literal(true).meta({ description: 'Strava API Policy 5.3: no use in or for AI applications.' }),
  })
  .meta({ description: 'What you may do with your copy.' })

const workoutFact = {
  ...activityFact,
  cause: causeSchema,
  workout: workoutSchema,
  source: z.literal('strava').meta({ description: 'Where the workout comes from.' }),
  dataPolicy: dataPolicySchema,
  latencyMs: z.int().nonnegative().meta({
    description: 'Milliseconds from the moment the sync was asked for, or the webhook arrived, to the stored change.',
  }),
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
    linkId,
    stravaAthleteId: text('Id of the athlete at Strava.'),
    scopes: z.array(z.string()).meta({ description: 'What the athlete granted, as Strava names it.' }),
    linkedAt: instant('When the athlete consented.'),
  }),
  'athlete.unlinked': z.object({
    ...athlete,
    linkId,
    reason: unlinkReasonSchema,
    receiptId,
    unlinkedAt: instant('When the link ended.'),
  }),
  'athlete.erased': z
    .object({
      ...athlete,
      linkId,
      receiptId,
      deleted: z
        .record(z.string(), z.int().nonnegative())
        .meta({ description: 'How many documents of each collection were deleted, and how many `events`.' }),
      erasedAt: instant('When the last of it was deleted.'),
    })
    .meta({
      description:
        'Ingestion deleted what it held of an unlinked athlete, or what came under a grant that stayed dead; completes the receipt.',
    }),
  'athlete.reauth_required': z.object({
    ...athlete,
    linkId,
    code: text('Why: a code of the error catalogue, such as `reauth_required` or `scope_missing`.'),
    since: instant('When the grant was seen to be lost.'),
  }),
  'sync.triggered': z.object({ ...athlete, linkId, runId, requestedAt: instant('When it was asked for.') }),
  'strava.notified': z.object({
    ...athlete,
    linkId,
    inboxId: text('The stored webhook.'),
    objectType: noticeObjectSchema,
    objectId: text('Id of the activity, or of the athlete, at Strava.'),
    aspectType: noticeAspectSchema,
    eventTime: instant('When it happened, as Strava says.'),
  }),
  'sync.requested': z.object({
    ...athlete,
    linkId,
    runId,
    lane: laneSchema,
    cause: causeSchema,
    window: windowSchema,
    activityIds: z
      .array(z.string())
      .default([])
      .meta({ description: 'Of a webhook: ids of the activities asked for, at Strava; empty: the window.' }),
    requestedVersion,
    laneVersion,
    requestedAt: instant('When it was asked for.'),
  }),
  'sync.progress': z.object({
    ...athlete,
    runId,
    listed: z.int().nonnegative().meta({ description: 'Activities that Strava has listed so far.' }),
    stored: z.int().nonnegative().meta({ description: 'How many of them are stored and up to date.' }),
    estimatedFinishAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'When the run is expected to end; null: not known.' }),
    state: z
      .enum([...runStates, 'finished'])
      .nullable()
      .default(null)
      .meta({
        description: `${meaningsOf('What has become of the run.', { ...stateMeanings, finished: 'it ended' })} null: told by a release before 0.2.`,
      }),
    waitingFor: waitReasonSchema.nullable().default(null).meta({ description: 'null unless the run waits.' }),
  }),
  'sync.finished': z.object({
    ...athlete,
    linkId,
    runId,
    requestedVersion,
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
    startedAt: instant('When the run began.'),
    finishedAt: instant('When the run ended.'),
    durationMs: z.int().nonnegative().meta({ description: 'Milliseconds from `startedAt` to `finishedAt`.' }),
  }),
  'activity.ingested': z.object(workoutFact),
  'activity.updated': z.object({
    ...workoutFact,
    changedFields: z.array(z.string()).meta({ description: 'Names of the fields of `workout` that changed.' }),
  }),
  'activity.refreshed': z
    .object({ ...activityFact, dataPolicy: dataPolicySchema })
    .meta({ description: 'Fetched again and unchanged: a copy may be kept until then.' }),
  'activity.deleted': z.object({ ...activityFact, reason: text(deletionMeaning) }),
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
