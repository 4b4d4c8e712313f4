import type { SlipstreamEvent } from './read-event.ts'

/** Why an event is not handed over: it was, or something newer was, or the athlete has unlinked since. */
export type SkipReason = 'handled_before' | 'older_version' | 'athlete_unlinked'

type Decision = { kind: 'handle' } | { kind: 'skip'; reason: SkipReason }

/** Under what a subscriber looks up and keeps what bears on an event. */
export interface Keys {
  event: string
  athlete: string
  /** null: the event is about no workout. */
  workout: WorkoutKeys | null
}

interface WorkoutKeys {
  version: string
  /** Where in the stream it was told that the workout was deleted. */
  deletion: string
}

/** @param durable a subscriber that begins anew under another name remembers nothing */
export const keysOf = (durable: string, { id, athleteId, data }: SlipstreamEvent): Keys => ({
  event: `${durable}/event/${id}`,
  athlete: `${durable}/athlete/${athleteId}`,
  workout:
    'workoutId' in data
      ? {
          version: `${durable}/workout/${data.workoutId}`,
          deletion: `${durable}/deletion/${data.workoutId}`,
        }
      : null,
})

export const allOf = ({ event, athlete, workout }: Keys): string[] => [
  event,
  athlete,
  ...(workout === null ? [] : [workout.version, workout.deletion]),
]

const isOfBeforeUnlink = ({ time }: SlipstreamEvent, { athlete, workout }: Keys, known: ReadonlyMap<string, number>) =>
  workout !== null && time.getTime() <= (known.get(athlete) ?? 0)

const isOlderVersion = ({ data }: SlipstreamEvent, { workout }: Keys, known: ReadonlyMap<string, number>) =>
  workout !== null && ('version' in data ? data.version : 0) < (known.get(workout.version) ?? 0)

/**
 * Whether an event is still to be handled. Deliveries repeat, and an event whose handler failed comes again behind newer
 * ones: a workout must not go back to an older version, and data of an athlete must not come back after the unlink.
 */
export const decide = (event: SlipstreamEvent, keys: Keys, known: ReadonlyMap<string, number>): Decision => {
  if (known.has(keys.event)) return { kind: 'skip', reason: 'handled_before' }
  if (isOfBeforeUnlink(event, keys, known)) return { kind: 'skip', reason: 'athlete_unlinked' }
  if (isOlderVersion(event, keys, known)) return { kind: 'skip', reason: 'older_version' }
  return { kind: 'handle' }
}

/** Where in the stream an event stands: at its place, or as the last of its subject. */
export type Place = { sequence: number } | { subject: string }

/**
 * What took away the data that an event brings, if anything has. Another replica may have handled that while the data were
 * being written: then it has to be handled again.
 */
export const endingOf = (event: SlipstreamEvent, keys: Keys, known: ReadonlyMap<string, number>): Place | null => {
  if (isOfBeforeUnlink(event, keys, known)) return { subject: `athlete.unlinked.${event.athleteId}` }
  const deletion = keys.workout === null ? undefined : known.get(keys.workout.deletion)
  return deletion !== undefined && isOlderVersion(event, keys, known) ? { sequence: deletion } : null
}

/** What to remember before an event is handled, so that no replica misses it that is still writing what it takes away. */
export const numbersBefore = (event: SlipstreamEvent, keys: Keys): Map<string, number> => {
  if (event.type === 'athlete.unlinked') return new Map([[keys.athlete, event.time.getTime()]])
  if (event.type !== 'activity.deleted' || keys.workout === null) return new Map()
  return new Map([
    [keys.workout.version, event.data.version],
    [keys.workout.deletion, event.sequence],
  ])
}

/** What to remember once an event is handled. */
export const numbersAfter = (event: SlipstreamEvent, keys: Keys): Map<string, number> => {
  const numbers = new Map([[keys.event, event.sequence]])
  if (keys.workout !== null && 'version' in event.data) numbers.set(keys.workout.version, event.data.version)
  return numbers
}
