import { z } from 'zod'

/** Priority classes of Strava work, most urgent first. */
export const lanes = ['interactive', 'realtime', 'scheduled', 'backfill'] as const
export const laneSchema = z.enum(lanes)
export type Lane = z.infer<typeof laneSchema>

/** Why a sync run was asked for. */
export const causes = ['linked', 'manual', 'hourly', 'webhook', 'reconcile', 'backfill'] as const
export const causeSchema = z.enum(causes)
export type Cause = z.infer<typeof causeSchema>

/** What becomes of a run that has not ended. */
export const runStates = ['queued', 'waiting', 'running'] as const

/** How a sync run ended. */
export const runOutcomes = ['succeeded', 'failed', 'cancelled', 'reauth_required'] as const
export const runOutcomeSchema = z.enum(runOutcomes)
export type RunOutcome = z.infer<typeof runOutcomeSchema>

export const runCountsSchema = z.object({
  listed: z.int().nonnegative(),
  created: z.int().nonnegative(),
  updated: z.int().nonnegative(),
  deleted: z.int().nonnegative(),
  unchanged: z.int().nonnegative(),
  calls: z.int().nonnegative(),
})
export type RunCounts = z.infer<typeof runCountsSchema>

/** The span of activity start times a run covers. */
export const windowSchema = z.object({ after: z.iso.datetime(), before: z.iso.datetime() })

/** Why a stored workout was removed. */
export const deletionReasons = ['deleted_at_strava', 'not_visible', 'expired', 'outside_window'] as const
export type DeletionReason = (typeof deletionReasons)[number]

/** What a webhook of Strava speaks of, and what is said to have become of it. */
export const noticeObjects = ['activity', 'athlete'] as const
export const noticeAspects = ['create', 'update', 'delete'] as const
export type NoticeAspect = (typeof noticeAspects)[number]

/** What a run waits for: a share of the quota, Strava to answer, or the app to be on again. */
export const waitReasons = ['quota', 'strava', 'app'] as const
export type WaitReason = (typeof waitReasons)[number]

/** Why a link ended. */
export const unlinkReasons = ['user', 'revoked_at_strava', 'slot_freed', 'policy'] as const
export const unlinkReasonSchema = z.enum(unlinkReasons)
