import type { Outcome } from '@slipstream/messaging'
import { answeredCallsOf, type ListCursor } from '@slipstream/records'
import type { StravaActivity, UnreadableActivity } from '@slipstream/strava'
import { addResult, callsLeftOf, isFullPass, type SyncRun } from '../domain/decide-run.ts'
import {
  cursorFrom01,
  firstCall,
  fullPage,
  type ListedPage,
  pageSizeAfterWebhooks,
  pageSizeFor,
  stepAfter,
} from '../domain/list-cursor.ts'
import { afterList, notListed } from '../domain/missing.ts'
import { addChanged } from '../domain/notices.ts'
import type { RunProgress } from '../domain/ports.ts'
import { notSeenIn } from '../domain/seen.ts'
import { callerOf, endAnswered, eraseGone, goOn, type RunDeps, type Step, withoutAnswer } from './run-step.ts'
import { storeFetched } from './store-fetched.ts'

const firstCursor = async ({ workouts }: RunDeps, run: SyncRun): Promise<ListCursor> => {
  if (run.nextPage > 1) return cursorFrom01(run)
  if (run.cause === 'linked') return firstCall(fullPage)
  if (!isFullPass(run)) return firstCall(pageSizeAfterWebhooks(run.activities?.length ?? 0))
  return firstCall(pageSizeFor(await workouts.countSince(run.linkId, run.window.after)))
}

/** None in a run that release 0.1 has begun: of that nobody knows what was not listed. */
const firstTicketOf = ({ firstTicket, cursor, nextPage }: SyncRun, ticket: number) => {
  if (firstTicket !== undefined) return { firstTicket }
  return cursor === undefined && nextPage === 1 ? { firstTicket: ticket } : {}
}

const listedOn = (activities: readonly StravaActivity[], unreadable: readonly UnreadableActivity[]): ListedPage => ({
  length: activities.length + unreadable.length,
  ids: [...activities, ...unreadable].flatMap(({ stravaActivityId }) => stravaActivityId ?? []),
  starts: activities.map(({ startDate }) => new Date(startDate)),
})

const succeed = async (
  deps: RunDeps,
  { lease }: Step,
  { cursor, firstTicket, missing, ...found }: RunProgress,
): Promise<Outcome> => {
  const finishedAt = deps.clock.now()
  return endAnswered(deps, lease, { ...found, outcome: 'succeeded', errorCode: null, finishedAt })
}

/** All of the window was listed: what is stored and was not on the list is looked for, or the run ends. */
const endList = async (deps: RunDeps, step: Step, progress: RunProgress): Promise<Outcome> => {
  const { run } = step.lease
  const { firstTicket, unread } = progress
  const unlisted =
    firstTicket === undefined
      ? { activityIds: [], storedInWindow: 0 }
      : await deps.workouts.unlisted({
          linkId: run.linkId,
          since: run.window.after,
          firstTicket,
          except: unread.flatMap(({ stravaActivityId }) => stravaActivityId ?? []),
        })
  const next = afterList(unlisted, run.missing, callsLeftOf(run, progress.answeredCalls))
  switch (next.kind) {
    case 'list_again':
      deps.facts.listDoubted(run, unlisted)
      return goOn(deps, step, {
        ...progress,
        cursor: firstCall(fullPage),
        missing: { isListedAgain: true, toCheck: null },
      })
    case 'check': {
      const isListedAgain = run.missing?.isListedAgain ?? false
      return goOn(deps, step, { ...progress, missing: { isListedAgain, toCheck: next.activityIds } })
    }
    case 'end':
      return succeed(deps, step, progress)
  }
}

/** The next page of the list. */
export const listStep = async (deps: RunDeps, step: Step): Promise<Outcome> => {
  const { lease, callsMade } = step
  const { run } = lease
  const cursor = run.cursor ?? (await firstCursor(deps, run))
  const ticket = await deps.tickets.next(run.linkId)
  const outcome = await deps.strava.listActivities(callerOf(step), {
    ...(cursor.before && { before: cursor.before }),
    page: cursor.page,
    perPage: cursor.perPage ?? fullPage,
  })
  if (outcome.kind !== 'answered') return withoutAnswer(deps, outcome, step)
  const { data, unreadable } = outcome.answer

  // An unlink may pass by while Strava is asked. Checked before the write, so that nothing is stored after it; and again
  // after, because the erasure may have run between check and write. A crash in between is met by the guard of the
  // redelivered message and by the sweep, which looks at erased links once more.
  if ((await deps.links.status(run.linkId)) === null) return eraseGone(deps, run.linkId)
  // What this run has listed before is listed again where two queries overlap, and what is older than the window proves
  // the end and is not stored.
  const listed = new Set(cursor.listedIds)
  const activities = data.filter(
    ({ stravaActivityId, startDate }) => !listed.has(stravaActivityId) && new Date(startDate) >= run.window.after,
  )
  const { tally, tellable, unread } = await storeFetched(deps, run, { activities, unreadable, ticket })
  if ((await deps.links.status(run.linkId)) === null) return eraseGone(deps, run.linkId)

  const newlyListed = activities.length + unread.length - (run.unread?.length ?? 0)
  const result = {
    ...tally,
    deleted: 0,
    // Listed a second time, they are counted already.
    listed: run.missing?.isListedAgain ? tally.created : newlyListed,
    calls: callsMade(),
  }
  deps.facts.pageStored(run, cursor, result, tally)
  const counts = addResult(run.counts, result)
  const answeredCalls = answeredCallsOf(run) + 1
  const changedIds = addChanged(run.changedIds ?? [], tellable)
  const progress = { counts, answeredCalls, unread, changedIds, ...firstTicketOf(run, ticket) }
  const page = listedOn(data, unreadable)
  if (!isFullPass(run)) {
    // One short list: it usually shows all that was told, and what was not. Only what is not on it is asked for, and no more of
    // that than webhooks may cause calls for: the rest is looked for again.
    const told = notListed(run.activities ?? [], page.ids)
    const toCheck = told.slice(0, callsLeftOf(run, answeredCalls))
    const seen = { unseen: notSeenIn(run.activities ?? [], data), unchecked: told.slice(toCheck.length) }
    const ended = { ...progress, ...seen, cursor, missing: { isListedAgain: false, toCheck } }
    return toCheck.length > 0 ? goOn(deps, step, ended) : succeed(deps, step, ended)
  }
  const next = stepAfter(cursor, page, run.window)
  switch (next.kind) {
    case 'next':
      return goOn(deps, step, { ...progress, cursor: next.cursor })
    case 'end':
      return endList(deps, step, { ...progress, cursor })
    case 'broken': {
      deps.facts.listBroken(run, next.problem)
      const finishedAt = deps.clock.now()
      const failed = { outcome: 'failed', errorCode: 'strava_unavailable' } as const
      return endAnswered(deps, lease, { ...failed, counts, answeredCalls, unread, finishedAt })
    }
  }
}
