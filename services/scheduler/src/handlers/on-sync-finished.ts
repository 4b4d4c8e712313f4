import { done, type Handler, skipped } from '@slipstream/messaging'
import { decideFinished } from '../domain/schedule.ts'
import { changeSchedule } from './change-schedule.ts'
import type { SchedulerDeps } from './request-runs.ts'

export const onSyncFinished =
  ({ schedules, facts }: SchedulerDeps): Handler<'sync.finished'> =>
  async (event) => {
    const change = await changeSchedule(schedules, event.athleteId, (schedule) => decideFinished(schedule, event))
    if (!change) return skipped('nothing-open')
    facts.runCompleted(change)
    return done()
  }
