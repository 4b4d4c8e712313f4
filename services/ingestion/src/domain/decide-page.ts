import type { Cause, EventData } from '@slipstream/contracts'
import { type StoredWorkout, type Tombstone, toContract, type WorkoutValues } from '@slipstream/records'
import type { StravaActivity } from '@slipstream/strava'
import { normalise } from './normalise.ts'

/** For whom, why and since when the page was fetched. */
export interface PageContext {
  athleteId: string
  linkId: string
  cause: Cause
  requestedAt: Date
}

export interface PageInput {
  context: PageContext
  activities: readonly StravaActivity[]
  /** What is stored now of the activities on the page. */
  stored: readonly StoredWorkout[]
  /** What is left of those that were deleted. */
  tombstones: readonly Tombstone[]
  /** Taken before the fetch; a higher one was fetched later. */
  ticket: number
  now: Date
  newWorkoutId: () => string
  /** How long a receiver may keep the data; null: without end. */
  keepForMs: number | null
}

/** An event of a workout. The id names this version of it, so that the same change never becomes two events. */
export type WorkoutEvent =
  | { id: string; type: 'activity.ingested'; data: EventData<'activity.ingested'> }
  | { id: string; type: 'activity.updated'; data: EventData<'activity.updated'> }

/** The id names the expiry that is told. */
export interface RefreshEvent {
  id: string
  type: 'activity.refreshed'
  data: EventData<'activity.refreshed'>
}

export interface WorkoutChange {
  workout: StoredWorkout
  event: WorkoutEvent
}

export interface WorkoutUpdate extends WorkoutChange {
  /** The version this update was decided on; the write applies to no other. */
  previousVersion: number
}

export interface UnchangedWorkout {
  workout: StoredWorkout
  /** Values of fields that the stored row has never had. Written without a word: to have them is no change. */
  filledIn: Partial<WorkoutValues>
  /** Where the expiry that receivers were told comes near. */
  refreshed: { toldUntil: Date; event: RefreshEvent } | null
}

/**
 * What a fetched page changes. Every activity on it is in exactly one list. `unchanged` workouts are still marked with
 * the ticket: without it, an older fetch that arrives late would win over this one. `stale` ones were fetched later
 * than this page already, or found to be gone, and stay as they are.
 */
export interface PageDecision {
  ticket: number
  fetchedAt: Date
  creates: WorkoutChange[]
  /** Deleted a moment ago and found again by a later fetch, while the rows are still there. */
  revivals: WorkoutUpdate[]
  updates: WorkoutUpdate[]
  unchanged: UnchangedWorkout[]
  stale: Pick<StoredWorkout, 'stravaActivityId'>[]
}

/** Webhooks tell of title, kind and visibility alone. */
const toldFields: readonly string[] = ['name', 'sportType', 'visibility']

/** Activities of which a webhook should have told what the page shows. */
export const tellableOf = ({ creates, updates }: PageDecision): string[] =>
  [
    ...creates,
    ...updates.filter(({ event: { data } }) => 'changedFields' in data && data.changedFields.some(isTold)),
  ].map(({ workout }) => workout.stravaActivityId)

const isTold = (field: string): boolean => toldFields.includes(field)

const comparable = (value: WorkoutValues[keyof WorkoutValues]) => (value instanceof Date ? value.getTime() : value)

/** Which fields differ, and which the stored row has never had. */
const compare = (values: WorkoutValues, stored: StoredWorkout) => {
  const fields = Object.keys(values) as (keyof WorkoutValues)[]
  return {
    changedFields: fields.filter(
      (field) => stored[field] !== undefined && comparable(values[field]) !== comparable(stored[field]),
    ),
    filledIn: Object.fromEntries(
      fields.filter((field) => stored[field] === undefined).map((field) => [field, values[field]]),
    ) as Partial<WorkoutValues>,
  }
}

const keptUntil = (fetchedAt: Date, keepForMs: number | null): Date | null =>
  keepForMs === null ? null : new Date(fetchedAt.getTime() + keepForMs)

const policyOf = (until: Date | null) => ({ expiresAt: until?.toISOString() ?? null, noAi: true as const })

/** With less time left than this receivers are told that they may keep their copy for longer. */
const refreshAheadMs = 2 * 24 * 60 * 60_000

const dataOf = (workout: StoredWorkout, { context, now, keepForMs }: PageInput) => ({
  athleteId: workout.athleteId,
  workoutId: workout._id,
  stravaActivityId: workout.stravaActivityId,
  version: workout.version,
  cause: context.cause,
  workout: toContract(workout),
  source: 'strava' as const,
  dataPolicy: policyOf(keptUntil(now, keepForMs)),
  latencyMs: Math.max(0, now.getTime() - context.requestedAt.getTime()),
})

const toldUntilOf = ({ now, keepForMs }: PageInput): Pick<StoredWorkout, 'toldUntil'> => {
  const toldUntil = keptUntil(now, keepForMs)
  return toldUntil ? { toldUntil } : {}
}

/** Where nobody noted what was told, it was told with the last change. */
const refresh = (stored: StoredWorkout, { now, keepForMs }: PageInput): UnchangedWorkout['refreshed'] => {
  const until = keptUntil(now, keepForMs)
  const told = stored.toldUntil ?? keptUntil(stored.updatedAt, keepForMs)
  if (!until || !told || told.getTime() - now.getTime() >= refreshAheadMs) return null
  const { _id: workoutId, athleteId, stravaActivityId, version } = stored
  const data = { athleteId, workoutId, stravaActivityId, version, dataPolicy: policyOf(until) }
  return {
    toldUntil: until,
    event: { id: `${workoutId}.${version}.${until.getTime()}`, type: 'activity.refreshed', data },
  }
}

const eventIdOf = (workout: StoredWorkout) => `${workout._id}.${workout.version}`

const create = (activity: StravaActivity, tombstone: Tombstone | undefined, input: PageInput): WorkoutChange => {
  const { context, ticket, now } = input
  const workout: StoredWorkout = {
    _id: tombstone?._id ?? input.newWorkoutId(),
    athleteId: context.athleteId,
    linkId: context.linkId,
    source: 'strava',
    stravaActivityId: activity.stravaActivityId,
    ...normalise(activity),
    version: (tombstone?.version ?? 0) + 1,
    appliedTicket: ticket,
    firstIngestedAt: now,
    updatedAt: now,
    fetchedAt: now,
    ...toldUntilOf(input),
  }
  return { workout, event: { id: eventIdOf(workout), type: 'activity.ingested', data: dataOf(workout, input) } }
}

/** The next version of a workout; a deletion that was decided is off. */
const nextVersion = (
  { deletion, doubtedBy, ...stored }: StoredWorkout,
  values: WorkoutValues,
  input: PageInput,
): StoredWorkout => ({
  ...stored,
  ...values,
  version: stored.version + 1,
  appliedTicket: input.ticket,
  updatedAt: input.now,
  fetchedAt: input.now,
  ...toldUntilOf(input),
})

const revive = (stored: StoredWorkout, values: WorkoutValues, input: PageInput): WorkoutUpdate => {
  const workout = nextVersion(stored, values, input)
  const event = { id: eventIdOf(workout), type: 'activity.ingested', data: dataOf(workout, input) } as const
  return { workout, event, previousVersion: stored.version }
}

const update = (
  stored: StoredWorkout,
  values: WorkoutValues,
  changedFields: string[],
  input: PageInput,
): WorkoutUpdate => {
  const workout = nextVersion(stored, values, input)
  return {
    workout,
    event: { id: eventIdOf(workout), type: 'activity.updated', data: { ...dataOf(workout, input), changedFields } },
    previousVersion: stored.version,
  }
}

/**
 * Compares a page with what is stored. The fetch with the highest ticket wins, in whatever order fetches are applied;
 * an activity that reads as before changes nothing and tells nothing, as Strava recomputes values without notice and
 * an id that is known proves nothing about its content.
 */
export const decidePage = (input: PageInput): PageDecision => {
  const { activities, ticket, now } = input
  const lists = { creates: [], revivals: [], updates: [], unchanged: [], stale: [] }
  const decision: PageDecision = { ticket, fetchedAt: now, ...lists }
  const storedById = new Map(input.stored.map((workout) => [workout.stravaActivityId, workout]))
  const tombstoneById = new Map(input.tombstones.map((tombstone) => [tombstone.stravaActivityId, tombstone]))
  // Strava may list an activity twice on a page.
  const listed = new Map(activities.map((activity) => [activity.stravaActivityId, activity]))
  for (const activity of listed.values()) {
    const stored = storedById.get(activity.stravaActivityId)
    const tombstone = tombstoneById.get(activity.stravaActivityId)
    const known = stored ?? tombstone
    if (known && known.appliedTicket >= ticket) {
      decision.stale.push(known)
      continue
    }
    if (!stored) {
      decision.creates.push(create(activity, tombstone, input))
      continue
    }
    const values = normalise(activity)
    if (stored.deletion) {
      decision.revivals.push(revive(stored, values, input))
      continue
    }
    const { changedFields, filledIn } = compare(values, stored)
    if (changedFields.length === 0)
      decision.unchanged.push({ workout: stored, filledIn, refreshed: refresh(stored, input) })
    else decision.updates.push(update(stored, values, changedFields, input))
  }
  return decision
}
