import { done, type Handler, skipped } from '@slipstream/messaging'
import type { SchedulerDeps } from './request-runs.ts'

export const onAthleteUnlinked =
  ({ schedules, facts }: SchedulerDeps): Handler<'athlete.unlinked'> =>
  async ({ athleteId, linkId }) => {
    if (!(await schedules.remove(athleteId, linkId))) return skipped('no-schedule')
    facts.scheduleRemoved(athleteId, linkId)
    return done()
  }
