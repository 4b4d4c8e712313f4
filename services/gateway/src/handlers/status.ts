import type { Status } from '@slipstream/contracts'
import type { QuotaLedger } from '@slipstream/quota'
import type { Clock } from '@slipstream/runtime'
import type { Link } from '../domain/model.ts'
import type { LinkAttempts, SyncView } from '../domain/ports.ts'
import { describeStatus, type StatusInput } from '../domain/status.ts'
import type { AthleteRoute } from '../http/route.ts'

export interface StatusSources {
  attempts: Pick<LinkAttempts, 'hasGrantWaiting'>
  syncView: SyncView
  quota: Pick<QuotaLedger, 'read'>
  clock: Clock
}

export type ReadStatus = (athleteId: string) => Promise<Status>
/** The same where the athlete's link is at hand. */
export type ReadStatusOf = (athleteId: string, link: Link | null) => Promise<Status>

/** What is being done for a link now; shared with the route that asks for a sync. */
export const readCurrentWork = async (
  syncView: SyncView,
  link: Link,
): Promise<Pick<StatusInput, 'schedule' | 'runs'>> => {
  const schedule = await syncView.schedule(link)
  return { schedule, runs: await syncView.runs(link, schedule) }
}

export const createStatusReader =
  ({ attempts, syncView, quota, clock }: StatusSources): ReadStatusOf =>
  async (athleteId, link) => {
    const now = clock.now()
    const [hasGrantWaiting, work, lastFinishedRun, lastSucceededRun, lastCompleteRun, quotaStatus] = await Promise.all([
      link ? false : attempts.hasGrantWaiting(athleteId, now),
      link ? readCurrentWork(syncView, link) : { schedule: null, runs: [] },
      link && syncView.lastFinished(link),
      link && syncView.lastFinished(link, 'succeeded'),
      link && syncView.lastComplete(link),
      quota.read(),
    ])
    return describeStatus({
      link,
      hasGrantWaiting,
      ...work,
      lastFinishedRun,
      lastSucceededRun,
      lastCompleteRun,
      appTroubles: quotaStatus.stops.flatMap(({ trouble }) => (trouble === 'unanswered' ? [] : [trouble])),
      isQuotaSpent: quotaStatus.isSpent,
      quotaOpensAt: quotaStatus.opensAt('interactive'),
      now,
    })
  }

export const statusRoute = (readStatus: ReadStatus): AthleteRoute => ({
  method: 'get',
  path: '/api/v1/strava/status',
  access: 'athlete',
  handle: async (_request, response, { athleteId }) => {
    response.json(await readStatus(athleteId))
  },
})
