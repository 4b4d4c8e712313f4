import type { SummaryActivity } from './activity.ts'

type Activities = ReadonlyMap<number, SummaryActivity>

/** How the activities differ from the invented history. */
export interface ActivityChanges {
  readonly added: readonly SummaryActivity[]
  /** Invented activities as they are after all edits. */
  readonly edited: readonly SummaryActivity[]
  /** Ids of invented activities. */
  readonly removed: readonly number[]
}

/** An edit makes a new object of an activity, so the same object means unchanged. */
export const changesOf = (invented: Activities, current: Activities): ActivityChanges => {
  const changed = [...current.values()].filter((activity) => invented.get(activity.id) !== activity)
  return {
    added: changed.filter(({ id }) => !invented.has(id)),
    edited: changed.filter(({ id }) => invented.has(id)),
    removed: [...invented.keys()].filter((id) => !current.has(id)),
  }
}

/** `invented` may be the history of a later day: changes of activities that have left it are dropped. */
export const withChanges = (
  invented: Activities,
  { added, edited, removed }: ActivityChanges,
): Map<number, SummaryActivity> => {
  const current = new Map(invented)
  for (const activity of added) current.set(activity.id, activity)
  for (const activity of edited) if (invented.has(activity.id)) current.set(activity.id, activity)
  for (const id of removed) current.delete(id)
  return current
}
