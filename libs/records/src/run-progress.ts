import type { SyncRunRow } from './sync-run.ts'

/** A page takes what the pages so far took; more than this was spent waiting. */
const longestPageMs = 10_000

type RunFields = Pick<SyncRunRow, 'startedAt' | 'window' | 'cursor' | 'counts' | 'resumeAt'>

/** Lists are newest first, so how far back a run has come tells how many pages the rest of the window may take. */
const pagesLeft = ({ window, cursor }: RunFields, startedAt: Date): number | null => {
  if (!cursor || cursor.pages === 0) return null
  // Only the page that proves the end is missing.
  if (cursor.page > 1) return 1
  if (!cursor.earliestStart) return null
  const doneMs = startedAt.getTime() - cursor.earliestStart.getTime()
  const leftMs = cursor.earliestStart.getTime() - window.after.getTime()
  if (doneMs <= 0) return null
  return Math.ceil((cursor.pages * Math.max(0, leftMs)) / doneMs) + 1
}

/**
 * What can be said about the rest of a run. `expected` activities: null until a page was not followed by older ones.
 * `estimatedFinishAt`: null before the first page.
 */
export const progressOf = (run: RunFields, now: Date): { expected: number | null; estimatedFinishAt: Date | null } => {
  const { startedAt, cursor, counts, resumeAt } = run
  const expected = cursor && cursor.page > 1 ? counts.listed : null
  const left = startedAt && pagesLeft(run, startedAt)
  if (!startedAt || !cursor || !left) return { expected, estimatedFinishAt: null }
  const pageMs = Math.min(longestPageMs, Math.max(0, now.getTime() - startedAt.getTime()) / cursor.pages)
  const goesOnAt = resumeAt && resumeAt > now ? resumeAt : now
  return { expected, estimatedFinishAt: new Date(goesOnAt.getTime() + left * pageMs) }
}
