import type { DeletionReason } from '@slipstream/contracts'
import { newEvent, TransientError } from '@slipstream/messaging'
import { type Collections, duplicatesIn, fullLists, isDuplicateKey, writePage } from '@slipstream/persistence'
import type { StoredWorkout, Tombstone } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import { type PageDecision, type RefreshEvent, tellableOf, type WorkoutEvent } from '../domain/decide-page.ts'
import { inTurn, laterTry, rowFailureOf } from '../domain/later-try.ts'
import { fullPage } from '../domain/list-cursor.ts'
import type { PageTally, RowFailure, SweptRows, WorkoutStore } from '../domain/ports.ts'

/** Two lanes of one link may list the same workouts at the same time; a second round is rare all the same. */
const maxRounds = 5
/** More than that is not missing: the list is not to be trusted. */
const mostUnlisted = 1_000
const tombstonesKeptMs = 30 * 24 * 60 * 60_000

const idOf = (workout: { stravaActivityId: string }) => workout.stravaActivityId

type Decided = StoredWorkout & Required<Pick<StoredWorkout, 'deletion'>>

/**
 * Workouts in MongoDB. A workout and the event that tells of it are one write to one document. Each write names the
 * version it was decided on and applies only over an older fetch; what others changed meanwhile is read and decided anew.
 *
 * A removal is decided in the workout's own document, where every other write meets it: version and ticket rise and
 * `deletion` is set. Then a tombstone with the event takes its place. A crash in between is made good by `endRemovals`. Only a
 * workout that is just being created has no document yet: whoever creates one looks for a tombstone afterwards.
 */
export const createWorkoutStore = (
  { workouts, tombstones, syncRuns }: Pick<Collections<'ingestion'>, 'workouts' | 'tombstones' | 'syncRuns'>,
  clock: Clock,
): WorkoutStore => {
  const withoutOutbox = { outbox: 0 } as const

  const readStored = (linkId: string, activityIds: string[]): Promise<StoredWorkout[]> =>
    workouts.find({ linkId, source: 'strava', stravaActivityId: { $in: activityIds } }, withoutOutbox).lean()

  /** In this order: a tombstone is there before its workout goes. */
  const readKnown = async (linkId: string, activityIds: string[]) => {
    const stored = await readStored(linkId, activityIds)
    const missing = activityIds.filter((id) => !stored.some((workout) => idOf(workout) === id))
    const left: Tombstone[] =
      missing.length === 0
        ? []
        : await tombstones
            .find({ linkId, source: 'strava', stravaActivityId: { $in: missing } }, withoutOutbox)
            .lean<Tombstone[]>()
    return { stored, tombstones: left }
  }

  const toOutbox = ({ id, type, data }: WorkoutEvent | RefreshEvent) => newEvent(type, data, { id, now: clock.now() })

  const operationsOf = ({ ticket, fetchedAt, creates, revivals, updates, unchanged }: PageDecision) => {
    const olderFetch = { appliedTicket: { $lt: ticket } }
    return [
      ...creates.map(({ workout, event }) => ({
        insertOne: { document: { ...workout, outbox: [toOutbox(event)] } },
      })),
      ...[...revivals, ...updates].map(({ workout: { _id, ...fields }, event, previousVersion }) => ({
        updateOne: {
          filter: { _id, version: previousVersion, ...olderFetch },
          update: {
            $set: fields,
            $unset: { deletion: true, doubtedBy: true } as const,
            $push: { outbox: toOutbox(event) },
          },
        },
      })),
      ...unchanged.map(({ workout: { _id, version }, filledIn, refreshed }) => ({
        updateOne: {
          filter: { _id, version, ...olderFetch },
          update: {
            $set: {
              ...filledIn,
              appliedTicket: ticket,
              fetchedAt,
              ...(refreshed && { toldUntil: refreshed.toldUntil }),
            },
            $unset: { doubtedBy: true } as const,
            ...(refreshed && { $push: { outbox: toOutbox(refreshed.event) } }),
          },
        },
      })),
    ]
  }

  /** Ids of the activities whose write did not apply. */
  const write = async (linkId: string, decision: PageDecision): Promise<Set<string>> => {
    const operations = operationsOf(decision)
    if (operations.length === 0) return new Set()
    const applied = await writePage(workouts, operations)
      .then(({ insertedCount, matchedCount }) => insertedCount + matchedCount)
      .catch((error: unknown) => {
        // Another fetch inserted the same activities first, and nothing else went wrong; which ones is found out below.
        if (duplicatesIn(error)) return 0
        throw error
      })
    if (applied === operations.length) return new Set()
    const { creates, revivals, updates, unchanged } = decision
    const expected = [...creates, ...revivals, ...updates, ...unchanged].map(({ workout }) => idOf(workout))
    // Tickets are unique within a link: whatever carries this one was written by this call.
    const written = new Set(
      (await readStored(linkId, expected)).filter((stored) => stored.appliedTicket === decision.ticket).map(idOf),
    )
    return new Set(expected.filter((id) => !written.has(id)))
  }

  /** The second half of a removal; may be done again, also at the same time. */
  const bury = async ({ _id, athleteId, linkId, stravaActivityId, deletion, ...workout }: Decided): Promise<void> => {
    const { version, appliedTicket } = workout
    const { reason, at } = deletion
    const data = { athleteId, workoutId: _id, stravaActivityId, version, reason }
    const event = newEvent('activity.deleted', data, { id: `${_id}.${version}`, now: at })
    const ofActivity = { linkId, source: 'strava', stravaActivityId } as const
    const tombstone = {
      ...{ athleteId, ...ofActivity, version, appliedTicket, reason },
      ...{ deletedAt: at, deleteAt: new Date(at.getTime() + tombstonesKeptMs) },
    }
    try {
      // An earlier one makes way.
      const over = { _id, version: { $lt: version } }
      await tombstones.updateOne(over, { $set: tombstone, $push: { outbox: event } }, { upsert: true })
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
      // It is there already, and may have told its event; or the activity has that of another workout, which then tells this too.
      await tombstones.updateOne(
        { ...ofActivity, _id: { $ne: _id } },
        { $push: { outbox: event }, $max: { appliedTicket } },
      )
    }
    await workouts.deleteOne({ _id, version, 'deletion.at': at })
  }

  /** Each by itself: what cannot be buried is left to the sweep over removals, ever later. */
  const buryAll = async (decided: readonly Decided[]): Promise<SweptRows> => {
    const { results, failures } = await inTurn(decided, bury)
    for (const { row } of failures) {
      const again = laterTry(row.deletion.failures, clock.now())
      await workouts.updateOne(
        { _id: row._id, 'deletion.at': row.deletion.at },
        { $set: { 'deletion.failures': again.failures, 'deletion.nextTryAt': again.nextTryAt } },
      )
    }
    return { done: results.length, failures: failures.map(rowFailureOf) }
  }

  /** Of each link the last run that has listed its whole window: what was not fetched by it may have left that. */
  const lastListsOf = async (found: readonly Pick<StoredWorkout, 'athleteId' | 'linkId'>[]) => {
    const athleteIds = new Map(found.map(({ linkId, athleteId }) => [linkId, athleteId]))
    const lists = await Promise.all(
      [...athleteIds].map(async ([linkId, athleteId]) => {
        const last = await syncRuns
          .findOne({ athleteId, linkId, finishedAt: { $ne: null }, ...fullLists }, { startedAt: 1, window: 1 })
          .sort({ finishedAt: -1 })
          .lean()
        return [linkId, last] as const
      }),
    )
    return new Map(lists)
  }

  /** What is not as `still` says any more was fetched again meanwhile, and stays. */
  const expireThose = async (
    which: readonly { _id: string }[],
    still: object,
    { reason, changes = {} }: { reason: DeletionReason; changes?: Partial<StoredWorkout> },
  ): Promise<SweptRows> => {
    const those = { _id: { $in: which.map(({ _id }) => _id) }, ...still }
    const deletion = { reason, at: clock.now() }
    await workouts.updateMany(
      { ...those, deletion: { $exists: false } },
      { $set: { ...changes, deletion, outbox: [] }, $inc: { version: 1 } },
    )
    const decided = await workouts.find({ ...those, deletion: { $exists: true } }, withoutOutbox).lean<Decided[]>()
    return buryAll(decided)
  }

  const remove: WorkoutStore['remove'] = async ({ linkId, stravaActivityId, ticket, reason, now }) => {
    const decided = await workouts
      .findOneAndUpdate(
        { linkId, source: 'strava', stravaActivityId, appliedTicket: { $lt: ticket }, deletion: { $exists: false } },
        {
          // What it still had to tell is overtaken, and holds values that are to go.
          $set: { appliedTicket: ticket, deletion: { reason, at: now }, outbox: [] },
          $inc: { version: 1 },
        },
        { returnDocument: 'after', projection: withoutOutbox },
      )
      .lean<Decided>()
    if (!decided) return false
    await bury(decided)
    return true
  }

  /**
   * Others may have created and removed an activity between the reading of what is stored and the write that creates it: that met
   * nothing it could have collided with but the tombstone.
   */
  const takeBack = async (linkId: string, { creates, ticket }: PageDecision): Promise<void> => {
    if (creates.length === 0) return
    const ids = creates.map(({ workout }) => idOf(workout))
    const overtaking = await tombstones
      .find(
        { linkId, source: 'strava', stravaActivityId: { $in: ids }, appliedTicket: { $gt: ticket } },
        { stravaActivityId: 1, appliedTicket: 1, reason: 1 },
      )
      .lean<Pick<Tombstone, 'stravaActivityId' | 'appliedTicket' | 'reason'>[]>()
    for (const { stravaActivityId, appliedTicket, reason } of overtaking)
      await remove({ linkId, stravaActivityId, ticket: appliedTicket, reason, now: clock.now() })
  }

  return {
    apply: async ({ linkId, activities, decide }) => {
      const tally: PageTally = { created: 0, updated: 0, unchanged: 0, stale: 0 }
      const tellable: string[] = []
      let open = activities
      for (let round = 0; round < maxRounds; round += 1) {
        const decision = decide(open, await readKnown(linkId, open.map(idOf)))
        const conflicts = await write(linkId, decision)
        await takeBack(linkId, decision)
        const settled = ({ workout }: { workout: StoredWorkout }) => !conflicts.has(idOf(workout))
        tally.created += [...decision.creates, ...decision.revivals].filter(settled).length
        tally.updated += decision.updates.filter(settled).length
        tally.unchanged += decision.unchanged.filter(settled).length
        tally.stale += decision.stale.length
        tellable.push(...tellableOf(decision).filter((id) => !conflicts.has(id)))
        if (conflicts.size === 0) return { tally, tellable }
        open = open.filter((activity) => conflicts.has(idOf(activity)))
      }
      throw new TransientError(`workouts kept changing under a page: ${open.length} could not be settled`)
    },

    countSince: (linkId, since) =>
      workouts.countDocuments({ linkId, startedAt: { $gte: since } }, { limit: fullPage }).exec(),

    unlisted: async ({ linkId, since, firstTicket, except }) => {
      const inWindow = { linkId, startedAt: { $gte: since } }
      const found = await workouts
        .find(
          { ...inWindow, appliedTicket: { $lt: firstTicket }, stravaActivityId: { $nin: [...except] } },
          { stravaActivityId: 1 },
        )
        .sort({ appliedTicket: 1 })
        .limit(mostUnlisted)
        .lean()
      const storedInWindow = found.length === 0 ? 0 : await workouts.countDocuments(inWindow)
      return { activityIds: found.map(idOf), storedInWindow }
    },

    remove,

    oldestFetch: async () => {
      const oldest = await workouts.findOne({}, { fetchedAt: 1 }).sort({ fetchedAt: 1 }).lean()
      return oldest?.fetchedAt ?? null
    },

    expire: async (fetchedBefore, limit) => {
      // What was decided before is the sweep's over removals.
      const isOld = { fetchedAt: { $lt: fetchedBefore } }
      const isUndecided = { ...isOld, deletion: { $exists: false } }
      const fields = { athleteId: 1, linkId: 1, startedAt: 1, fetchedAt: 1 }
      const old = await workouts.find(isUndecided, fields).sort({ fetchedAt: 1 }).limit(limit).lean()
      const lists = await lastListsOf(old)
      const reasonFor = ({ linkId, startedAt, fetchedAt }: (typeof old)[number]): DeletionReason => {
        const list = lists.get(linkId)
        const hasLeft = list?.startedAt && list.startedAt > fetchedAt && startedAt < list.window.after
        return hasLeft ? 'outside_window' : 'expired'
      }
      const failures: RowFailure[] = []
      for (const reason of ['outside_window', 'expired'] as const) {
        const those = old.filter((workout) => reasonFor(workout) === reason)
        if (those.length > 0) failures.push(...(await expireThose(those, isOld, { reason })).failures)
      }
      return { done: old.length, failures }
    },

    expireUpTo: async ({ linkId, ticket }, limit) => {
      const isOld = { appliedTicket: { $lte: ticket } }
      const old = await workouts
        .find({ linkId, ...isOld }, { _id: 1 })
        .limit(limit)
        .lean()
      const changes = { appliedTicket: ticket }
      const { failures } = await expireThose(old, isOld, { reason: 'expired', changes })
      // An erasure is done when all of it is.
      if (failures[0]) throw failures[0].err
      return old.length
    },

    endRemovals: async (before, limit) => {
      const left = await workouts
        .find({ 'deletion.at': { $lt: before }, 'deletion.nextTryAt': { $not: { $gt: clock.now() } } }, withoutOutbox)
        .sort({ 'deletion.at': 1 })
        .limit(limit)
        .lean<Decided[]>()
      return buryAll(left)
    },

    doubt: async ({ linkId, stravaActivityId, runId }) => {
      const before = await workouts
        .findOneAndUpdate(
          { linkId, source: 'strava', stravaActivityId },
          [{ $set: { doubtedBy: { $ifNull: ['$doubtedBy', runId] } } }],
          { updatePipeline: true, returnDocument: 'before', projection: { doubtedBy: 1 } },
        )
        .lean()
      return before?.doubtedBy !== undefined && before.doubtedBy !== runId
    },
  }
}
