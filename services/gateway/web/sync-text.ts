import { type Status, waitWords } from '@slipstream/contracts'
import { absent, formatCount, formatDuration, formatInstant, formatMoment, formatUntil } from './format.ts'

type Sync = NonNullable<Status['sync']>
type LastSync = NonNullable<Status['lastSync']>

const pauseSentence = ({ waitingFor, estimatedStartAt }: Sync, now: Date): string => {
  const until = estimatedStartAt === null ? null : formatUntil(estimatedStartAt, now)
  switch (waitingFor) {
    case 'strava':
      return until === null ? waitWords.strava : `Strava does not answer, next try in ${until}`
    case 'app':
      return waitWords.app
    case 'quota':
    case null:
      return until === null ? waitWords.quota : `Strava allows more requests in ${until}`
  }
}

/** `12 of 31 stored`; null before anything was listed. */
const storedWords = ({ listed, stored, expected, isEstimate }: Sync): string | null => {
  if (listed === 0) return null
  if (expected === null) return `${stored} stored`
  return `${stored} of ${isEstimate ? 'about ' : ''}${expected} stored`
}

/** Whether nothing is left but to ask for what comes after the last activity, which most often is nothing. */
const isEndSought = ({ stored, expected, isEstimate }: Sync): boolean =>
  !isEstimate && expected !== null && stored >= expected

/** One sentence on the run in progress: `12 of 31 stored, about 4 s left`. */
export const syncSentence = (sync: Sync, now: Date): string => {
  const stored = storedWords(sync)
  switch (sync.state) {
    case 'queued':
      return sync.estimatedStartAt !== null && Date.parse(sync.estimatedStartAt) - now.getTime() > 5_000
        ? `Waiting for its turn, starts in ${formatUntil(sync.estimatedStartAt, now)}`
        : 'Starting'
    case 'waiting': {
      const pause = pauseSentence(sync, now)
      return stored === null ? pause.charAt(0).toUpperCase() + pause.slice(1) : `${stored}; ${pause}`
    }
    case 'running':
      if (stored === null) return 'Asking Strava for your recent activities'
      if (isEndSought(sync)) return `${sync.stored} stored, looking whether there are more`
      return sync.estimatedFinishAt === null ? stored : `${stored}, ${formatUntil(sync.estimatedFinishAt, now)} left`
  }
}

/** A run is over when its end is found, and then it has no bar: a full one would say that it is. */
const fullestBar = 0.95

/** How much of the run is done, from 0 to 1; null while nobody knows how much there is. */
export const shareDone = ({ stored, expected }: Sync): number | null =>
  expected === null || expected === 0 ? null : Math.min(fullestBar, stored / expected)

export const syncButtonWords = (sync: Sync | null): string => {
  if (sync === null) return 'Sync now'
  return sync.state === 'waiting' ? 'Waiting…' : 'Syncing…'
}

/** When the last sync that succeeded ended; a failure after it is told by the error. */
export const lastSyncSentence = (lastSync: LastSync | null, now: Date): string =>
  lastSync === null ? 'Not yet' : formatInstant(lastSync.finishedAt, now)

/** What the time of the last sync is called; only beside an error does it matter that it was a good one. */
export const lastSyncLabel = ({ lastSync, error }: Pick<Status, 'lastSync' | 'error'>): string =>
  lastSync === null || error === null ? 'Last sync' : 'Last good sync'

/** What takes the place of workouts where there are none. `isSettled`: they were asked for after the last sync. */
export const noWorkoutsSentence = (
  { lastSync, error }: Pick<Status, 'lastSync' | 'error'>,
  isSettled: boolean,
): string => {
  if (lastSync !== null && isSettled) return 'No workouts in the last four weeks.'
  return error === null ? 'The first ones appear in a moment.' : 'They arrive as soon as syncing goes on.'
}

/** Whether workouts of the last four weeks may still be missing here. */
export const isWindowOpen = ({
  completeUpTo,
  lastSync,
  sync,
}: Pick<Status, 'completeUpTo' | 'lastSync' | 'sync'>): boolean =>
  completeUpTo === null || (lastSync === null && sync !== null)

/** When the next turn comes; and how rarely, where the quota carries no more. */
export const nextSyncSentence = (
  { nextSyncAt, syncEvery }: Pick<Status, 'nextSyncAt' | 'syncEvery'>,
  now: Date,
): string => {
  if (nextSyncAt === null) return absent
  const at = formatInstant(nextSyncAt, now)
  if (!syncEvery?.isStretched) return at
  const every = formatDuration(syncEvery.minutes * 60)
  return `${at} (every ${every}, as often as Strava lets this app ask)`
}

/** What a run changed: `12 new, 1 changed, 1 removed`, or that all was known already. */
export const changesWords = ({ created, updated, deleted }: LastSync['counts']): string => {
  const changes = [
    created > 0 ? `${created} new` : null,
    updated > 0 ? `${updated} changed` : null,
    deleted > 0 ? `${deleted} removed` : null,
  ].filter((part) => part !== null)
  return changes.length === 0 ? 'nothing new' : changes.join(', ')
}

export const countsSentence = (counts: LastSync['counts']): string =>
  `${formatCount(counts.listed, 'activity', 'activities')} checked, ${changesWords(counts)}`

/** Up to when nothing is missing: `Everything up to 22:28 is here`, in the reader's own zone (or `timeZone`). */
export const completeSentence = (
  { completeUpTo }: Pick<Status, 'completeUpTo'>,
  now: Date,
  timeZone?: string,
): string =>
  completeUpTo === null
    ? 'Not everything of the last four weeks is here yet'
    : `Everything up to ${formatMoment(completeUpTo, now, timeZone)} is here`

const incompleteWords: Record<NonNullable<Status['incomplete']>['reason'], (count: number) => string> = {
  activity_unreadable: (count) =>
    `${formatCount(count, 'activity', 'activities')} could not be read as Strava sent ${count === 1 ? 'it' : 'them'}. Each sync asks again.`,
}

/** Why it is not all; null where it is. */
export const incompleteSentence = ({ incomplete }: Pick<Status, 'incomplete'>): string | null =>
  incomplete && incompleteWords[incomplete.reason](incomplete.count)
