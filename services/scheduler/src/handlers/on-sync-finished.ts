import { done, type Handler, skipped } from '@slipstream/messaging'
import { completeEnd, decideFinished } from '../domain/finish.ts'
import type { RunReader } from '../domain/ports.ts'
import { changeSchedule } from '../requests/change-schedule.ts'
import type { SchedulerDeps } from '../requests/request-runs.ts'

export const onSyncFinished =
  ({ schedules, runs, facts, clock, newId, nudge }: SchedulerDeps & { runs: RunReader }): Handler<'sync.finished'> =>
  async (event) => {
    const told = { ...event, finishedAt: new Date(event.finishedAt) }
    const end = completeEnd(told, told.lane === null ? await runs.find(told.runId) : null)
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
