import {
  actionableError,
  type ErrorCode,
  knownCode,
  type LinkStatus,
  type Status,
  type WaitReason,
} from '@slipstream/contracts'
import { listedUpTo, progressOf, type StopTrouble } from '@slipstream/records'
import type { Link, RunView } from './model.ts'
import { type OpenWork, openWork, type WorkInput } from './open-work.ts'

/** Strava has the whole app switched off, refuses its credentials, or has closed what it calls. */
export type AppTrouble = Exclude<StopTrouble, 'unanswered'>

/** All that is known about an athlete's connection at one moment. */
export interface StatusInput extends WorkInput {
  /** A mobile grant waits for the app, or a code is being exchanged. */
  hasGrantWaiting: boolean
  lastFinishedRun: RunView | null
  lastSucceededRun: RunView | null
  /** The last one that nothing was held back from. */
  lastCompleteRun: RunView | null
  /** What is wrong with the app at Strava as a whole. */
  appTroubles: readonly AppTrouble[]
  /** Whether the app has used up a limit; a run that waits while it has not waits for its own share. */
  isQuotaSpent: boolean
  /** When the quota lets the next call of a waiting person through. */
  quotaOpensAt: Date
  now: Date
}

/** What a link that cannot be used tells its athlete. */
export const reauthCodeOf = ({ errorCode }: Pick<Link, 'errorCode'>): ErrorCode =>
  knownCode(errorCode, 'reauth_required')

const minuteMs = 60_000

const iso = (time: Date | null): string | null => time?.toISOString() ?? null

/** Seen by the athlete as stored: what a run wrote and what it found unchanged. */
const storedBy = ({ counts }: RunView): number => counts.created + counts.updated + counts.unchanged

/**
 * Between its pages a run is at work, though nobody holds it; so is one that goes on after a wait, even where it was shown no
 * page before it and will begin anew.
 */
export const stateOf = (run: RunView | null): NonNullable<Status['sync']>['state'] => {
  switch (run?.state) {
    case 'waiting_for_quota':
      return 'waiting'
    case 'queued':
    case 'running':
    case 'finished':
    case undefined:
      return run?.startedAt || run?.waits?.length ? 'running' : 'queued'
  }
}

/** Rows without a reason are of release 0.1, and wait for quota. */
const waitReasonOf = (run: RunView | null): WaitReason | null =>
  run?.state === 'waiting_for_quota' ? (run.waitingFor ?? 'quota') : null

const describeSync = (work: OpenWork | null, input: StatusInput): Status['sync'] => {
  if (!work) return null
  const { run } = work
  const state = stateOf(run)
  const opensAt = run?.resumeAt ?? input.quotaOpensAt
  const progress = run && progressOf(run, input.now)
  return {
    runId: work.runId,
    lane: work.lane,
    state,
    waitingFor: waitReasonOf(run),
    listed: run?.counts.listed ?? 0,
    stored: run ? storedBy(run) : 0,
    expected: progress?.expected ?? null,
    isEstimate: progress?.isEstimate ?? false,
    estimatedStartAt: state === 'running' ? null : iso(opensAt > input.now ? opensAt : input.now),
    estimatedFinishAt: iso(progress?.estimatedFinishAt ?? null),
  }
}

const describeLastSync = (run: RunView | null): Status['lastSync'] =>
  run?.finishedAt && run.outcome
    ? { runId: run.runId, outcome: run.outcome, finishedAt: run.finishedAt.toISOString(), counts: run.counts }
    : null

const describeTurns = (schedule: StatusInput['schedule']): Status['syncEvery'] => {
  if (!schedule?.turns) return null
  const { everyMs, isStretched } = schedule.turns
  return { minutes: Math.round(everyMs / minuteMs), isStretched }
}

const describeIncomplete = (run: RunView | null): Status['incomplete'] => {
  const count = run?.unread?.length ?? 0
  return count === 0 ? null : { count, reason: 'activity_unreadable' }
}

/** A run that waits for its own share, or for what is over and about to wake it, waits for nothing that went wrong. */
const codeOfWait = (reason: WaitReason | null, { appTroubles, isQuotaSpent }: StatusInput): ErrorCode | null => {
  switch (reason) {
    case null:
      return null
    case 'strava':
      return 'strava_unavailable'
    case 'quota':
      return isQuotaSpent ? 'quota_exhausted' : null
    case 'app':
      if (appTroubles.includes('credentials')) return 'app_misconfigured'
      return appTroubles.includes('endpoint') ? 'endpoint_closed' : null
  }
}

/**
 * The one thing somebody has to know or do, most binding first. While the app is switched off nobody is told to
 * reconnect: that would not help, and every link comes back by itself.
 */
const errorCodeOf = (link: Link, work: OpenWork | null, input: StatusInput): ErrorCode | null => {
  if (input.appTroubles.includes('inactive')) return 'app_inactive'
  if (link.status === 'reauth_required') return reauthCodeOf(link)
  const wait = codeOfWait(waitReasonOf(work?.run ?? null), input)
  if (wait) return wait
  if (input.lastFinishedRun?.outcome === 'failed') {
    return knownCode(input.lastFinishedRun.errorCode, 'strava_unavailable')
  }
  return null
}

const unlinked = (status: LinkStatus): Status => ({
  status,
  athlete: null,
  scopes: [],
  linkedAt: null,
  lastSync: null,
  sync: null,
  nextSyncAt: null,
  syncEvery: null,
  completeUpTo: null,
  incomplete: null,
  error: null,
})

/** The truth about a connection, from what is stored. */
export const describeStatus = (input: StatusInput): Status => {
  const { link } = input
  if (!link) return unlinked(input.hasGrantWaiting ? 'pending' : 'not_linked')
  const work = openWork(input)
  const code = errorCodeOf(link, work, input)
  return {
    status: link.status,
    athlete: { stravaAthleteId: link.stravaAthleteId, displayName: link.displayName },
    scopes: link.scopes,
    linkedAt: link.linkedAt.toISOString(),
    lastSync: describeLastSync(input.lastSucceededRun),
    sync: link.status === 'active' ? describeSync(work, input) : null,
    nextSyncAt: link.status === 'active' ? iso(input.schedule?.nextDueAt ?? null) : null,
    syncEvery: link.status === 'active' ? describeTurns(input.schedule) : null,
    completeUpTo: iso(input.lastCompleteRun && listedUpTo(input.lastCompleteRun)),
    incomplete: describeIncomplete(input.lastSucceededRun),
    error: code ? actionableError(code) : null,
  }
}
