import type { ListCursor } from '@slipstream/records'
import type { SyncRun } from './decide-run.ts'

/** Activities asked for per page: the most Strava gives. */
export const pageSize = 200

/** A list that never ends must not: this is some 15,000 activities in a window. */
const maxPages = 100

/** Hidden starts show local midnight marked Z, and the order is trusted no further than this. */
const overlapMs = 2 * 24 * 60 * 60_000

/** Where a run goes on. Release 0.1 counted the pages of the whole window. */
export const cursorOf = ({ cursor, window, nextPage }: Pick<SyncRun, 'cursor' | 'window' | 'nextPage'>): ListCursor =>
  cursor ?? {
    before: window.before,
    page: nextPage,
    pages: nextPage - 1,
    listedIds: [],
    previousIds: [],
    earliestStart: null,
  }

/** The page from which 0.1 would go on with the whole window: it lists some again and leaves none out. */
export const nextPageFor01 = ({ listedIds }: ListCursor): number => Math.floor(listedIds.length / pageSize) + 1

/** One answer to a list: `ids` and `starts` as far as they could be read, `length` of all items. */
export interface ListedPage {
  length: number
  ids: readonly string[]
  starts: readonly Date[]
}

export type ListStep =
  | { kind: 'next'; cursor: ListCursor }
  | { kind: 'end' }
  /** Strava's list cannot be trusted to end: it repeats a page, or goes on for ever. */
  | { kind: 'broken'; problem: 'page_repeated' | 'list_endless' }

const isSamePage = (ids: readonly string[], previousIds: readonly string[]): boolean =>
  ids.length > 0 && ids.length === previousIds.length && ids.every((id, index) => id === previousIds[index])

const earliestOf = (starts: readonly Date[], earliest: Date | null): Date | null =>
  starts.reduce<Date | null>((first, start) => (first && first <= start ? first : start), earliest)

/**
 * The call after this page. Only an empty page ends the list: a short one may be followed by more. After a full page with
 * something new the list is asked anew from where that page ended, with an overlap: page numbers would slide over what
 * moves up when an activity is deleted between two calls.
 */
export const stepAfter = (cursor: ListCursor, { length, ids, starts }: ListedPage): ListStep => {
  if (length === 0) return { kind: 'end' }
  if (cursor.page > 1 && isSamePage(ids, cursor.previousIds)) return { kind: 'broken', problem: 'page_repeated' }
  const pages = cursor.pages + 1
  if (pages >= maxPages) return { kind: 'broken', problem: 'list_endless' }
  const listed = new Set(cursor.listedIds)
  const newIds = [...new Set(ids)].filter((id) => !listed.has(id))
  const earliestStart = earliestOf(starts, cursor.earliestStart)
  const so = { pages, listedIds: [...cursor.listedIds, ...newIds], earliestStart }
  if (length >= pageSize && newIds.length > 0 && earliestStart) {
    const before = new Date(Math.min(cursor.before.getTime(), earliestStart.getTime() + overlapMs))
    return { kind: 'next', cursor: { ...so, before, page: 1, previousIds: [] } }
  }
  return { kind: 'next', cursor: { ...so, before: cursor.before, page: cursor.page + 1, previousIds: [...ids] } }
}
