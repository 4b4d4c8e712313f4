import { streams } from './topology.ts'
import type { Transport } from './transport.ts'

type Managing = Pick<Transport, 'manager'>

const { name } = streams.EVENTS

/** The sequence of the last event that is stored so far. */
export const endOfEvents = async ({ manager }: Managing): Promise<number> =>
  (await manager.streams.info(name)).state.last_seq

/**
 * Takes what was told of an athlete out of `EVENTS`, up to and including sequence `upTo`: of activities all, of links and of
 * webhooks what came before the last unlink, so that those who make a new link known are not robbed of it.
 * @returns how many events
 */
export const purgeAthlete = async ({ manager }: Managing, athleteId: string, upTo: number): Promise<number> => {
  const unlinked = await manager.streams.getMessage(name, { last_by_subj: `athlete.unlinked.${athleteId}` })
  const upToUnlink = Math.min(upTo, unlinked?.seq ?? 0)
  const bounds = [
    [`activity.*.${athleteId}`, upTo],
    [`athlete.linked.${athleteId}`, upToUnlink],
    [`strava.notified.${athleteId}`, upToUnlink],
  ] as const
  let purged = 0
  for (const [filter, last] of bounds) {
    // The server purges up to, and without, the sequence it is given; 0 would be all of them.
    if (last > 0) purged += (await manager.streams.purge(name, { filter, seq: last + 1 })).purged
  }
  return purged
}
