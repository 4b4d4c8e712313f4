import { done, type Handler, skipped } from '@slipstream/messaging'
import { decideFinished } from '../domain/schedule.ts'
import { changeSchedule } from './change-schedule.ts'
import type { SchedulerDeps } from './request-runs.ts'

export const onSyncFinished =
  ({ schedules, facts, clock, nudge }: SchedulerDeps): Handler<'sync.finished'> =>
  async (event) => {
    const change = await changeSchedule(schedules, event.athleteId, (schedule) =>
      decideFinished(schedule, event, clock.now()),
    )
    if (!change) return skipped('nothing-open')
    facts.runFinished(event)
    if (change.asks) {
      nudge()
      facts.runRequested(change)
    }
    return done()
  }
