import {
  type ActionableError,
  type ErrorCode,
  errorCatalogue,
  type LinkStatus,
  type Status,
} from '@slipstream/contracts'
import type { Link, RunView, ScheduleView } from './model.ts'

/** All that is known about an athlete's connection at one moment. */
export interface StatusFacts {
  link: Link | null
  /** A mobile grant waits for the app, or a code is being exchanged. */
  hasGrantWaiting: boolean
  schedule: ScheduleView | null
  /** The run the schedule asks for now, as far as ingestion has begun it. */
  currentRun: RunView | null
  lastFinishedRun: RunView | null
  lastSucceededRun: RunView | null
  /** Since when Strava has the whole app switched off. */
  appInactiveSince: Date | null
  /** Since when Strava has not been answering; a run that waits then waits for that, not for quota. */
  stravaUnavailableSince: Date | null
  /** Whether the app has used up a limit; a run that waits while it has not waits for its own share. */
  isQuotaSpent: boolean
  /** When the quota lets the next call of a waiting person through. */
  quotaOpensAt: Date
  now: Date
}

export const actionableError = (code: ErrorCode): ActionableError => {
  const { title, detail, actor, action, actionUrl } = errorCatalogue[code]
  return { code, title, detail, actor, action, actionUrl }
}

const knownCode = (code: string | null, otherwise: ErrorCode): ErrorCode =>
  code !== null && Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : otherwise

const iso = (time: Date | null): string | null => time?.toISOString() ?? null

/** Seen by the athlete as stored: what a run wrote and what it found unchanged. */
const storedBy = ({ counts }: RunView): number => counts.created + counts.updated + counts.unchanged

/** Work asked for and not finished; a manual request counts before the scheduler has taken it in. */
export const openRequest = ({
  link,
  schedule,
  currentRun,
}: Pick<StatusFacts, 'link' | 'schedule' | 'currentRun'>): Pick<RunView, 'runId' | 'lane' | 'requestedAt'> | null => {
  const manual = link?.manualSync
  if (manual && manual.runId !== schedule?.manualRunId) return { ...manual, lane: 'interactive' }
  const isOpen = schedule && schedule.requestedVersion > schedule.completedVersion
  return isOpen && currentRun?.state !== 'finished' ? schedule.request : null
}

const describeSync = (facts: StatusFacts): Status['sync'] => {
  const request = openRequest(facts)
  if (!request) return null
  const run = facts.currentRun?.runId === request.runId ? facts.currentRun : null
  const hasStarted = run?.state === 'running'
  const opensAt = run?.resumeAt ?? facts.quotaOpensAt
  return {
    runId: request.runId,
    lane: request.lane,
    state: run && run.state !== 'finished' ? run.state : 'queued',
    listed: run?.counts.listed ?? 0,
    stored: run ? storedBy(run) : 0,
    estimatedStartAt: hasStarted ? null : iso(opensAt > facts.now ? opensAt : facts.now),
    // How much is left is not known before the last page; progress events carry an estimate while a run is on.
    estimatedFinishAt: null,
  }
}

const describeLastSync = (run: RunView | null): Status['lastSync'] =>
  run?.finishedAt && run.outcome
    ? { runId: run.runId, outcome: run.outcome, finishedAt: run.finishedAt.toISOString(), counts: run.counts }
    : null

/** A full list that succeeded proves everything up to the moment it began. */
const completeUpTo = (run: RunView | null): Date | null => {
  if (!run) return null
  const beganAt = run.startedAt ?? run.requestedAt
  return beganAt < run.window.before ? beganAt : run.window.before
}

/**
 * The one thing somebody has to know or do, most binding first. While the app is switched off nobody is told to
 * reconnect: that would not help, and every link comes back by itself.
 */
const errorCodeOf = (link: Link, facts: StatusFacts): ErrorCode | null => {
  if (facts.appInactiveSince) return 'app_inactive'
  if (link.status === 'reauth_required') return knownCode(link.errorCode, 'reauth_required')
  if (facts.currentRun?.state === 'waiting_for_quota') {
    if (facts.stravaUnavailableSince) return 'strava_unavailable'
    if (facts.isQuotaSpent) return 'quota_exhausted'
  }
  if (facts.lastFinishedRun?.outcome === 'failed') {
    return knownCode(facts.lastFinishedRun.errorCode, 'strava_unavailable')
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
  completeUpTo: null,
  error: null,
})

/** The truth about a connection, from what is stored. */
export const describeStatus = (facts: StatusFacts): Status => {
  const { link } = facts
  if (!link) return unlinked(facts.hasGrantWaiting ? 'pending' : 'not_linked')
  const code = errorCodeOf(link, facts)
  return {
    status: link.status,
    athlete: { stravaAthleteId: link.stravaAthleteId, displayName: link.displayName },
    scopes: link.scopes,
    linkedAt: link.linkedAt.toISOString(),
    lastSync: describeLastSync(facts.lastFinishedRun),
    sync: link.status === 'active' ? describeSync(facts) : null,
    nextSyncAt: link.status === 'active' ? iso(facts.schedule?.nextDueAt ?? null) : null,
    completeUpTo: iso(completeUpTo(facts.lastSucceededRun)),
    error: code ? actionableError(code) : null,
  }
}
