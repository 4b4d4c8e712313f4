import type { SyncRunRow } from './sync-run.ts'

/** A page takes what the pages so far took; more than this was spent waiting. */
const longestPageMs = 10_000

type RunFields = Pick<SyncRunRow, 'startedAt' | 'window' | 'cursor' | 'counts' | 'resumeAt' | 'missing'>

/** What can be said about the rest of a run. */
export interface RunOutlook {
  /** Activities in the window; null before the first page. */
  expected: number | null
  /** Whether `expected` is worked out from the dates listed so far, and not yet known. */
  isEstimate: boolean
  /** Null before the first page. */
  estimatedFinishAt: Date | null
}

/** Lists are newest first: of the time that the window spans, how much was listed, and how much is left. Null: nothing yet. */
const spanOf = ({ window, cursor, startedAt }: RunFields): { doneMs: number; leftMs: number } | null => {
  if (!cursor?.earliestStart || !startedAt) return null
  const doneMs = startedAt.getTime() - cursor.earliestStart.getTime()
  const leftMs = Math.max(0, cursor.earliestStart.getTime() - window.after.getTime())
  return doneMs > 0 ? { doneMs, leftMs } : null
}

/** How far back a run has come tells how many pages the rest of the window may take. */
const pagesLeft = (run: RunFields): number | null => {
  const { cursor } = run
  if (!cursor || cursor.pages === 0) return null
  // Only the page that proves the end is missing.
  if (cursor.page > 1) return 1
  const span = spanOf(run)
  return span && Math.ceil((cursor.pages * span.leftMs) / span.doneMs) + 1
}

/** Known once a page was not followed by older ones; until then the rest of the window is taken to be like what was listed. */
const expectedOf = (run: RunFields): Pick<RunOutlook, 'expected' | 'isEstimate'> => {
  const { cursor, counts, missing } = run
  if (missing || (cursor && cursor.page > 1)) return { expected: counts.listed, isEstimate: false }
  const span = spanOf(run)
  if (!span) return { expected: null, isEstimate: false }
  return { expected: Math.ceil((counts.listed * (span.doneMs + span.leftMs)) / span.doneMs), isEstimate: true }
}

export const progressOf = (run: RunFields, now: Date): RunOutlook => {
  const { startedAt, cursor, resumeAt } = run
  const expected = expectedOf(run)
  const left = pagesLeft(run)
  if (!startedAt || !cursor || !left) return { ...expected, estimatedFinishAt: null }
  const pageMs = Math.min(longestPageMs, Math.max(0, now.getTime() - startedAt.getTime()) / cursor.pages)
  const goesOnAt = resumeAt && resumeAt > now ? resumeAt : now
  return { ...expected, estimatedFinishAt: new Date(goesOnAt.getTime() + left * pageMs) }
}
