import { done, type Handler, skipped, TransientError } from '@slipstream/messaging'
import type { SchedulerDeps } from './request-runs.ts'

/** The event is told before the link is removed: a row that goes too early would be made anew for the link still there. */
export const onAthleteUnlinked =
  ({ schedules, links, facts }: SchedulerDeps): Handler<'athlete.unlinked'> =>
  async ({ athleteId, linkId }) => {
    if (await links.find(linkId)) throw new TransientError('the link is still there')
    if (!(await schedules.remove(athleteId, linkId))) return skipped('no-schedule')
    facts.scheduleRemoved(athleteId, linkId)
    return done()
  }
