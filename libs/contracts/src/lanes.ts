import { z } from 'zod'
import { meaningsOf } from './meanings.ts'

/** Priority classes of Strava work, most urgent first. */
export const lanes = ['interactive', 'realtime', 'scheduled', 'backfill'] as const
export type Lane = (typeof lanes)[number]
export const laneSchema = z.enum(lanes).meta({
  description: meaningsOf<Lane>('How urgent the work is.', {
    interactive: 'somebody waits',
    realtime: 'a webhook of Strava told of something',
    scheduled: 'the regular turn of each athlete',
    backfill: 'history, not in use yet',
  }),
})

/** Why a sync run was asked for. */
export const causes = ['linked', 'manual', 'hourly', 'webhook', 'reconcile', 'backfill'] as const
export type Cause = (typeof causes)[number]
export const causeSchema = z.enum(causes).meta({
  description: meaningsOf<Cause>('Why the sync was asked for.', {
    linked: 'the athlete linked Strava',
    manual: 'a person asked',
    hourly: 'the regular turn of the athlete, which comes less often where the quota is short',
    webhook: 'Strava told of a change',
    reconcile: 'kept for later, not sent yet',
    backfill: 'kept for later, not sent yet',
  }),
})

/** What becomes of a run that has not ended. */
export const runStates = ['queued', 'waiting', 'running'] as const
export const stateMeanings: Record<(typeof runStates)[number], string> = {
  queued: 'not begun',
  waiting: 'may not go on now, `waitingFor` says why',
  running: 'at work',
}

/** How a sync run ended. */
export const runOutcomes = ['succeeded', 'failed', 'cancelled', 'reauth_required'] as const
export type RunOutcome = (typeof runOutcomes)[number]
export const runOutcomeSchema = z.enum(runOutcomes).meta({
  description: meaningsOf<RunOutcome>('How the run ended.', {
    succeeded: 'all was looked at',
    failed: 'an error ended it',
    cancelled: 'the link went away',
    reauth_required: 'the grant is no longer good, the athlete has to consent again',
  }),
})

const count = (description: string) => z.int().nonnegative().meta({ description })

export const runCountsSchema = z
  .object({
    listed: count('Activities that Strava listed.'),
    created: count('Workouts stored for the first time.'),
    updated: count('Stored workouts that changed.'),
    deleted: count('Stored workouts that were removed.'),
    unchanged: count('Stored workouts that were fetched again and are the same.'),
    calls: count('Requests made to Strava.'),
  })
  .meta({ description: 'What the run did.' })
export type RunCounts = z.infer<typeof runCountsSchema>

/** The span of activity start times a run covers. */
export const windowSchema = z
  .object({
    after: z.iso.datetime().meta({ description: 'Activities that started at or after this time.' }),
    before: z.iso.datetime().meta({ description: 'Activities that started before this time.' }),
  })
  .meta({ description: 'The span of start times that the run looks at.' })

/** Why a stored workout was removed. */
export const deletionReasons = ['deleted_at_strava', 'not_visible', 'expired', 'outside_window'] as const
export type DeletionReason = (typeof deletionReasons)[number]
export const deletionMeaning = meaningsOf<DeletionReason>('Why it was removed. More reasons may be added.', {
  deleted_at_strava: 'Strava says that it is gone, or does not show it any more',
  not_visible: 'kept for later, not sent yet',
  expired: 'it could not be fetched again within the time that the data policy allows',
  outside_window: 'it started before the window of days that Slipstream keeps',
})

/** What a webhook of Strava speaks of, and what is said to have become of it. */
export const noticeObjects = ['activity', 'athlete'] as const
export const noticeAspects = ['create', 'update', 'delete'] as const
export type NoticeAspect = (typeof noticeAspects)[number]
export const noticeObjectSchema = z.enum(noticeObjects).meta({
  description: meaningsOf<(typeof noticeObjects)[number]>('What it is about.', {
    activity: 'one activity',
    athlete: 'the access that the athlete gave',
  }),
})
export const noticeAspectSchema = z.enum(noticeAspects).meta({
  description: meaningsOf<NoticeAspect>('What is said to have become of it.', {
    create: 'it is new',
    update: 'it changed (of an athlete: access was ended at Strava)',
    delete: 'it is gone',
  }),
})

/** What a run waits for: a share of the quota, Strava to answer, or the app to be on again. */
export const waitReasons = ['quota', 'strava', 'app'] as const
export type WaitReason = (typeof waitReasons)[number]
export const waitReasonSchema = z.enum(waitReasons).meta({
  description: meaningsOf<WaitReason>('What the run waits for.', {
    quota: 'a share of what Strava lets the application ask',
    strava: 'Strava to answer again',
    app: 'the operator, as Strava refuses the application as a whole',
  }),
})

/** Why a link ended. */
export const unlinkReasons = ['user', 'revoked_at_strava', 'slot_freed', 'policy'] as const
export const unlinkReasonSchema = z.enum(unlinkReasons).meta({
  description: meaningsOf<(typeof unlinkReasons)[number]>('Why the data are deleted.', {
    user: 'the athlete disconnected, or the operator did it for them',
    revoked_at_strava: 'the athlete ended the access at Strava',
    slot_freed: 'kept for later, not sent yet',
    policy: 'the access stayed dead, and the time that data may be kept is over',
  }),
})
