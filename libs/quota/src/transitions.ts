import type { BucketName } from '@slipstream/records'
import type { LedgerState } from './permit.ts'
import { type OpenStop, openStops } from './stops.ts'
import { type SpentLimit, spentLimits } from './windows.ts'

/**
 * Something an operator must know has begun or ended: calls were stopped, or limits of the app were used up.
 * `resetsAt` is when the last of these windows ends, on Strava's clock.
 */
export type Transition =
  | ({ what: 'stop'; hasBegun: boolean } & OpenStop)
  | { what: 'window'; hasBegun: boolean; buckets: BucketName[]; resetsAt: Date }

/** Of these stops those that are not among the others. */
export const missingIn = (stops: OpenStop[], others: OpenStop[]): OpenStop[] =>
  stops.filter(({ name, trouble }) => !others.some((other) => other.name === name && other.trouble === trouble))

/** All limits that one change used up, or opened again, are one piece of news. */
const windowNews = (hasBegun: boolean, limits: SpentLimit[], others: SpentLimit[]): Transition[] => {
  const news = limits.filter(
    ({ bucket, resetsAt }) =>
      !others.some((other) => other.bucket === bucket && other.resetsAt.getTime() === resetsAt.getTime()),
  )
  if (news.length === 0) return []
  const resetsAt = new Date(Math.max(...news.map((limit) => limit.resetsAt.getTime())))
  return [{ what: 'window', hasBegun, buckets: news.map(({ bucket }) => bucket), resetsAt }]
}

/** What a change of the ledger began and ended. Over all replicas one change does it, so it is told once. */
export const transitionsBetween = (before: LedgerState, after: LedgerState): Transition[] => {
  const [was, is] = [openStops(before.stops), openStops(after.stops)]
  const [wasSpent, nowSpent] = [spentLimits(before.buckets), spentLimits(after.buckets)]
  return [
    ...missingIn(was, is).map((stop) => ({ what: 'stop' as const, hasBegun: false, ...stop })),
    ...missingIn(is, was).map((stop) => ({ what: 'stop' as const, hasBegun: true, ...stop })),
    ...windowNews(false, wasSpent, nowSpent),
    ...windowNews(true, nowSpent, wasSpent),
  ]
}
