import type { NextMsgRequest } from '@nats-io/jetstream'
import { streams } from './topology.ts'
import type { Transport } from './transport.ts'

type Managing = Pick<Transport, 'manager'>

const { name } = streams.EVENTS

/** The sequence of the last event that is stored so far. */
export const endOfEvents = async ({ manager }: Managing): Promise<number> =>
  (await manager.streams.info(name)).state.last_seq

/**
 * What was told of an athlete up to and including sequence `upTo`, as subject and last sequence: of activities all, of links and
 * of webhooks what came before the last unlink, so that those who make a new link known are not robbed of it.
 */
const boundsOf = async ({ manager }: Managing, athleteId: string, upTo: number) => {
  const unlinked = await manager.streams.getMessage(name, { last_by_subj: `athlete.unlinked.${athleteId}` })
  const upToUnlink = Math.min(upTo, unlinked?.seq ?? 0)
  const bounds = [
    { filter: `activity.*.${athleteId}`, last: upTo },
    { filter: `athlete.linked.${athleteId}`, last: upToUnlink },
    { filter: `strava.notified.${athleteId}`, last: upToUnlink },
  ]
  return bounds.filter(({ last }) => last > 0)
}

/** The first that matches behind a sequence. The server knows this form of the request; the client's types have it for another. */
const nextMessage = ({ manager }: Managing, filter: string, after: number) => {
  const query: NextMsgRequest & { seq: number } = { seq: after + 1, next_by_subj: filter }
  return manager.streams.getMessage(name, query)
}

/** How many events `purgeAthlete` would take out now. */
export const countOfAthlete = async (managing: Managing, athleteId: string, upTo: number): Promise<number> => {
  let found = 0
  for (const { filter, last } of await boundsOf(managing, athleteId, upTo)) {
    const { state } = await managing.manager.streams.info(name, { subjects_filter: filter })
    for (const count of Object.values(state.subjects ?? {})) found += count
    // Few come behind: of the athlete's next link, which has told nothing but itself by then.
    let behind = await nextMessage(managing, filter, last)
    while (behind) {
      found -= 1
      behind = await nextMessage(managing, filter, behind.seq)
    }
  }
  return found
}

/**
 * Takes what was told of an athlete out of `EVENTS`.
 * @returns how many events
 */
export const purgeAthlete = async (managing: Managing, athleteId: string, upTo: number): Promise<number> => {
  let purged = 0
  for (const { filter, last } of await boundsOf(managing, athleteId, upTo)) {
    // The server purges up to, and without, the sequence it is given; 0 would be all of them.
    purged += (await managing.manager.streams.purge(name, { filter, seq: last + 1 })).purged
  }
  return purged
}
