import { type Backoff, backoffUntil } from '@slipstream/runtime'
import type { LaterTry, RowFailure } from './ports.ts'

// A sweep goes through its rows, and one that fails stands before no other: it is put off, ever longer, by a write to
// the row itself. Where that write fails as well it is no matter of the row, and the turn fails.

const pauses: Backoff = { firstMs: 30_000, longestMs: 60 * 60_000 }

/** After one more failure. */
export const laterTry = (failuresBefore: number | undefined, now: Date): LaterTry => {
  const failures = (failuresBefore ?? 0) + 1
  return { failures, nextTryAt: backoffUntil(now, pauses, failures) }
}

interface Failed<Row> {
  row: Row
  err: unknown
}

export const rowFailureOf = ({ row: { athleteId }, err }: Failed<{ athleteId: string }>): RowFailure => ({
  athleteId,
  err,
})

/** One after the other, whatever becomes of each. */
export const inTurn = async <Row, Result>(
  rows: readonly Row[],
  work: (row: Row) => Promise<Result>,
): Promise<{ results: Result[]; failures: Failed<Row>[] }> => {
  const results: Result[] = []
  const failures: Failed<Row>[] = []
  for (const row of rows) {
    try {
      results.push(await work(row))
    } catch (err) {
      failures.push({ row, err })
    }
  }
  return { results, failures }
}
