import type { Clock } from '@slipstream/runtime'
import type { Inbox } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

/** Most uploads are there within seconds; the last look leaves the rest to the next turn. */
const pausesMs = [5_000, 30_000, 2 * 60_000, 10 * 60_000]

export interface LookAgainDeps {
  inbox: Pick<Inbox, 'creationsOf' | 'putOff'>
  clock: Clock
  facts: Pick<Facts, 'notSeen'>
}

/** What a webhook said is new and Strava does not show yet is looked at again, ever later. */
export const lookAgain = async (
  { inbox, clock, facts }: LookAgainDeps,
  { linkId, unseen }: { linkId: string; unseen: readonly string[] },
): Promise<void> => {
  if (unseen.length === 0) return
  for (const { _id, attempts = 0, athleteId, objectId } of await inbox.creationsOf(linkId, unseen)) {
    const pauseMs = pausesMs[attempts]
    if (pauseMs === undefined) facts.notSeen(athleteId, objectId)
    else await inbox.putOff(_id, attempts + 1, new Date(clock.now().getTime() + pauseMs))
  }
}
