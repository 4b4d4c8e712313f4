import { judgeOpenRow } from '../domain/open-row.ts'
import type { RunReader } from '../domain/ports.ts'
import type { Schedule, ScheduleChange } from '../domain/schedule.ts'
import { isOpen } from '../domain/schedule.ts'
import { type LookAgainDeps, lookAgain } from '../requests/look-again.ts'
import type { SchedulerDeps } from '../requests/request-runs.ts'
import { eachRow } from './each-row.ts'

export interface OpenRowsDeps extends SchedulerDeps, Pick<LookAgainDeps, 'inbox'> {
  runs: RunReader
  /** How long an open row may wait before somebody looks whether it was forgotten. */
  staleAfterMs: number
}

const batchSize = 200

const report = ({ facts }: OpenRowsDeps, change: ScheduleChange) => {
  if (!isOpen(change.schedule)) facts.lostFinishFound(change)
  if (change.asks.length > 0) facts.runsAskedAgain(change)
}

/** Every row that was looked at leaves the slice: it is closed, or its `publishedAt` moves on. */
const sweepBatch = async (deps: OpenRowsDeps, batch: readonly Schedule[]): Promise<number> => {
  const { schedules, runs, facts, clock, newId, staleAfterMs } = deps
  const runsByLink = await runs.ofSchedules(batch)
  const { results, failures } = await eachRow(batch, async (schedule) => {
    const timing = { now: clock.now(), staleAfterMs, newRunId: () => newId('run') }
    const { ended, ...change } = judgeOpenRow(schedule, runsByLink.get(schedule.linkId) ?? [], timing)
    // Before the row says that a run was heard, as where it is heard.
    for (const run of ended) await lookAgain(deps, run)
    const isSaved = await schedules.save(schedule, change)
    if (isSaved) report(deps, change)
    return isSaved
  })
  facts.rowsFailed('open-rows', failures)
  return results.filter((isSaved) => isSaved).length
}

/**
 * Asks again for open rows whose messages, or whose runs' last events, were lost. From MongoDB alone: NATS carries hints, the
 * rows are the truth. Several replicas may sweep at once.
 */
export const sweepOpenRows =
  (deps: OpenRowsDeps) =>
  async (signal: AbortSignal): Promise<void> => {
    const publishedBefore = new Date(deps.clock.now().getTime() - deps.staleAfterMs)
    let isWorthwhile = true
    while (isWorthwhile && !signal.aborted) {
      const batch = await deps.schedules.openSince(publishedBefore, batchSize)
      // Rows that fail stay in the slice: one in which nothing could be saved would be read again and again.
      const saved = batch.length === 0 ? 0 : await sweepBatch(deps, batch)
      isWorthwhile = saved > 0 && batch.length === batchSize
    }
    deps.nudge()
  }
