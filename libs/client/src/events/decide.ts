import type { SlipstreamEvent } from './read-event.ts'

/** Why an event is not handed over: it was, or something newer was, or the athlete has unlinked since. */
export type SkipReason = 'handled_before' | 'older_version' | 'athlete_unlinked'

type Decision = { kind: 'handle' } | { kind: 'skip'; reason: SkipReason }

/** Under what a subscriber looks up and keeps what bears on an event. */
export interface Keys {
  event: string
  athlete: string
  /** null: the event is about no workout. */
  workout: string | null
}

/** @param durable a subscriber that begins anew under another name remembers nothing */
export const keysOf = (durable: string, { id, athleteId, data }: SlipstreamEvent): Keys => ({
  event: `${durable}/event/${id}`,
  athlete: `${durable}/athlete/${athleteId}`,
  workout: 'workoutId' in data ? `${durable}/workout/${data.workoutId}` : null,
})

/**
 * Whether an event is still to be handled. Deliveries repeat, and an event whose handler failed comes again behind newer
 * ones: a workout must not go back to an older version, and data of an athlete must not come back after the unlink.
 */
export const decide = (event: SlipstreamEvent, keys: Keys, known: ReadonlyMap<string, number>): Decision => {
  if (known.has(keys.event)) return { kind: 'skip', reason: 'handled_before' }
  if (keys.workout === null) return { kind: 'handle' }
  if (event.time.getTime() <= (known.get(keys.athlete) ?? 0)) return { kind: 'skip', reason: 'athlete_unlinked' }
  const version = 'version' in event.data ? event.data.version : 0
  return version < (known.get(keys.workout) ?? 0) ? { kind: 'skip', reason: 'older_version' } : { kind: 'handle' }
}

/** What to remember once an event is handled. */
export const numbersAfter = (event: SlipstreamEvent, keys: Keys): Map<string, number> => {
  const numbers = new Map([[keys.event, event.sequence]])
  if (keys.workout !== null && 'version' in event.data) numbers.set(keys.workout, event.data.version)
  if (event.type === 'athlete.unlinked') numbers.set(keys.athlete, event.time.getTime())
  return numbers
}
