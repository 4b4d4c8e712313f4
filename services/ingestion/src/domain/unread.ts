import type { UnreadActivity } from '@slipstream/records'

/**
 * Adds what a page showed of activities that cannot be read. `before`: what the last run that succeeded had found so; it
 * tells in how many runs in a row each was broken.
 */
export const addUnread = (
  known: readonly UnreadActivity[],
  ids: readonly (string | null)[],
  before: readonly UnreadActivity[],
): UnreadActivity[] => {
  const fresh = [...new Set(ids)].filter((id) => !known.some(({ stravaActivityId }) => stravaActivityId === id))
  const runsBefore = (id: string | null) => before.find(({ stravaActivityId }) => stravaActivityId === id)?.runs ?? 0
  return [...known, ...fresh.map((id) => ({ stravaActivityId: id, runs: runsBefore(id) + 1 }))]
}
