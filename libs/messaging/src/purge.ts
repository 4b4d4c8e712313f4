import { streams } from './topology.ts'
import type { Transport } from './transport.ts'

/** Events of an athlete that hold what came from Strava. */
const subjectsOf = (athleteId: string) => [`activity.*.${athleteId}`, `strava.notified.${athleteId}`]

/** Takes what was told of an athlete's activities out of `EVENTS`, up to its present end. @returns how many events */
export const purgeActivities = async ({ manager }: Pick<Transport, 'manager'>, athleteId: string): Promise<number> => {
  const { name } = streams.EVENTS
  const { state } = await manager.streams.info(name)
  let purged = 0
  for (const filter of subjectsOf(athleteId)) {
    purged += (await manager.streams.purge(name, { filter, seq: state.last_seq + 1 })).purged
  }
  return purged
}
