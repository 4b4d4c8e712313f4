import { done, type Handler, skipped } from '@slipstream/messaging'
import type { SchedulerDeps } from '../requests/request-runs.ts'

/** Not while the link is still there: the row would be made anew. The sweep over receipts comes back for that. */
export const onAthleteUnlinked =
  ({ schedules, links, facts }: SchedulerDeps): Handler<'athlete.unlinked'> =>
  async ({ athleteId, linkId }) => {
    if (await links.find(linkId)) return skipped('link-still-there')
    if (!(await schedules.remove(athleteId, linkId))) return skipped('no-schedule')
    facts.scheduleRemoved(athleteId, linkId)
    return done()
  }
