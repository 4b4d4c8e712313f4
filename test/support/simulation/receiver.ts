import type { EventData, OutboxEvent, Workout } from '@slipstream/contracts'

/** A workout as a receiver of events knows it; null: it is gone. */
interface Known {
  version: number
  workout: Workout | null
}

type Told = EventData<'activity.ingested'> | EventData<'activity.updated'> | EventData<'activity.deleted'>

const isOfWorkout = ({ type }: OutboxEvent): boolean =>
  type === 'activity.ingested' || type === 'activity.updated' || type === 'activity.deleted'

/**
 * What another service makes of all that was published, in whatever order: of each workout the highest version counts. Tells
 * too where two events claim the same version.
 */
export const receive = (events: readonly OutboxEvent[]) => {
  const known = new Map<string, Known>()
  const claims = new Map<string, string>()
  const disputed: string[] = []
  for (const event of events.filter(isOfWorkout)) {
    const data = event.data as Told
    const { workoutId, version } = data
    const claim = `${event.type} ${JSON.stringify(data)}`
    const claimed = claims.get(`${workoutId}.${version}`)
    if (claimed !== undefined && claimed !== claim) disputed.push(`${workoutId} has two events of version ${version}`)
    claims.set(`${workoutId}.${version}`, claim)
    if (event.id !== `${workoutId}.${version}`) disputed.push(`${event.id} is not named after its version ${version}`)
    if ((known.get(workoutId)?.version ?? 0) >= version) continue
    known.set(workoutId, { version, workout: 'workout' in data ? data.workout : null })
  }
  return { known, disputed }
}
