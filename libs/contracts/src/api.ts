import { z } from 'zod'
import { errorCodes } from './error-catalogue.ts'
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

const instant = z.iso.datetime()

/** Requests refuse unknown fields: a typo in an optional field would otherwise be lost silently. */
export const linkTokenRequestSchema = z
  .discriminatedUnion('platform', [
    z.strictObject({ platform: z.literal('web'), returnTo: returnToSchema().optional() }),
    z.strictObject({
      platform: z.literal('mobile'),
      codeChallenge: z
        .string()
        .regex(/^[A-Za-z0-9_-]{43}$/, { error: 'must be an S256 code challenge (43 base64url characters)' }),
    }),
  ])
  .meta({ id: 'LinkTokenRequest' })
export type LinkTokenRequest = z.infer<typeof linkTokenRequestSchema>

/** A path of the page's own origin; never a full URL, so the callback cannot be made an open redirect. */
function returnToSchema() {
  return z
    .string()
    .max(200)
    .regex(/^\/(?![/\\])[\w\-./#]*$/, { error: 'must be a path of this site, such as /training' })
}

export const linkTokenSchema = z
  .object({ linkToken: z.string(), connectUrl: z.url(), expiresAt: instant })
  .meta({ id: 'LinkToken' })

export const linkCompletionRequestSchema = z
  .strictObject({
    result: z.string().min(1).max(200),
    codeVerifier: z
      .string()
      .regex(/^[A-Za-z0-9\-._~]{43,128}$/, { error: 'must be a PKCE code verifier (43 to 128 unreserved characters)' }),
  })
  .meta({ id: 'LinkCompletionRequest' })

/** Statuses of a link that is there. */
export const storedLinkStatuses = ['active', 'reauth_required', 'paused'] as const
export type StoredLinkStatus = (typeof storedLinkStatuses)[number]

export const linkStatuses = ['not_linked', 'pending', ...storedLinkStatuses] as const
export type LinkStatus = (typeof linkStatuses)[number]

export const actionableErrorSchema = z
  .object({
    code: z.enum(errorCodes),
    title: z.string(),
    detail: z.string(),
    actor: z.enum(['athlete', 'operator', 'nobody']),
    action: z.string(),
    actionUrl: z.string().nullable(),
  })
  .meta({ id: 'ActionableError' })
export type ActionableError = z.infer<typeof actionableErrorSchema>

/** Why not all that Strava lists in the window is stored. */
export const incompleteReasons = ['activity_unreadable'] as const

export const statusSchema = z
  .object({
    status: z.enum(linkStatuses),
    athlete: z.object({ stravaAthleteId: z.string(), displayName: z.string() }).nullable(),
    scopes: z.array(z.string()),
    linkedAt: instant.nullable(),
    lastSync: z
      .object({ runId: z.string(), outcome: runOutcomeSchema, finishedAt: instant, counts: runCountsSchema })
      .nullable(),
    sync: z
      .object({
        runId: z.string(),
        lane: laneSchema,
        state: z.enum(runStates),
        waitingFor: z.enum(waitReasons).nullable(),
        listed: z.int(),
        stored: z.int(),
        expected: z.int().nullable().meta({ description: 'Activities in the window; null before the first page.' }),
        isEstimate: z.boolean().default(false).meta({
          description: 'Whether `expected` is worked out from the dates listed so far, and not known yet.',
        }),
        estimatedStartAt: instant.nullable(),
        estimatedFinishAt: instant.nullable(),
      })
      .nullable(),
    nextSyncAt: instant.nullable(),
    syncEvery: z
      .object({
        minutes: z.int().positive(),
        isStretched: z.boolean().meta({ description: 'The quota of the app carries no more.' }),
      })
      .nullable()
      .default(null)
      .meta({ description: 'How often all of the window is listed; webhooks come on top. null: not known yet.' }),
    completeUpTo: instant.nullable(),
    incomplete: z.object({ count: z.int().positive(), reason: z.enum(incompleteReasons) }).nullable(),
    error: actionableErrorSchema.nullable(),
  })
  .meta({ id: 'Status' })
export type Status = z.infer<typeof statusSchema>

export const syncAcceptedSchema = z
  .object({ runId: z.string(), position: z.int().nonnegative(), estimatedStartAt: instant })
  .meta({ id: 'SyncAccepted' })
export type SyncAccepted = z.infer<typeof syncAcceptedSchema>

export const unlinkAcceptedSchema = z.object({ receiptId: z.string() }).meta({ id: 'UnlinkAccepted' })

export const subscriptionRequestSchema = z
  .strictObject({
    replacesForeign: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether the subscription of another installation gives way.' }),
  })
  .meta({ id: 'SubscriptionRequest' })

export const subscriptionCheckSchema = z
  .object({
    outcome: z.enum(['kept', 'made', 'foreign', 'busy']).meta({
      description: '`foreign`: it posts to another installation and was left alone. `busy`: another replica is at it.',
    }),
  })
  .meta({ id: 'SubscriptionCheck' })
export type SubscriptionCheck = z.infer<typeof subscriptionCheckSchema>

export const receiptNotes = ['linked_again', 'check_strava'] as const
export type ReceiptNote = (typeof receiptNotes)[number]

export const receiptSchema = z
  .object({
    receiptId: z.string(),
    reason: unlinkReasonSchema,
    requestedAt: instant,
    completedAt: instant.nullable(),
    erasedAt: instant
      .nullable()
      .default(null)
      .meta({ description: 'When the data were deleted; ending the access at Strava may take longer. null: not yet.' }),
    deleted: z.record(z.string(), z.int().nonnegative()),
    revokedAtStrava: z
      .boolean()
      .nullable()
      .meta({ description: 'null: not known. False as long as the receipt is not complete.' }),
    note: z.enum(receiptNotes).nullable().default(null).meta({
      description:
        'linked_again: the Strava account was linked again before it was revoked. check_strava: the athlete should look at Strava whether access has ended.',
    }),
    actionUrl: z
      .string()
      .nullable()
      .default(null)
      .meta({ description: 'Where to look, with check_strava, or to end access, while that is still to be done.' }),
  })
  .meta({ id: 'Receipt' })
export type Receipt = z.infer<typeof receiptSchema>

export const runsQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(50).default(20),
  cursor: z.string().min(1).max(200).optional(),
})
export type RunsQuery = z.infer<typeof runsQuerySchema>

export const runSchema = z
  .object({
    runId: z.string(),
    joinedTo: z
      .string()
      .nullable()
      .meta({ description: 'The run that did what this one was asked for; this one was not needed then.' }),
    cause: causeSchema,
    lane: laneSchema,
    state: z.enum([...runStates, 'finished']),
    outcome: runOutcomeSchema.nullable(),
    error: actionableErrorSchema.nullable().meta({ description: 'Why it failed.' }),
    activityIds: z.array(z.string()).meta({ description: 'What a webhook made it look at; empty: the whole window.' }),
    window: windowSchema.nullable().meta({ description: 'null until it has begun.' }),
    counts: runCountsSchema,
    waits: z
      .array(z.object({ reason: z.enum(waitReasons), since: instant, until: instant }))
      .meta({ description: 'What it had to wait for, the last ten times.' }),
    requestedAt: instant,
    startedAt: instant.nullable(),
    finishedAt: instant.nullable(),
  })
  .meta({ id: 'Run' })
export type Run = z.infer<typeof runSchema>

export const runPageSchema = z
  .object({ items: z.array(runSchema), nextCursor: z.string().nullable() })
  .meta({ id: 'RunPage' })
export type RunPage = z.infer<typeof runPageSchema>

export const receiptListSchema = z.object({ items: z.array(receiptSchema) }).meta({ id: 'ReceiptList' })
export type ReceiptList = z.infer<typeof receiptListSchema>

/** A date (`2026-11-21`, midnight UTC) or an instant. */
const dateOrInstant = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: 'must be a date or an ISO 8601 time',
})

export const workoutsQuerySchema = z.strictObject({
  from: dateOrInstant.optional().meta({ description: 'Started at or after.' }),
  to: dateOrInstant.optional().meta({ description: 'Started before.' }),
  sportType: z.string().min(1).max(60).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(200).optional(),
})
export type WorkoutsQuery = z.infer<typeof workoutsQuerySchema>

export const workoutPageSchema = z
  .object({ items: z.array(workoutSchema), nextCursor: z.string().nullable() })
  .meta({ id: 'WorkoutPage' })
export type WorkoutPage = z.infer<typeof workoutPageSchema>

export const trainingLoadSchema = z
  .object({
    method: z.string().meta({ description: 'Names the formula and its source.' }),
    days: z.array(z.object({ date: z.iso.date(), load: z.number(), durationSeconds: z.number() })),
    acute: z.number().meta({ description: 'Mean daily load over 7 days.' }),
    chronic: z.number().meta({ description: 'Mean daily load over 28 days.' }),
    ratio: z.number().nullable().meta({ description: 'acute / chronic; null while chronic is 0.' }),
  })
  .meta({ id: 'TrainingLoad' })
export type TrainingLoad = z.infer<typeof trainingLoadSchema>

/** Messages are shown to people, at the field. */
const shortText = (maxLength: number) =>
  z
    .string({ error: 'must be a text' })
    .trim()
    .min(1, { error: 'must not be empty' })
    .max(maxLength, { error: `must have at most ${maxLength} characters` })

export const profileSubmissionSchema = z
  .strictObject({
    displayName: shortText(80),
    primarySport: shortText(60),
    weeklyGoalHours: z
      .number({ error: 'must be a number of hours' })
      .min(0, { error: 'must not be negative' })
      .max(168, { error: 'a week has 168 hours' })
      .nullable()
      .default(null),
  })
  .meta({ id: 'ProfileSubmission' })
export type ProfileSubmission = z.infer<typeof profileSubmissionSchema>

export const profileSchema = z
  .object({
    displayName: z.string().nullable(),
    primarySport: z.string().nullable(),
    weeklyGoalHours: z.number().nullable(),
    submittedAt: instant.nullable().meta({ description: 'null until the profile is submitted.' }),
  })
  .meta({ id: 'Profile' })
export type Profile = z.infer<typeof profileSchema>

export const summarySchema = z
  .object({
    profile: profileSchema,
    strava: statusSchema,
    load: trainingLoadSchema,
    recentWorkouts: z.array(workoutSchema),
    sportTypes: z
      .array(z.string())
      .meta({ description: 'The sports of all stored workouts, each once: what a filter by `sportType` can find.' }),
  })
  .meta({ id: 'Summary' })
export type Summary = z.infer<typeof summarySchema>

/** An entry of the error catalogue. */
export const errorEntrySchema = actionableErrorSchema.extend({ status: z.int() }).meta({ id: 'ErrorEntry' })

/** RFC 9457, with the catalogue's `code` and one entry in `errors` for each offending field. */
export const problemSchema = z
  .object({
    type: z.url().meta({ description: 'A page that says what this error means, and who can do what.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(errorCodes),
    actor: z.enum(['athlete', 'operator', 'nobody']),
    action: z.string(),
    actionUrl: z.string().nullable(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof problemSchema>

export const noticeSchema = z
  .object({
    objectType: z.enum(noticeObjects),
    objectId: z.string(),
    aspectType: z.enum(noticeAspects),
    eventTime: instant,
    updates: z.record(z.string(), z.string()),
    receivedAt: instant,
  })
  .meta({ id: 'Notice', description: 'What Strava told of the athlete, as it told it.' })
export type Notice = z.infer<typeof noticeSchema>

export const setAsideSchema = z
  .object({
    reason: z.string(),
    eventType: z.string(),
    at: instant,
    payload: z.string().meta({ description: 'As it was read; it may be in no form that can be.' }),
  })
  .meta({ id: 'SetAside', description: 'Something about the athlete that could not be worked on.' })
export type SetAside = z.infer<typeof setAsideSchema>

/** So many of each are in an export: forged webhooks could make more notices than anybody reads. */
export const mostExported = { notices: 10_000, setAside: 1_000 } as const

/** Everything held about an athlete, apart from tokens, which are no use to anybody but this system. */
export const exportSchema = z
  .object({
    exportedAt: instant,
    athleteId: z.string(),
    profile: profileSchema,
    strava: statusSchema,
    workouts: z.array(workoutSchema),
    runs: z.array(runSchema),
    receipts: z.array(receiptSchema),
    notices: z.array(noticeSchema).max(mostExported.notices).default([]).meta({
      description: 'What Strava told of the athlete in the last 7 days, oldest first.',
    }),
    setAside: z.array(setAsideSchema).max(mostExported.setAside).default([]).meta({
      description: 'What could not be worked on in the last 30 days, newest first.',
    }),
  })
  .meta({ id: 'Export' })
export type Export = z.infer<typeof exportSchema>
