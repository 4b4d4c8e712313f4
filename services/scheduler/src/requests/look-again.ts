import type { Clock } from '@slipstream/runtime'
import type { RunState } from '../domain/open-row.ts'
import { isOvertaken } from '../domain/overtaken.ts'
import type { Inbox } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

/** Most uploads are there within seconds; the last look leaves the rest to the next turn. */
const pausesMs = [5_000, 30_000, 2 * 60_000, 10 * 60_000]

export interface LookAgainDeps {
  inbox: Pick<Inbox, 'find' | 'saidSince' | 'putBack' | 'giveUp'>
  clock: Clock
  facts: Pick<Facts, 'notSeen'>
}

type EndedRun = Pick<RunState, 'outcome' | 'activities' | 'unseen' | 'absent' | 'unchecked' | 'missing'>

/** A run that failed has not seen what it had still to ask for; where its list did not come, that is all of it. */
const unseenBy = ({ outcome, activities = [], unseen = [], missing }: EndedRun): string[] =>
  outcome === 'failed'
    ? [...unseen, ...(missing?.toCheck ?? activities.map(({ stravaActivityId }) => stravaActivityId))]
    : unseen

/**
 * What a webhook told and Strava does not show yet is looked at again, ever later; what the run had no call left for, soon, and
 * that was no look. May be done again for the same run, and before its notices are marked as taken. Of several changes of one
 * activity the last one counts.
 */
export const lookAgain = async ({ inbox, clock, facts }: LookAgainDeps, run: EndedRun): Promise<void> => {
  const { activities = [], unchecked = [], absent = [] } = run
  const unseen = unseenBy(run)
  const now = clock.now()
  const [soonMs] = pausesMs
  for (const activity of activities) {
    const { stravaActivityId, inboxId, attempts = 0 } = activity
    const isUnchecked = unchecked.includes(stravaActivityId)
    if (!isUnchecked && !unseen.includes(stravaActivityId)) continue
    const notice = await inbox.find(inboxId)
    if (!notice || isOvertaken(notice, await inbox.saidSince(notice), absent.includes(stravaActivityId))) continue
    const pauseMs = isUnchecked ? soonMs : pausesMs[attempts]
    if (pauseMs !== undefined) {
      const nextTryAt = new Date(now.getTime() + pauseMs)
      await inbox.putBack(activity, { attempts: isUnchecked ? attempts : attempts + 1, nextTryAt })
    } else if (await inbox.giveUp(activity, now)) facts.notSeen(notice)
  }
}
