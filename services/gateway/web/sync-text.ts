import type { Status } from '@slipstream/contracts'
import { absent, formatCount, formatDuration, formatInstant, formatUntil } from './format.ts'

type Sync = NonNullable<Status['sync']>
type LastSync = NonNullable<Status['lastSync']>

const pauseSentence = ({ waitingFor, estimatedStartAt }: Sync, now: Date): string => {
  const until = estimatedStartAt === null ? null : formatUntil(estimatedStartAt, now)
  if (waitingFor === 'strava')
    return until === null ? 'waiting for Strava to answer' : `Strava does not answer, next try in ${until}`
  if (waitingFor === 'app') return 'waiting until Strava lets this app in again'
  return until === null ? 'waiting until Strava allows more requests' : `Strava allows more requests in ${until}`
}

/** One sentence on the run in progress: `12 of 31 stored, about 4 s left`. */
export const syncSentence = (sync: Sync, now: Date): string => {
  if (sync.state === 'queued')
    return sync.estimatedStartAt !== null && Date.parse(sync.estimatedStartAt) - now.getTime() > 5_000
      ? `Waiting for its turn, starts in ${formatUntil(sync.estimatedStartAt, now)}`
      : 'Starting'
  const stored = sync.listed === 0 ? null : `${sync.stored} of ${sync.expected ?? sync.listed} stored`
  if (sync.state === 'waiting') {
    const pause = pauseSentence(sync, now)
    return stored === null ? pause.charAt(0).toUpperCase() + pause.slice(1) : `${stored}; ${pause}`
  }
  if (stored === null) return 'Asking Strava for your recent activities'
  return sync.estimatedFinishAt === null ? stored : `${stored}, ${formatUntil(sync.estimatedFinishAt, now)} left`
}

const outcomeWords: Record<LastSync['outcome'], string> = {
  succeeded: '',
  failed: ' (failed)',
  cancelled: ' (cancelled)',
  reauth_required: ' (access refused)',
}

/** When the last run ended, and how when that was not well. */
export const lastSyncSentence = (lastSync: LastSync | null, now: Date): string =>
  lastSync === null ? 'Not yet' : `${formatInstant(lastSync.finishedAt, now)}${outcomeWords[lastSync.outcome]}`

/** When the next turn comes; and how rarely, where the quota carries no more. */
export const nextSyncSentence = (
  { nextSyncAt, syncEvery }: Pick<Status, 'nextSyncAt' | 'syncEvery'>,
  now: Date,
): string => {
  if (nextSyncAt === null) return absent
  const at = formatInstant(nextSyncAt, now)
  if (!syncEvery?.isStretched) return at
  const every = formatDuration(syncEvery.minutes * 60)
  return `${at} (every ${every} h, as often as Strava lets this app ask)`
}

/** What the last run changed: `12 new, 1 changed, 1 removed`, or that all was known already. */
export const countsSentence = ({ created, updated, deleted, listed }: LastSync['counts']): string => {
  const changes = [
    created > 0 ? `${created} new` : null,
    updated > 0 ? `${updated} changed` : null,
    deleted > 0 ? `${deleted} removed` : null,
  ].filter((part) => part !== null)
  return `${formatCount(listed, 'activity', 'activities')} checked, ${changes.length === 0 ? 'nothing new' : changes.join(', ')}`
}
