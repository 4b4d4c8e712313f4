import { newEvent, TransientError } from '@slipstream/messaging'
import { type Collections, isDuplicateKey } from '@slipstream/persistence'
import type { StoredWorkout } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import { SpanKind, withSpan } from '@slipstream/telemetry'
import type { PageDecision, WorkoutEvent } from '../domain/decide-page.ts'
import type { PageTally, WorkoutStore } from '../domain/ports.ts'

/** Two lanes of one link may list the same workouts at the same time; a second round is rare all the same. */
const maxRounds = 5

const idOf = (workout: { stravaActivityId: string }) => workout.stravaActivityId

/**
 * Workouts in MongoDB. A workout and the event that tells of it are one write to one document. Each write names the
 * version it was decided on and applies only over an older fetch; what others changed meanwhile is read and decided anew.
 */
export const createWorkoutStore = (
  { workouts }: Pick<Collections<'ingestion'>, 'workouts'>,
  clock: Clock,
): WorkoutStore => {
  const readStored = (linkId: string, activityIds: string[]): Promise<StoredWorkout[]> =>
    workouts.find({ linkId, source: 'strava', stravaActivityId: { $in: activityIds } }, { outbox: 0 }).lean()

  const toOutbox = ({ id, type, data }: WorkoutEvent) => newEvent(type, data, { id, now: clock.now() })

  const operationsOf = ({ ticket, fetchedAt, creates, updates, unchanged }: PageDecision) => {
    const olderFetch = { appliedTicket: { $lt: ticket } }
    return [
      ...creates.map(({ workout, event }) => ({
        insertOne: { document: { ...workout, outbox: [toOutbox(event)] } },
      })),
      ...updates.map(({ workout: { _id, ...fields }, event, previousVersion }) => ({
        updateOne: {
          filter: { _id, version: previousVersion, ...olderFetch },
          update: { $set: fields, $push: { outbox: toOutbox(event) } },
        },
      })),
      ...unchanged.map(({ workout: { _id, version }, filledIn }) => ({
        updateOne: {
          filter: { _id, version, ...olderFetch },
          update: { $set: { ...filledIn, appliedTicket: ticket, fetchedAt } },
        },
      })),
    ]
  }

  /** Ids of the activities whose write did not apply. */
  const write = async (linkId: string, decision: PageDecision): Promise<Set<string>> => {
    const operations = operationsOf(decision)
    if (operations.length === 0) return new Set()
    const applied = await withSpan('mongodb workouts.bulkWrite', { kind: SpanKind.CLIENT }, () =>
      workouts.bulkWrite(operations, { ordered: false, throwOnValidationError: true }),
    )
      .then(({ insertedCount, matchedCount }) => insertedCount + matchedCount)
      .catch((error: unknown) => {
        // Another fetch inserted the same activity first; which one is found out below.
        if (isDuplicateKey(error)) return 0
        throw error
      })
    if (applied === operations.length) return new Set()
    const { creates, updates, unchanged } = decision
    const expected = [...creates, ...updates, ...unchanged].map(({ workout }) => idOf(workout))
    // Tickets are unique within a link: whatever carries this one was written by this call.
    const written = new Set(
      (await readStored(linkId, expected)).filter((stored) => stored.appliedTicket === decision.ticket).map(idOf),
    )
    return new Set(expected.filter((id) => !written.has(id)))
  }

  return {
    apply: async ({ linkId, activities, decide }) => {
      const tally: PageTally = { created: 0, updated: 0, unchanged: 0, stale: 0 }
      let open = activities
      for (let round = 0; round < maxRounds; round += 1) {
        const decision = decide(open, await readStored(linkId, open.map(idOf)))
        const conflicts = await write(linkId, decision)
        const settled = ({ workout }: { workout: StoredWorkout }) => !conflicts.has(idOf(workout))
        tally.created += decision.creates.filter(settled).length
        tally.updated += decision.updates.filter(settled).length
        tally.unchanged += decision.unchanged.filter(settled).length
        tally.stale += decision.stale.length
        if (conflicts.size === 0) return tally
        open = open.filter((activity) => conflicts.has(idOf(activity)))
      }
      throw new TransientError(`workouts kept changing under a page: ${open.length} could not be settled`)
    },
  }
}
