import type { MissingActivities, WantedActivity } from '@slipstream/records'

// What is stored and was not listed may be deleted, or hidden from us, or left out by a list that cannot be trusted.

const maxChecks = 10
/** More of them than this, or a greater share, are rather a fault of the list than as many deletions. */
const fewMissing = 3
const smallShare = 1 / 5

export interface Unlisted {
  /** Stored in the window and not listed, longest unseen first. */
  activityIds: readonly string[]
  storedInWindow: number
}

export type AfterList =
  | { kind: 'end' }
  /** Once more from its beginning. */
  | { kind: 'list_again' }
  /** Asked for one by one; what is left over is the next run's. */
  | { kind: 'check'; activityIds: string[] }

/** What a run does when its list has ended, with so many calls left. */
export const afterList = (
  { activityIds, storedInWindow }: Unlisted,
  missing: MissingActivities | undefined,
  callsLeft: number,
): AfterList => {
  if (activityIds.length === 0 || callsLeft === 0) return { kind: 'end' }
  const areMany = activityIds.length > fewMissing || activityIds.length > storedInWindow * smallShare
  if (areMany && !missing?.isListedAgain) return { kind: 'list_again' }
  return { kind: 'check', activityIds: activityIds.slice(0, Math.min(maxChecks, callsLeft)) }
}

/** Of what webhooks spoke of, what a list did not show, or shows though it is said to be deleted. */
export const notListed = (wanted: readonly WantedActivity[], listedIds: readonly string[]): string[] =>
  wanted
    .filter(({ stravaActivityId, aspect }) => aspect === 'delete' || !listedIds.includes(stravaActivityId))
    .map(({ stravaActivityId }) => stravaActivityId)
