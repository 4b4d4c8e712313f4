import type { Outcome } from '@slipstream/messaging'
import { answeredCallsOf } from '@slipstream/records'
import { addResult, type SyncRun } from '../domain/decide-run.ts'
import { addChanged } from '../domain/notices.ts'
import type { PageTally } from '../domain/ports.ts'
import { notSeenIn } from '../domain/seen.ts'
import {
  callerOf,
  endAnswered,
  eraseGone,
  goOn,
  type NoAnswer,
  type RunDeps,
  type Step,
  withoutAnswer,
} from './run-step.ts'
import { storeFetched } from './store-fetched.ts'

const nothing: PageTally = { created: 0, updated: 0, unchanged: 0, stale: 0 }

/** Whether it was removed: at once where Strava says that it is gone, at the second time where it says nothing. */
const removeAbsent = async (
  deps: RunDeps,
  run: SyncRun,
  absence: { stravaActivityId: string; isCertain: boolean; ticket: number },
): Promise<boolean> => {
  const { stravaActivityId, isCertain, ticket } = absence
  const { linkId } = run
  if (!isCertain && !(await deps.workouts.doubt({ linkId, stravaActivityId, runId: run._id }))) return false
  const removal = { linkId, stravaActivityId, ticket, reason: 'deleted_at_strava', now: deps.clock.now() } as const
  const isRemoved = await deps.workouts.remove(removal)
  if (isRemoved) deps.facts.activityDeleted(run, stravaActivityId)
  return isRemoved
}

/** Refused, or made and not answered, in contrast to a call that may not be made now. */
const isPassedOver = (outcome: NoAnswer, calls: number): boolean =>
  outcome.kind === 'failed'
    ? outcome.code !== 'app_misconfigured'
    : outcome.kind === 'wait' && outcome.reason === 'strava' && calls > 0

/** What a webhook told of it, if one did. */
const wantedIn = ({ activities }: SyncRun, id: string) =>
  activities?.find(({ stravaActivityId }) => stravaActivityId === id)

/** Asks for one activity that was not listed: it is stored, or a webhook spoke of it. */
export const checkStep = async (
  deps: RunDeps,
  step: Step,
  { stravaActivityId, others }: { stravaActivityId: string; others: string[] },
): Promise<Outcome> => {
  const { lease, callsMade } = step
  const { run } = lease
  const ticket = await deps.tickets.next(run.linkId)
  const outcome = await deps.strava.getActivity(callerOf(step), stravaActivityId)
  let tally = nothing
  let tellable: string[] = []
  let unread = run.unread ?? []
  let isRemoved = false
  let isUnseen = false
  let isAbsent = false
  switch (outcome.kind) {
    case 'answered': {
      if ((await deps.links.status(run.linkId)) === null) return eraseGone(deps, run.linkId)
      const { data, unreadable } = outcome.answer
      const activities = data.filter(({ startDate }) => new Date(startDate) >= run.window.after)
      const removal = { linkId: run.linkId, stravaActivityId, ticket, reason: 'outside_window' } as const
      if (activities.length < data.length) isRemoved = await deps.workouts.remove({ ...removal, now: deps.clock.now() })
      ;({ tally, tellable, unread } = await storeFetched(deps, run, { activities, unreadable, ticket }))
      isUnseen = notSeenIn(run.activities ?? [], activities).length > 0
      break
    }
    case 'absent':
      isRemoved = await removeAbsent(deps, run, { stravaActivityId, isCertain: outcome.isCertain, ticket })
      // Strava tells of an upload before it shows it.
      isUnseen = !isRemoved && wantedIn(run, stravaActivityId)?.aspect === 'create'
      isAbsent = isUnseen && outcome.isCertain
      if (isRemoved) tellable = [stravaActivityId]
      break
    default:
      // Refused, or failed, for this activity alone, it is the next run's; the list was answered.
      if (!isPassedOver(outcome, callsMade())) return withoutAnswer(deps, outcome, step)
      isUnseen = wantedIn(run, stravaActivityId) !== undefined
  }
  if ((await deps.links.status(run.linkId)) === null) return eraseGone(deps, run.linkId)

  const unseen = [...(run.unseen ?? []), ...(isUnseen ? [stravaActivityId] : [])]
  const result = { ...tally, deleted: isRemoved ? 1 : 0, listed: 0, calls: callsMade() }
  const absent = [...(run.absent ?? []), ...(isAbsent ? [stravaActivityId] : [])]
  deps.facts.activityChecked(run, stravaActivityId, outcome.kind, tally)
  const counts = addResult(run.counts, result)
  const isAnswered = outcome.kind === 'answered' || outcome.kind === 'absent'
  const answeredCalls = answeredCallsOf(run) + (isAnswered ? 1 : 0)
  const changedIds = addChanged(run.changedIds ?? [], tellable)
  const finishedAt = deps.clock.now()
  if (others.length === 0 || !run.missing || !run.cursor) {
    const end = {
      outcome: 'succeeded',
      errorCode: null,
      counts,
      answeredCalls,
      unread,
      unseen,
      absent,
      changedIds,
      finishedAt,
    } as const
    return endAnswered(deps, lease, end)
  }
  const missing = { ...run.missing, toCheck: others }
  return goOn(deps, step, { cursor: run.cursor, counts, answeredCalls, unread, missing, unseen, absent, changedIds })
}
