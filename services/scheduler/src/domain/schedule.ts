import type { EventData } from '@slipstream/contracts'
import type { LinkRow, RunRequest, ScheduleRow, SyncRunRow } from '@slipstream/records'

export type Schedule = Omit<ScheduleRow, 'outbox'>

/** A link as far as scheduling goes. */
export interface Link extends Pick<LinkRow, 'athleteId' | 'status' | 'manualSync'> {
  linkId: string
  /** When it was linked, or became usable again. */
  activeSince: Date
}

/** The next state of a row. `asks`: a sync.requested event for its request goes out with the write. */
export interface ScheduleChange {
  schedule: Schedule
  asks: boolean
}

export interface Cadence {
  intervalMs: number
  windowDays: number
}

const dayMs = 24 * 60 * 60_000

/**
 * The newest days, up to tomorrow. The end lies ahead because start times come from the athlete's device: one whose
 * clock is fast starts in the future. It is fixed for the whole run, so that its pages belong to one list.
 */
const windowAt = (now: Date, { windowDays }: Cadence) => ({
  after: new Date(now.getTime() - windowDays * dayMs),
  before: new Date(now.getTime() + dayMs),
})

export const isOpen = (schedule: Schedule): boolean => schedule.requestedVersion > schedule.completedVersion

/** Puts a new request in place of the one before; a run that is still under way for that one ends as superseded. */
const ask = (
  schedule: Schedule,
  { now, cadence, ...request }: Omit<RunRequest, 'window'> & { now: Date; cadence: Cadence },
): ScheduleChange => ({
  schedule: {
    ...schedule,
    requestedVersion: schedule.requestedVersion + 1,
    request: { ...request, window: windowAt(now, cadence) },
    publishedAt: now,
  },
  asks: true,
})

export interface AskInput {
  schedule: Schedule | null
  link: Link
  now: Date
  cadence: Cadence
  /** In [0, 1). */
  random: number
}

/** A first row; its first hourly turn comes up to a tenth of the interval late, so that athletes spread out. */
const newSchedule = ({ link, now, cadence, random }: AskInput): Schedule => ({
  _id: link.athleteId,
  linkId: link.linkId,
  requestedVersion: 0,
  completedVersion: 0,
  request: null,
  manualRunId: null,
  publishedAt: null,
  nextDueAt: new Date(now.getTime() + cadence.intervalMs * (1 + random / 10)),
})

/** The link's own row. A row of an earlier link keeps its versions only: they may never go back for an athlete. */
const rowOf = (input: AskInput): Schedule => {
  const { schedule, link } = input
  if (!schedule) return newSchedule(input)
  if (schedule.linkId === link.linkId) return schedule
  const { requestedVersion, completedVersion } = schedule
  return { ...newSchedule(input), requestedVersion, completedVersion }
}

/** Whether a run was asked for since the link became usable: then linking needs no run of its own. */
const coversLink = (schedule: Schedule | null, link: Link): boolean =>
  schedule?.linkId === link.linkId && schedule.request !== null && schedule.request.requestedAt >= link.activeSince

/** The first import after linking, and after each reconnecting. Null when it was asked for already. */
export const decideLinked = (input: AskInput & { runId: string }): ScheduleChange | null => {
  const { schedule, link, now, cadence, runId } = input
  if (coversLink(schedule, link)) return null
  return ask(rowOf(input), { runId, lane: 'interactive', cause: 'linked', requestedAt: link.activeSince, now, cadence })
}

/** A sync the athlete asked for. Null when this very request was taken in already. */
export const decideTriggered = (
  input: AskInput & { trigger: { runId: string; requestedAt: Date } },
): ScheduleChange | null => {
  const { schedule, link, now, cadence, trigger } = input
  if (schedule?.linkId === link.linkId && schedule.manualRunId === trigger.runId) return null
  const row = { ...rowOf(input), manualRunId: trigger.runId }
  return ask(row, { ...trigger, lane: 'interactive', cause: 'manual', now, cadence })
}

/** The next turn after `now` in the same rhythm: hours that were missed are not made up for one by one. */
const nextTurn = (nextDueAt: Date, now: Date, intervalMs: number): Date => {
  const missed = Math.floor((now.getTime() - nextDueAt.getTime()) / intervalMs)
  return new Date(nextDueAt.getTime() + (Math.max(0, missed) + 1) * intervalMs)
}

/** An hourly turn. Only the turn moves on where a run is still open, or the link cannot be used. */
export const decideDue = (input: {
  schedule: Schedule
  link: Link | null
  now: Date
  cadence: Cadence
  runId: string
}): ScheduleChange => {
  const { schedule, link, now, cadence, runId } = input
  const moved = { ...schedule, nextDueAt: nextTurn(schedule.nextDueAt, now, cadence.intervalMs) }
  if (link?.status !== 'active' || isOpen(schedule)) return { schedule: moved, asks: false }
  return ask(moved, { runId, lane: 'scheduled', cause: 'hourly', requestedAt: now, now, cadence })
}

/** Somebody is waiting for an interactive run: after a failure the next turn does not take an hour. */
const retryInteractiveMs = 5 * 60_000

const complete = (schedule: Schedule, version: number): Schedule => {
  const completedVersion = Math.max(schedule.completedVersion, version)
  const isDone = completedVersion >= schedule.requestedVersion
  return { ...schedule, completedVersion, publishedAt: isDone ? null : schedule.publishedAt }
}

/**
 * A run ended. Null when the row tells nothing new: another link's run, or one that was counted before. A newer request
 * is asked for again: a page of the older run may have taken the place of its message, they use the same subject.
 */
export const decideFinished = (
  schedule: Schedule | null,
  event: Pick<EventData<'sync.finished'>, 'linkId' | 'runId' | 'requestedVersion' | 'outcome' | 'finishedAt'>,
  now: Date,
): ScheduleChange | null => {
  if (schedule?.linkId !== event.linkId || schedule.completedVersion >= event.requestedVersion) return null
  const completed = complete(schedule, event.requestedVersion)
  if (isOpen(completed)) return askAgain(completed, now)
  const isFailedWait =
    event.outcome === 'failed' && schedule.request?.runId === event.runId && schedule.request.lane === 'interactive'
  if (!isFailedWait) return { schedule: completed, asks: false }
  const retryAt = new Date(new Date(event.finishedAt).getTime() + retryInteractiveMs)
  const nextDueAt = retryAt < schedule.nextDueAt ? retryAt : schedule.nextDueAt
  return { schedule: { ...completed, nextDueAt }, asks: false }
}

/** The run of an open row's request, as ingestion has it. */
export type RunState = Pick<SyncRunRow, 'state' | 'resumeAt' | 'leaseUntil'>

/**
 * What an open row needs that was not asked for lately: `complete` when its run ended and the event of it was lost,
 * `ask_again` when nobody seems to be at it. The last word on that has the stream: a message may still wait there.
 */
export const judgeOpenRow = (
  run: RunState | null,
  { now, staleAfterMs }: { now: Date; staleAfterMs: number },
): 'complete' | 'ask_again' | 'leave' => {
  if (run === null) return 'ask_again'
  if (run.state === 'finished') return 'complete'
  // Parked runs are resumed by ingestion; only one that is long overdue has been forgotten.
  if (run.resumeAt && run.resumeAt.getTime() > now.getTime() - staleAfterMs) return 'leave'
  if (run.leaseUntil && run.leaseUntil > now) return 'leave'
  return 'ask_again'
}

export const completeOpenRow = (schedule: Schedule): ScheduleChange => ({
  schedule: complete(schedule, schedule.requestedVersion),
  asks: false,
})

export const askAgain = (schedule: Schedule, now: Date): ScheduleChange => ({
  schedule: { ...schedule, publishedAt: now },
  asks: true,
})
