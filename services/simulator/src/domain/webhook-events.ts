import type { SummaryActivity } from './activity.ts'
import { canReadActivities, canReadOnlyMe } from './grants.ts'

/** The body Strava posts. `updates` values are strings, also for booleans. */
export interface WebhookEvent {
  readonly aspect_type: 'create' | 'update' | 'delete'
  /** Epoch seconds. */
  readonly event_time: number
  readonly object_id: number
  readonly object_type: 'activity' | 'athlete'
  readonly owner_id: number
  readonly subscription_id: number
  readonly updates: Readonly<Record<string, string>>
}

/** An event before it is stamped with time and subscription. */
export type Announcement = Pick<WebhookEvent, 'aspect_type' | 'object_id' | 'object_type' | 'owner_id' | 'updates'>

const about = (
  activity: SummaryActivity,
  aspect: Announcement['aspect_type'],
  updates: Readonly<Record<string, string>> = {},
): Announcement => ({
  aspect_type: aspect,
  object_id: activity.id,
  object_type: 'activity',
  owner_id: activity.athlete.id,
  updates,
})

/** Title, type and privacy are announced; a corrected distance, gear or a comment is not. */
const announcedUpdates = (before: SummaryActivity, after: SummaryActivity): Record<string, string> => ({
  ...(before.name === after.name ? {} : { title: after.name }),
  ...(before.sport_type === after.sport_type ? {} : { type: after.type }),
  ...(before.private === after.private ? {} : { private: String(after.private) }),
})

/**
 * What the application hears of a change, given the scopes of the athlete's grant (null: none). Without
 * `activity:read_all` an activity that turns to Only You looks deleted, and created when it turns back.
 */
export const announceChange = (
  before: SummaryActivity | null,
  after: SummaryActivity | null,
  scopes: readonly string[] | null,
): readonly Announcement[] => {
  if (scopes === null || !canReadActivities(scopes)) return []
  const seen = (activity: SummaryActivity | null): SummaryActivity | null =>
    activity && (activity.visibility !== 'only_me' || canReadOnlyMe(scopes)) ? activity : null
  const [old, fresh] = [seen(before), seen(after)]
  if (old && fresh) {
    const updates = announcedUpdates(old, fresh)
    return Object.keys(updates).length > 0 ? [about(fresh, 'update', updates)] : []
  }
  if (fresh) return [about(fresh, 'create')]
  return old ? [about(old, 'delete')] : []
}

/** An athlete who revokes the application is an athlete *update*, not a delete. */
export const announceDeauthorization = (athleteId: number): Announcement => ({
  aspect_type: 'update',
  object_id: athleteId,
  object_type: 'athlete',
  owner_id: athleteId,
  updates: { authorized: 'false' },
})
