import { z } from 'zod'
import { errorCodes } from './error-catalogue.ts'
import {
  causeSchema,
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

const instant = z.iso.datetime()
const text = (description: string) => z.string().meta({ description })
const at = (description: string) => instant.meta({ description })
const count = (description: string) => z.int().nonnegative().meta({ description })

const scopes = z.array(z.string()).meta({ description: 'What the athlete granted, as Strava names it.' })
const runId = text('The sync run, as in `GET /api/v1/strava/runs`.')
const receiptId = text('The receipt, as in `GET /api/v1/strava/receipts/{id}`.')
const nextCursor = z
  .string()
  .nullable()
  .meta({ description: 'Send it as `cursor` for the next page; null: this was the last.' })
const cursor = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .meta({ description: 'The `nextCursor` of the page before; left out: the first page.' })
const incompleteReasonMeaning = 'Why. `activity_unreadable`: Strava serves them broken.'

/** Requests refuse unknown fields: a typo in an optional field would otherwise be lost silently. */
export const linkTokenRequestSchema = z
  .discriminatedUnion('platform', [
    z.strictObject({
      platform: z.literal('web').meta({ description: 'A page in a browser.' }),
      returnTo: returnToSchema()
        .optional()
        .meta({ description: 'Path of the page to come back to; left out: the start page.' }),
    }),
    z.strictObject({
      platform: z.literal('mobile').meta({ description: 'An app on a phone.' }),
      codeChallenge: z
        .string()
        .regex(/^[A-Za-z0-9_-]{43}$/, { error: 'must be an S256 code challenge (43 base64url characters)' })
        .meta({ description: 'PKCE: BASE64URL(SHA-256(code verifier)).' }),
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
  .object({
    linkToken: text('Works once.'),
    connectUrl: z.url().meta({ description: 'Where the browser is to be sent; carries the link token.' }),
    expiresAt: at('Until when the link token works: two minutes.'),
  })
  .meta({ id: 'LinkToken', description: 'Where linking begins.' })

export const linkCompletionRequestSchema = z
  .strictObject({
    result: z.string().min(1).max(200).meta({ description: 'The `result` of the deep link.' }),
    codeVerifier: z
      .string()
      .regex(/^[A-Za-z0-9\-._~]{43,128}$/, { error: 'must be a PKCE code verifier (43 to 128 unreserved characters)' })
      .meta({ description: 'What the code challenge was made from.' }),
  })
  .meta({ id: 'LinkCompletionRequest' })

/** Statuses of a link that is there. */
export const storedLinkStatuses = ['active', 'reauth_required', 'paused'] as const
export type StoredLinkStatus = (typeof storedLinkStatuses)[number]

export const linkStatuses = ['not_linked', 'pending', ...storedLinkStatuses] as const
export type LinkStatus = (typeof linkStatuses)[number]

const errorFields = {
  code: z.enum(errorCodes).meta({
    description: 'Names the error and never changes its meaning; see the error catalogue. Codes may be added.',
  }),
  title: text('What happened, in a few words for a person.'),
  detail: text('What it means, in a sentence or two for a person.'),
  actor: z.enum(['athlete', 'operator', 'nobody']).meta({
    description: meaningsOf('Who has to act.', {
      athlete: 'the athlete',
      operator: 'who runs this installation',
      nobody: 'it passes by itself',
    }),
  }),
  action: text('What a client shows a button for, such as `reconnect` or `wait`.'),
  actionUrl: z
    .string()
    .nullable()
    .meta({ description: 'Where that is done: a path of the page, or an address at Strava. null: there is none.' }),
}

export const actionableErrorSchema = z
  .object({
    ...errorFields,
  })
  .meta({ id: 'ActionableError', description: 'What is wrong, and who has to do what.' })
export type ActionableError = z.infer<typeof actionableErrorSchema>

/** Why not all that Strava lists in the window is stored. */
export const incompleteReasons = ['activity_unreadable'] as const

export const statusSchema = z
  .object({
    status: z.enum(linkStatuses).meta({
      description: meaningsOf<LinkStatus>('What the connection is.', {
        not_linked: 'there is none',
        pending: 'consented to, the app has to complete it',
        active: 'linked',
        reauth_required: 'the grant is lost, the athlete has to consent again',
        paused: 'kept for later, not in use yet',
      }),
    }),
    athlete: z
      .object({
        stravaAthleteId: text('Id of the athlete at Strava.'),
        displayName: text('Name of the athlete at Strava.'),
      })
      .nullable()
      .meta({ description: 'Whose Strava account it is; null while none is linked.' }),
    scopes,
    linkedAt: instant.nullable().meta({ description: 'When the athlete consented; null while none is linked.' }),
    lastSync: z
      .object({
        runId,
        outcome: runOutcomeSchema,
        finishedAt: at('When it ended.'),
        counts: runCountsSchema,
      })
      .nullable()
      .meta({ description: 'The last run that succeeded; a later failure is told in `error`. null: none has yet.' }),
    sync: z
      .object({
        runId,
        lane: laneSchema,
        state: z.enum(runStates).meta({ description: meaningsOf('What becomes of the run.', stateMeanings) }),
        waitingFor: waitReasonSchema.nullable().meta({ description: 'null unless the run waits.' }),
        listed: z.int().meta({ description: 'Activities that Strava has listed so far.' }),
        stored: z.int().meta({ description: 'How many of them are stored and up to date.' }),
        expected: z.int().nullable().meta({ description: 'Activities in the window; null before the first page.' }),
        isEstimate: z.boolean().default(false).meta({
          description: 'Whether `expected` is worked out from the dates listed so far, and not known yet.',
        }),
        estimatedStartAt: instant
          .nullable()
          .meta({ description: 'When it is expected to begin or to go on; null while it runs.' }),
        estimatedFinishAt: instant.nullable().meta({ description: 'When it is expected to end; null: not known.' }),
      })
      .nullable()
      .meta({ description: 'The run under way, of the most urgent lane; null: there is none.' }),
    nextSyncAt: instant.nullable().meta({ description: 'When the next regular turn comes; null: not known.' }),
    syncEvery: z
      .object({
        minutes: z.int().positive().meta({ description: 'Minutes from one turn to the next.' }),
        isStretched: z
          .boolean()
          .meta({ description: 'Whether it is less often than set, as the quota of the app carries no more.' }),
      })
      .nullable()
      .default(null)
      .meta({ description: 'How often all of the window is listed; webhooks come on top. null: not known yet.' }),
    completeUpTo: instant.nullable().meta({
      description:
        'All that Strava listed up to this time is stored. It stands still while something is not. null: not yet.',
    }),
    incomplete: z
      .object({
        count: z.int().positive().meta({ description: 'How many activities.' }),
        reason: z.enum(incompleteReasons).meta({ description: incompleteReasonMeaning }),
      })
      .nullable()
      .meta({ description: 'What Strava lists and is not stored; null: nothing.' }),
    error: actionableErrorSchema
      .nullable()
      .meta({ description: 'The one thing somebody has to know or do; null: all is well.' }),
  })
  .meta({ id: 'Status', description: 'What is true of the connection to Strava now.' })
export type Status = z.infer<typeof statusSchema>

export const syncAcceptedSchema = z
  .object({
    runId,
    position: count('At least so many others wait before this one.'),
    estimatedStartAt: at('When the quota lets it begin.'),
  })
  .meta({ id: 'SyncAccepted', description: 'The run that was asked for.' })
export type SyncAccepted = z.infer<typeof syncAcceptedSchema>

export const unlinkAcceptedSchema = z
  .object({ receiptId })
  .meta({ id: 'UnlinkAccepted', description: 'Where the confirmation is.' })

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
      description: meaningsOf('What became of the push subscription.', {
        kept: 'it was right',
        made: 'it was missing or wrong, and is right now',
        foreign: 'it posts to another installation and was left alone',
        busy: 'another replica is at it',
      }),
    }),
  })
  .meta({ id: 'SubscriptionCheck', description: 'What the check of the push subscription found.' })
export type SubscriptionCheck = z.infer<typeof subscriptionCheckSchema>

export const receiptNotes = ['linked_again', 'check_strava'] as const
export type ReceiptNote = (typeof receiptNotes)[number]

export const receiptSchema = z
  .object({
    receiptId,
    reason: unlinkReasonSchema,
    requestedAt: at('When the link, or the time its data may be kept, ended.'),
    completedAt: instant.nullable().meta({ description: 'When all was done; null: not yet.' }),
    erasedAt: instant
      .nullable()
      .default(null)
      .meta({ description: 'When the data were deleted; ending the access at Strava may take longer. null: not yet.' }),
    deleted: z
      .record(z.string(), z.int().nonnegative())
      .meta({ description: 'How many documents of each collection were deleted, and how many `events`.' }),
    revokedAtStrava: z
      .boolean()
      .nullable()
      .meta({ description: 'null: not known. False as long as the receipt is not complete.' }),
    note: z
      .enum(receiptNotes)
      .nullable()
      .default(null)
      .meta({
        description: `${meaningsOf<ReceiptNote>('What there is to know beside.', {
          linked_again: 'the Strava account was linked again before it was revoked',
          check_strava: 'the athlete should look at Strava whether access has ended',
        })} null: nothing.`,
      }),
    actionUrl: z.string().nullable().default(null).meta({
      description:
        'Where to look, with `check_strava`, or to end access, while that is still to be done. null: nothing to do there.',
    }),
  })
  .meta({ id: 'Receipt', description: 'Written confirmation of what was deleted.' })
export type Receipt = z.infer<typeof receiptSchema>

export const runsQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(50).default(20).meta({ description: 'How many to a page.' }),
  cursor,
})
export type RunsQuery = z.infer<typeof runsQuerySchema>

export const runSchema = z
  .object({
    runId,
    joinedTo: z.string().nullable().meta({
      description:
        'The run that did what this one was asked for; this one was not needed then. null: it stands for itself.',
    }),
    cause: causeSchema,
    lane: laneSchema,
    state: z
      .enum([...runStates, 'finished'])
      .meta({ description: meaningsOf('What has become of the run.', { ...stateMeanings, finished: 'it ended' }) }),
    outcome: runOutcomeSchema.nullable().meta({ description: 'null until it has ended.' }),
    error: actionableErrorSchema.nullable().meta({ description: 'Why it failed; null: it did not.' }),
    activityIds: z.array(z.string()).meta({ description: 'What a webhook made it look at; empty: the whole window.' }),
    window: windowSchema.nullable().meta({ description: 'null until it has begun.' }),
    counts: runCountsSchema,
    waits: z
      .array(
        z.object({
          reason: waitReasonSchema,
          since: at('When the wait began.'),
          until: at('When it ended, or is to end.'),
        }),
      )

      .meta({ description: 'What it had to wait for, the last ten times.' }),
    requestedAt: at('When it was asked for.'),
    startedAt: instant.nullable().meta({ description: 'null until it has begun.' }),
    finishedAt: instant.nullable().meta({ description: 'null until it has ended.' }),
  })
  .meta({ id: 'Run', description: 'One bounded attempt to bring the window up to date.' })
export type Run = z.infer<typeof runSchema>

export const runPageSchema = z
  .object({ items: z.array(runSchema).meta({ description: 'Newest first.' }), nextCursor })
  .meta({ id: 'RunPage', description: 'A page of runs.' })
export type RunPage = z.infer<typeof runPageSchema>

export const receiptListSchema = z
  .object({ items: z.array(receiptSchema).meta({ description: 'Newest first.' }) })
  .meta({ id: 'ReceiptList', description: 'The last hundred receipts.' })
export type ReceiptList = z.infer<typeof receiptListSchema>

/** A date (`2026-11-21`, midnight UTC) or an instant. */
const dateOrInstant = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: 'must be a date or an ISO 8601 time',
})

export const workoutsQuerySchema = z.strictObject({
  from: dateOrInstant.optional().meta({ description: 'Started at or after this date (midnight UTC) or time.' }),
  to: dateOrInstant.optional().meta({ description: 'Started before this date (midnight UTC) or time.' }),
  sportType: z.string().min(1).max(60).optional().meta({ description: 'Of this sport only, such as `Run`.' }),
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: 'How many to a page.' }),
  cursor,
})
export type WorkoutsQuery = z.infer<typeof workoutsQuerySchema>

export const workoutPageSchema = z
  .object({ items: z.array(workoutSchema).meta({ description: 'Newest first.' }), nextCursor })
  .meta({ id: 'WorkoutPage', description: 'A page of workouts.' })
export type WorkoutPage = z.infer<typeof workoutPageSchema>

export const trainingLoadSchema = z
  .object({
    method: z.string().meta({ description: 'Names the formula and its source.' }),
    days: z
      .array(
        z.object({
          date: z.iso.date().meta({ description: 'The day by the clock of the athlete.' }),
          load: z.number().meta({ description: 'Load of the day, by `method`; 0 on a day of rest.' }),
          durationSeconds: z.number().meta({ description: 'Seconds of training.' }),
        }),
      )
      .meta({ description: 'The last 28 days, oldest first.' }),
    acute: z.number().meta({ description: 'Mean daily load over 7 days.' }),
    chronic: z.number().meta({ description: 'Mean daily load over 28 days.' }),
    ratio: z.number().nullable().meta({ description: 'acute / chronic; null while chronic is 0.' }),
  })
  .meta({ id: 'TrainingLoad', description: 'What the workouts add up to.' })
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
    displayName: shortText(80).meta({ description: 'What the athlete wants to be called.' }),
    primarySport: shortText(60).meta({ description: 'The sport they do most, such as `Run`.' }),
    weeklyGoalHours: z
      .number({ error: 'must be a number of hours' })
      .min(0, { error: 'must not be negative' })
      .max(168, { error: 'a week has 168 hours' })
      .nullable()
      .default(null)
      .meta({ description: 'Hours a week; null: none set.' }),
  })
  .meta({ id: 'ProfileSubmission' })
export type ProfileSubmission = z.infer<typeof profileSubmissionSchema>

export const profileSchema = z
  .object({
    displayName: z
      .string()
      .nullable()
      .meta({ description: 'What the athlete wants to be called; null until the profile is submitted.' }),
    primarySport: z
      .string()
      .nullable()
      .meta({ description: 'The sport they do most; null until the profile is submitted.' }),
    weeklyGoalHours: z.number().nullable().meta({ description: 'Hours a week; null: none set.' }),
    submittedAt: instant.nullable().meta({ description: 'null until the profile is submitted.' }),
  })
  .meta({ id: 'Profile', description: 'What the athlete says about themselves.' })
export type Profile = z.infer<typeof profileSchema>

export const summarySchema = z
  .object({
    profile: profileSchema,
    strava: statusSchema,
    load: trainingLoadSchema,
    recentWorkouts: z.array(workoutSchema).meta({ description: 'Ten at most, newest first.' }),
    sportTypes: z
      .array(z.string())
      .meta({ description: 'The sports of all stored workouts, each once: what a filter by `sportType` can find.' }),
  })
  .meta({ id: 'Summary', description: 'All that a start page shows.' })
export type Summary = z.infer<typeof summarySchema>

const httpStatus = z.int().meta({ description: 'HTTP status that it comes with.' })

/** An entry of the error catalogue. */
export const errorEntrySchema = actionableErrorSchema
  .extend({ status: httpStatus })
  .meta({ id: 'ErrorEntry', description: 'An entry of the error catalogue.' })

/** RFC 9457, with the catalogue's `code` and one entry in `errors` for each offending field. */
export const problemSchema = z
  .object({
    type: z.url().meta({ description: 'A page that says what this error means, and who can do what.' }),
    title: errorFields.title,
    status: httpStatus,
    detail: errorFields.detail,
    code: errorFields.code,
    actor: errorFields.actor,
    action: errorFields.action,
    actionUrl: errorFields.actionUrl,
    errors: z
      .array(
        z.object({
          path: text('Where it is: names joined by dots.'),
          message: text('What is wrong with it, for a person.'),
        }),
      )
      .meta({ description: 'One for each field that was refused; empty where no field is at fault.' }),
  })
  .meta({ id: 'Problem', description: 'An error, as an RFC 9457 problem document.' })
export type Problem = z.infer<typeof problemSchema>

export const noticeSchema = z
  .object({
    objectType: noticeObjectSchema,
    objectId: text('Id of the activity, or of the athlete, at Strava.'),
    aspectType: noticeAspectSchema,
    eventTime: at('When it happened, as Strava says.'),
    updates: z.record(z.string(), z.string()).meta({ description: 'What changed, by field, as Strava told it.' }),
    receivedAt: at('When it arrived.'),
  })
  .meta({ id: 'Notice', description: 'What Strava told of the athlete, as it told it.' })
export type Notice = z.infer<typeof noticeSchema>

export const setAsideSchema = z
  .object({
    reason: text('Why, for an operator.'),
    eventType: text('Type of the event that it came with.'),
    at: at('When it was set aside.'),
    payload: z.string().meta({ description: 'As it was read; it may be in no form that can be.' }),
  })
  .meta({ id: 'SetAside', description: 'Something about the athlete that could not be worked on.' })
export type SetAside = z.infer<typeof setAsideSchema>

/** So many of each are in an export: forged webhooks could make more notices than anybody reads. */
export const mostExported = { notices: 10_000, setAside: 1_000 } as const

/** Everything held about an athlete, apart from tokens, which are no use to anybody but this system. */
export const exportSchema = z
  .object({
    exportedAt: at('When the export was made.'),
    athleteId: text('The id that Slipstream gave the athlete.'),
    profile: profileSchema,
    strava: statusSchema,
    workouts: z.array(workoutSchema).meta({ description: 'All that are stored.' }),
    runs: z.array(runSchema).meta({ description: 'Those of the last 30 days.' }),
    receipts: z.array(receiptSchema).meta({ description: 'Confirmations of earlier unlinks.' }),
    notices: z.array(noticeSchema).max(mostExported.notices).default([]).meta({
      description: 'What Strava told of the athlete in the last 7 days, oldest first.',
    }),
    setAside: z.array(setAsideSchema).max(mostExported.setAside).default([]).meta({
      description: 'What could not be worked on in the last 30 days, newest first.',
    }),
  })
  .meta({ id: 'Export', description: 'Everything held about the athlete, apart from tokens.' })
export type Export = z.infer<typeof exportSchema>
