import type { SummaryActivity } from './activity.ts'
import type { Behaviour } from './fault-rules.ts'
import { epochSeconds } from './times.ts'

/** Times are epoch seconds on the start time, both ends excluded (what Strava does at the ends is not published). */
export interface ListingQuery {
  readonly before?: number | undefined
  readonly after?: number | undefined
  /** From 1. */
  readonly page: number
  readonly perPage: number
  /** Only You activities are listed for `activity:read_all` alone. */
  readonly includeOnlyMe: boolean
  /** Strava may return fewer items than asked although more follow; here every second page does. */
  readonly shortPages: boolean
  /** Which start orders and filters an activity that hides it; which of them Strava takes is not published. */
  readonly listedBy: Behaviour['listedBy']
}

export const maxPerPage = 200

const startBy = (listedBy: Behaviour['listedBy'], { start_date, hidden_start }: SummaryActivity): number =>
  epochSeconds(new Date(listedBy === 'true_start' && hidden_start !== undefined ? hidden_start : start_date))

const pageLength = (page: number, query: ListingQuery): number =>
  query.shortPages && page % 2 === 1 ? Math.max(1, query.perPage - Math.ceil(query.perPage / 10)) : query.perPage

/**
 * One page of an athlete's activities. Newest first, except with `after` alone: then oldest first. Past the end the
 * page is empty, and only an empty page is the end.
 */
export const listPage = (all: readonly SummaryActivity[], query: ListingQuery): readonly SummaryActivity[] => {
  const startOf = (activity: SummaryActivity) => startBy(query.listedBy, activity)
  const matching = all
    .filter((activity) => query.includeOnlyMe || activity.visibility !== 'only_me')
    .filter((activity) => query.before === undefined || startOf(activity) < query.before)
    .filter((activity) => query.after === undefined || startOf(activity) > query.after)
    .sort((left, right) => startOf(left) - startOf(right) || left.id - right.id)
  if (query.after === undefined || query.before !== undefined) matching.reverse()
  let offset = 0
  for (let page = 1; page < query.page && offset < matching.length; page += 1) offset += pageLength(page, query)
  return matching.slice(offset, offset + pageLength(query.page, query))
}
