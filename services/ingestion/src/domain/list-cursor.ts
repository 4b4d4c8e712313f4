import type { ListCursor } from '@slipstream/records'
import type { SyncRun } from './decide-run.ts'

// Lists are newest first. One ends at the first activity that started well before the window: that proves that all of the
// window was listed before it, so most athletes cost one call.

/** The most activities that Strava gives on a page. */
export const fullPage = 200
const smallestPage = 30

/** A list that never ends must not: this is some 15,000 activities in a window. */
const maxPages = 100

/** Hidden starts show local midnight marked Z, and the order is trusted no further than this. */
const overlapMs = 2 * 24 * 60 * 60_000

/**
 * How many activities to ask for where so many are stored in the window: some more than those, so that new ones fit on the
 * page and one that is older than the window ends the list.
 */
export const pageSizeFor = (storedInWindow: number): number =>
  Math.min(fullPage, Math.max(smallestPage, Math.ceil(storedInWindow * 1.2) + 10))

/** Above it a long page is likely to save a call for each. */
const fewActivities = 3

/** After webhooks a short list will do, as what they speak of is most often among the newest; not so after a batch of uploads. */
export const pageSizeAfterWebhooks = (activities: number): number =>
  activities > fewActivities ? fullPage : smallestPage

/** The first call of a list. */
export const firstCall = (perPage: number): ListCursor => ({
  before: null,
  perPage,
  page: 1,
  pages: 0,
  listedIds: [],
  previousIds: [],
  earliestStart: null,
})

/** Where a run of release 0.1 goes on, which counted the pages of the whole window. */
export const cursorFrom01 = ({ window, nextPage }: Pick<SyncRun, 'window' | 'nextPage'>): ListCursor => ({
  ...firstCall(fullPage),
  before: window.before,
  page: nextPage,
  pages: nextPage - 1,
})

/** The page from which 0.1 would go on with the whole window: it lists some again and leaves none out. */
export const nextPageFor01 = ({ listedIds }: ListCursor): number => Math.floor(listedIds.length / fullPage) + 1

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

const earlier = (one: Date, other: Date | null): Date => (other && other < one ? other : one)

/**
 * The call after this page. Where nothing older than the window was listed, only an empty page ends the list: a short one
 * may be followed by more. Page numbers slide over what moves up when an activity is deleted between two calls. So they are
 * trusted to find the end, and not what is before it: after a full page, or one that follows a short one and brings
 * something, the list is asked anew from where the page before ended, with an overlap.
 */
export const stepAfter = (
  cursor: ListCursor,
  { length, ids, starts }: ListedPage,
  window: Pick<SyncRun['window'], 'after'>,
): ListStep => {
  if (length === 0) return { kind: 'end' }
  const earliestStart = earliestOf(starts, cursor.earliestStart)
  if (earliestStart && earliestStart.getTime() < window.after.getTime() - overlapMs) return { kind: 'end' }
  if (cursor.page > 1 && isSamePage(ids, cursor.previousIds)) return { kind: 'broken', problem: 'page_repeated' }
  const pages = cursor.pages + 1
  if (pages >= maxPages) return { kind: 'broken', problem: 'list_endless' }
  const { perPage = fullPage } = cursor
  const listed = new Set(cursor.listedIds)
  const newIds = [...new Set(ids)].filter((id) => !listed.has(id))
  const so = { pages, listedIds: [...cursor.listedIds, ...newIds] }
  /** The earliest start up to which surely all is listed. */
  const sureStart = cursor.page === 1 ? earliestStart : cursor.earliestStart
  const before = sureStart && earlier(new Date(sureStart.getTime() + overlapMs), cursor.before)
  const isFurther = cursor.page === 1 || before?.getTime() !== cursor.before?.getTime()
  if (newIds.length > 0 && before && isFurther && (cursor.page > 1 || length >= perPage)) {
    const next = { ...so, earliestStart: sureStart, before, perPage: fullPage, page: 1, previousIds: [] }
    return { kind: 'next', cursor: next }
  }
  return { kind: 'next', cursor: { ...cursor, ...so, earliestStart, page: cursor.page + 1, previousIds: [...ids] } }
}
