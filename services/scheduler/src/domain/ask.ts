import type { Cause, Lane } from '@slipstream/contracts'
import { importRunIdOf, isWantOpen, type WantedActivity, wantsOf, windowAt } from '@slipstream/records'
import type { Cadence } from './cadence.ts'
import { callsLeft, withLook } from './looks.ts'
import { coversLink, isListing, type Link, type Schedule, type ScheduleChange, withWants } from './schedule.ts'

interface Asked {
  lane: Lane
  cause: Cause
  runId: string
  requestedAt: Date
  activities?: WantedActivity[]
  mostCalls?: number
}

/** Raises the want of one lane. What is wanted in the others stays, and so does a run that is under way. */
const ask = (
  schedule: Schedule,
  { lane, activities, mostCalls, ...asked }: Asked,
  now: Date,
  { windowDays }: Cadence,
): ScheduleChange => {
  const wants = wantsOf(schedule)
  const requestedVersion = schedule.requestedVersion + 1
  const answered = wants[lane]?.answered ?? 0
  const want = {
    ...asked,
    asked: requestedVersion,
    answered,
    windowDays,
    ...(activities && { activities }),
    ...(mostCalls && { mostCalls }),
  }
  // A look at single activities is no listing: it covers no link that waits for its first import.
  const request = asked.cause === 'webhook' ? schedule.request : { lane, ...asked, window: windowAt(now, windowDays) }
  return {
    schedule: withWants({ ...schedule, requestedVersion, request }, { ...wants, [lane]: want }, now),
    asks: [lane],
  }
}

export interface AskInput {
  schedule: Schedule | null
  link: Link
  now: Date
  cadence: Cadence
  /** In [0, 1). */
  random: number
}

const turnsOf = ({ intervalMs, isStretched }: Cadence) => ({ everyMs: intervalMs, isStretched })

/** A first row; its first hourly turn comes up to a tenth of the interval late, so that athletes spread out. */
const newSchedule = ({ link, now, cadence, random }: AskInput): Schedule => ({
  _id: link.athleteId,
  linkId: link.linkId,
  requestedVersion: 0,
  completedVersion: 0,
  request: null,
  wants: {},
  manualRunId: null,
  publishedAt: null,
  nextDueAt: new Date(now.getTime() + cadence.intervalMs * (1 + random / 10)),
  turns: turnsOf(cadence),
})

/** The link's own row. A row of an earlier link keeps its versions only: they may never go back for an athlete. */
const rowOf = (input: AskInput): Schedule => {
  const { schedule, link } = input
  if (!schedule) return newSchedule(input)
  if (schedule.linkId === link.linkId) return schedule
  const { requestedVersion, revision } = schedule
  return { ...newSchedule(input), requestedVersion, completedVersion: requestedVersion, ...(revision && { revision }) }
}

/** The first import after linking, and after each reconnecting. Null when it was asked for already. */
export const decideLinked = (input: AskInput): ScheduleChange | null => {
  const { schedule, link, now, cadence } = input
  if (coversLink(schedule, link)) return null
  const row = rowOf(input)
  const waiting = wantsOf(row).interactive
  // Somebody was told of the run that waits already: it will do.
  const runId = waiting && isWantOpen(waiting) ? waiting.runId : importRunIdOf(link.linkId, link.activeSince)
  return ask(row, { lane: 'interactive', cause: 'linked', runId, requestedAt: link.activeSince }, now, cadence)
}

/** A sync the athlete asked for. Null when this very request was taken in already. */
export const decideTriggered = (
  input: AskInput & { trigger: { runId: string; requestedAt: Date } },
): ScheduleChange | null => {
  const { schedule, link, now, cadence, trigger } = input
  if (schedule?.linkId === link.linkId && schedule.manualRunId === trigger.runId) return null
  const row = { ...rowOf(input), manualRunId: trigger.runId }
  return ask(row, { lane: 'interactive', cause: 'manual', ...trigger }, now, cadence)
}

/** What a webhook said of an activity. */
export interface Notice extends Omit<WantedActivity, 'asked'> {
  receivedAt: Date
}

/** Beyond so many a list of the whole window is cheaper than asking for each. */
const mostActivities = 50

/** What says of a notice that an activity is new, and how often that was looked at. */
const sourceOf = ({ aspect, inboxId, attempts = 0, returned = 0 }: WantedActivity) => ({
  ...{ aspect, inboxId, attempts, returned },
})

/** Of several notices about one activity the newest counts, and may come first; that it is new stays true of a changed one. */
const withNotice = (activities: readonly WantedActivity[], notice: WantedActivity): WantedActivity[] => {
  const known = activities.find(({ stravaActivityId }) => stravaActivityId === notice.stravaActivityId)
  const newer = known && known.eventTime > notice.eventTime ? { ...known, asked: notice.asked } : notice
  const news = [notice, known].find((one) => one?.aspect === 'create')
  const isNews = news !== undefined && newer.aspect !== 'delete'
  const newest = isNews ? { ...newer, ...sourceOf(news) } : newer
  return [...activities.filter((one) => one !== known), newest]
}

/**
 * A look at activities that webhooks spoke of: beside what waits already, and by the same run while that has not begun.
 * What a run under way has frozen is not asked for again by this.
 * @param input `runId` is of the run that is to look, where none waits; at least one notice
 */
export const decideNotified = (input: AskInput & { notices: readonly Notice[]; runId: string }): ScheduleChange => {
  const { now, cadence, notices, runId } = input
  const row = rowOf(input)
  const waiting = wantsOf(row).realtime
  const isWaiting = waiting !== undefined && isWantOpen(waiting)
  const asked = row.requestedVersion + 1
  const told = notices.map(({ receivedAt, ...activity }) => ({ ...activity, asked }))
  const receivedAt = new Date(Math.min(...notices.map((notice) => notice.receivedAt.getTime())))
  const listsAll = isWaiting && waiting.activities === undefined
  const activities = told.reduce(withNotice, (isWaiting && waiting.activities) || [])
  return ask(
    isWaiting ? row : { ...row, looks: withLook(row, now) },
    {
      ...{ lane: 'realtime', cause: 'webhook' },
      runId: isWaiting ? waiting.runId : runId,
      requestedAt: isWaiting ? waiting.requestedAt : receivedAt,
      ...(!listsAll && activities.length <= mostActivities && { activities }),
      mostCalls: (isWaiting ? waiting.mostCalls : undefined) ?? callsLeft(row, now),
    },
    now,
    cadence,
  )
}

/** The next turn after `now` in the same rhythm: hours that were missed are not made up for one by one. */
const nextTurn = (nextDueAt: Date, now: Date, intervalMs: number): Date => {
  const missed = Math.floor((now.getTime() - nextDueAt.getTime()) / intervalMs)
  return new Date(nextDueAt.getTime() + (Math.max(0, missed) + 1) * intervalMs)
}

/** An hourly turn. Only the turn moves on where the window is being listed in any lane, or the link cannot be used. */
export const decideDue = (input: {
  schedule: Schedule
  link: Link | null
  now: Date
  cadence: Cadence
  runId: string
}): ScheduleChange => {
  const { schedule, link, now, cadence, runId } = input
  const nextDueAt = nextTurn(schedule.nextDueAt, now, cadence.intervalMs)
  const moved = { ...schedule, nextDueAt, turns: turnsOf(cadence) }
  if (link?.status !== 'active' || isListing(schedule)) return { schedule: moved, asks: [] }
  return ask(moved, { lane: 'scheduled', cause: 'hourly', runId, requestedAt: now }, now, cadence)
}
