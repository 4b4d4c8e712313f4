import type { Clock } from '@slipstream/runtime'
import type { RunState } from '../domain/open-row.ts'
import type { Inbox } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

/** Most uploads are there within seconds; the last look leaves the rest to the next turn. */
const pausesMs = [5_000, 30_000, 2 * 60_000, 10 * 60_000]

export interface LookAgainDeps {
  inbox: Pick<Inbox, 'find' | 'isOvertaken' | 'putOff'>
  clock: Clock
  facts: Pick<Facts, 'notSeen'>
}

/**
 * What a webhook told and Strava does not show yet is looked at again, ever later. May be done again for the same run: a notice
 * that waits already stays as it is. Of several changes of one activity the last one counts.
 */
export const lookAgain = async (
  { inbox, clock, facts }: LookAgainDeps,
  { activities = [], unseen = [] }: Pick<RunState, 'activities' | 'unseen'>,
): Promise<void> => {
  for (const { inboxId, aspect } of activities.filter(({ stravaActivityId }) => unseen.includes(stravaActivityId))) {
    const notice = await inbox.find(inboxId)
    if (!notice || notice.takenAt === null) continue
    // What is new stays so, whatever was said of it later.
    if (aspect !== 'create' && (await inbox.isOvertaken(notice))) continue
    const { attempts = 0 } = notice
    const pauseMs = pausesMs[attempts]
    if (pauseMs === undefined) facts.notSeen(notice)
    else await inbox.putOff(inboxId, attempts + 1, new Date(clock.now().getTime() + pauseMs))
  }
}
