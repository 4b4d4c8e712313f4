import { errorCatalogue } from '@slipstream/contracts'
import { holdingRuns, type LinkRow, openLanesOf, type ScheduleRow, type SyncRunRow, wantsOf } from '@slipstream/records'

export interface Known {
  link: Pick<LinkRow, 'status' | 'errorCode'>
  /** Null: no scheduler has seen the link yet. */
  schedule: ScheduleRow | null
  openRuns: readonly Pick<SyncRunRow, '_id' | 'lane' | 'state' | 'waitingFor' | 'resumeAt'>[]
  lastFinished: Pick<SyncRunRow, 'outcome' | 'errorCode' | 'unread'> | null
}

const titleOf = (code: string | null): string =>
  code !== null && Object.hasOwn(errorCatalogue, code)
    ? errorCatalogue[code as keyof typeof errorCatalogue].title
    : (code ?? 'no reason was given')

const describeRun = ({ _id, lane, state, waitingFor, resumeAt }: Known['openRuns'][number]): string =>
  state === 'waiting_for_quota'
    ? `the ${lane} run ${_id} waits for ${waitingFor ?? 'quota'}${resumeAt ? ` until ${resumeAt.toISOString()}` : ''}`
    : `the ${lane} run ${_id} is ${state}`

/** Sentences that say why not all that Strava lists is stored, the strongest first; none: it is, as far as the last list went. */
export const whyIncomplete = ({ link, schedule, openRuns, lastFinished }: Known): string[] => {
  const reasons: string[] = []
  if (link.status !== 'active') reasons.push(`the link is ${link.status}: ${titleOf(link.errorCode)}`)
  if (!schedule) return [...reasons, 'no scheduler has taken the link in yet']
  if (!schedule.completeUpTo) reasons.push('no list of the whole window has ended well yet')
  if (schedule.failedLists) {
    reasons.push(`the last ${schedule.failedLists} lists failed: ${titleOf(lastFinished?.errorCode ?? null)}`)
  }
  const held = lastFinished?.unread?.filter(({ runs }) => runs < holdingRuns) ?? []
  if (held.length > 0) {
    const ids = held.map(({ stravaActivityId }) => stravaActivityId ?? 'one without an id')
    reasons.push(`Strava lists activities that cannot be read: ${ids.join(', ')}`)
  }
  const openLanes = openLanesOf(wantsOf(schedule))
  reasons.push(...openRuns.map(describeRun))
  const withoutRun = openLanes.filter((lane) => !openRuns.some((run) => run.lane === lane))
  if (withoutRun.length > 0) reasons.push(`asked for and not begun yet: ${withoutRun.join(', ')}`)
  return reasons
}
