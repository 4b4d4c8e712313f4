import { done, type Handler, skipped } from '@slipstream/messaging'
import { completeEnd, decideFinished } from '../domain/finish.ts'
import type { RunReader } from '../domain/ports.ts'
import { changeSchedule } from '../requests/change-schedule.ts'
import { type LookAgainDeps, lookAgain } from '../requests/look-again.ts'
import type { SchedulerDeps } from '../requests/request-runs.ts'

export const onSyncFinished =
  (deps: SchedulerDeps & LookAgainDeps & { runs: RunReader }): Handler<'sync.finished'> =>
  async (event) => {
    const { schedules, runs, facts, clock, newId, nudge } = deps
    const told = { ...event, finishedAt: new Date(event.finishedAt) }
    const run = await runs.find(told.runId)
    if (run) await lookAgain(deps, run)
    const end = completeEnd(told, run)
    const change = await changeSchedule(schedules, event.athleteId, (schedule) =>
      decideFinished(schedule, end, { now: clock.now(), newRunId: () => newId('run') }),
    )
    if (!change) return skipped('nothing-open')
    facts.runFinished(event)
    if (change.asks.length > 0) {
      nudge()
      facts.runsRequested(change)
    }
    return done()
  }
