import type { RunOutcome } from '@slipstream/contracts'
import { isFullPass, type SyncRun } from './decide-run.ts'

// Webhooks are said to tell of what is new, gone, or has another title, kind or visibility. What a full list finds of that and
// none has told, was missed: a subscription or a relay that does not work shows there first.

/** A webhook that is not there by then does not come any more; Strava tries for a few minutes. */
const lateMs = 15 * 60_000
const mostKept = 50

export const addChanged = (known: readonly string[], ids: readonly string[]): string[] =>
  [...new Set([...known, ...ids])].slice(0, mostKept)

/** Whether webhooks should have told what this run has found: not of a link's first import. */
export const isToldByWebhooks = (
  run: SyncRun,
  { outcome, changedIds = [] }: { outcome: RunOutcome; changedIds?: readonly string[] },
): boolean => outcome === 'succeeded' && isFullPass(run) && run.cause !== 'linked' && changedIds.length > 0

/** When that is looked at. */
export const noticesDueAt = (finishedAt: Date): Date => new Date(finishedAt.getTime() + lateMs)

export interface Notices {
  changedIds: readonly string[]
  passBefore: Date
}

/** From when on a notice may speak of a change that was found: a look may come before the change that its notice told. */
export const toldFrom = ({ passBefore }: Notices): Date => new Date(passBefore.getTime() - lateMs)

/** How many of them nobody has told. None where Strava was not pushing all the time. */
export const countMissed = (
  { changedIds, passBefore }: Notices,
  { toldIds, pushedSince }: { toldIds: readonly string[]; pushedSince: Date | null },
): number => {
  if (pushedSince === null || pushedSince > passBefore) return 0
  return changedIds.filter((id) => !toldIds.includes(id)).length
}
