import { backoffUntil } from '@slipstream/runtime'
import type { InboxRow } from '../domain/ports.ts'
import { type TakeInDeps, takeIn } from '../requests/take-in.ts'
import type { RowFailure } from './each-row.ts'

const batchSize = 200

/** What cannot be taken in is tried again for as long as it is kept. */
const failurePauses = { firstMs: 5_000, longestMs: 10 * 60_000 }

/** What has failed before is tried by itself, so that it takes nothing along. */
const groupsOf = (rows: readonly InboxRow[]): InboxRow[][] => {
  const [first, others] = [rows.filter(({ failures }) => !failures), rows.filter(({ failures }) => failures)]
  return [...(first.length > 0 ? [first] : []), ...others.map((row) => [row])]
}

const postpone = async ({ inbox, clock }: TakeInDeps, rows: readonly InboxRow[]) => {
  const failures = 1 + Math.max(...rows.map((row) => row.failures ?? 0))
  const nextTryAt = backoffUntil(clock.now(), failurePauses, failures)
  await inbox.postpone(rows, { failures, nextTryAt })
}

/** All of a link at once: however much is told of one athlete, it is one change of the row, or one that puts all of it off. */
const takeInLink = async (deps: TakeInDeps, linkId: string, rows: readonly InboxRow[]): Promise<RowFailure[]> => {
  const failures: RowFailure[] = []
  for (const group of groupsOf(rows)) {
    try {
      const { closed } = await takeIn(deps, linkId, group)
      if (closed) await deps.inbox.putOffDue(linkId, closed, deps.clock.now())
    } catch (err) {
      failures.push(...group.map(({ athleteId }) => ({ athleteId, err })))
      await postpone(deps, group)
    }
  }
  return failures
}

/**
 * Takes in what webhooks said and no event told, and what is looked for again, oldest first, links side by side. Every row that was
 * read leaves the slice: it is taken, or put off. Bound of a turn: 200 along `not_taken`, again at once while there are more.
 */
export const sweepInbox =
  (deps: TakeInDeps) =>
  async (signal: AbortSignal): Promise<void> => {
    let isFull = true
    while (isFull && !signal.aborted) {
      const due = await deps.inbox.notTaken(deps.clock.now(), batchSize)
      isFull = due.length === batchSize
      const links = Map.groupBy(due, ({ linkId }) => linkId)
      const results = await Promise.allSettled([...links].map(([linkId, rows]) => takeInLink(deps, linkId, rows)))
      deps.facts.rowsFailed(
        'inbox',
        results.flatMap((result) => (result.status === 'fulfilled' ? result.value : [])),
      )
      for (const result of results) if (result.status === 'rejected') throw result.reason
    }
  }
