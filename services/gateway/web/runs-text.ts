import type { Cause, Run, RunOutcome, WaitReason } from '@slipstream/contracts'
import { formatCount, formatMoment } from './format.ts'
import { changesWords } from './sync-text.ts'

const causeWords: Record<Cause, string> = {
  linked: 'after connecting',
  manual: 'by you',
  hourly: 'regular check',
  webhook: 'Strava told of a change',
  reconcile: 'full check',
  backfill: 'older activities',
}

const stateWords: Record<Run['state'], string> = {
  queued: 'has not begun',
  waiting: 'waits',
  running: 'is running',
  finished: 'has ended',
}

const callsWords = ({ calls }: Run['counts']): string => formatCount(calls, 'call')

const outcomeWords: Record<RunOutcome, (run: Run) => string> = {
  succeeded: ({ counts }) => `${callsWords(counts)}, ${changesWords(counts)}`,
  failed: ({ counts, error }) => `${callsWords(counts)}, did not work: ${error?.title ?? 'the reason is not known'}`,
  cancelled: ({ joinedTo }) => (joinedTo === null ? 'stopped' : 'done together with another sync'),
  reauth_required: ({ error }) => `did not work: ${error?.title ?? 'Strava refused access'}`,
}

/** One run in a line: `22:39, by you, 2 calls, 2 new`, in the reader's own zone (or `timeZone`). */
export const runSentence = (run: Run, now: Date, timeZone?: string): string => {
  const words = run.outcome === null ? stateWords[run.state] : outcomeWords[run.outcome](run)
  return `${formatMoment(run.requestedAt, now, timeZone)}, ${causeWords[run.cause]}, ${words}`
}

const waitWords: Record<WaitReason, string> = {
  quota: 'the share of requests that Strava allows was used up',
  strava: 'Strava did not answer',
  app: 'Strava did not let this app in',
}

/** What held a run up: `22:40 to 22:45: Strava did not answer`. */
export const waitSentence = ({ reason, since, until }: Run['waits'][number], now: Date, timeZone?: string): string =>
  `${formatMoment(since, now, timeZone)} to ${formatMoment(until, now, timeZone)}: ${waitWords[reason]}`
