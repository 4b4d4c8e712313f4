import { newEvent } from '@slipstream/messaging'
import { type Collections, isDuplicateKey } from '@slipstream/persistence'
import type { DeliveryLog, ErasureRow } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import type { Erasure, GrantReader, OpenReceipt, WorkoutStore } from '../domain/ports.ts'
import { unreadableLettersOf } from './unreadable-keeper.ts'

const batchSize = 500
/** Far more than a link has; whatever is left then is the next turn's. */
const maxSteps = 2_000

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

/** When to look again for what a worker wrote that had a page in hand, or was paused, when its link went away. */
const lookAgainAfterMs = [minuteMs, 10 * minuteMs, 25 * 60 * minuteMs]

type Erasing = Omit<ErasureRow, 'outbox'>

const stillMore = () => new Error(`there is still more to erase after ${maxSteps} steps`)

export interface ErasureOptions {
  collections: Pick<
    Collections<'ingestion'>,
    'erasures' | 'workouts' | 'tombstones' | 'syncRuns' | 'fetchTickets' | 'deadLetters'
  >
  deliveries: Pick<DeliveryLog, 'deleteLettersOf'>
  workouts: Pick<WorkoutStore, 'expireUpTo'>
  grants: GrantReader
  clock: Clock
  /** What can be replayed. */
  events: {
    /** The sequence of the last one so far. */
    end(): Promise<number>
    /** How many `purge` would take out. */
    count(athleteId: string, upTo: number): Promise<number>
    /** Takes out what was told of an athlete up to this sequence. @returns how many */
    purge(athleteId: string, upTo: number): Promise<number>
  }
}

/** The erasure of links, and of what came under dead grants, in MongoDB; how documents are counted is told with `ErasureRow`. */
export const createErasure = (options: ErasureOptions): Erasure => {
  const { collections, deliveries, grants, clock, events } = options
  const { erasures, workouts, tombstones, syncRuns, fetchTickets, deadLetters } = collections
  const withoutOutbox = { outbox: 0 } as const

  const removeRuns = (ids: string[]) => syncRuns.deleteMany({ _id: { $in: ids } })

  /** Runs first: a worker that still holds one loses it with the document and commits nothing more. */
  const ofLink = [
    {
      from: 'sync_runs',
      find: ({ linkId }: Erasing) => syncRuns.find({ linkId }, { _id: 1 }).limit(batchSize).lean(),
      remove: removeRuns,
    },
    {
      from: 'workouts',
      find: ({ linkId }: Erasing) => workouts.find({ linkId }, { _id: 1 }).limit(batchSize).lean(),
      remove: (ids: string[]) => workouts.deleteMany({ _id: { $in: ids } }),
    },
    {
      from: 'tombstones',
      find: ({ linkId }: Erasing) => tombstones.find({ linkId }, { _id: 1 }).limit(batchSize).lean(),
      remove: (ids: string[]) => tombstones.deleteMany({ _id: { $in: ids } }),
    },
  ]

  /**
   * Of a dead grant, beside its workouts: the runs that it did. It has done none for days, so that a run of the last day is of
   * a grant that came back, however far clocks are off, or says that this one is dead.
   */
  const ofDeadGrant = [
    {
      from: 'sync_runs',
      find: async ({ athleteId, linkId, requestedAt, upToTicket }: Erasing) =>
        upToTicket === 0
          ? []
          : await syncRuns
              .find(
                { athleteId, linkId, state: 'finished', finishedAt: { $lt: new Date(requestedAt.getTime() - dayMs) } },
                { _id: 1 },
              )
              .limit(batchSize)
              .lean(),
      remove: removeRuns,
    },
  ]

  const isOfDeadGrant = ({ upToTicket }: Pick<ErasureRow, 'upToTicket'>) => upToTicket !== undefined
  const countedOf = (row: Pick<ErasureRow, 'upToTicket'>) => (isOfDeadGrant(row) ? ofDeadGrant : ofLink)
  const nothingOf = (row: Pick<ErasureRow, 'upToTicket'>): Record<string, number> => ({
    ...Object.fromEntries(countedOf(row).map(({ from }) => [from, 0])),
    ...(isOfDeadGrant(row) ? { workouts: 0 } : { events: 0 }),
  })

  const read = (receiptId: string) => erasures.findById(receiptId, withoutOutbox).lean<Erasing>().orFail()

  /**
   * Up to which ticket there is nothing of a grant that came back. The ticket is read first: while the grant is as dead as the
   * receipt says, whoever fetches under one that comes back takes a later one.
   */
  const scopeOf = async ({ linkId, grantDiedAt }: OpenReceipt): Promise<Pick<ErasureRow, 'upToTicket'>> => {
    if (!grantDiedAt) return {}
    const last = await fetchTickets.findById(linkId).lean()
    const diedAt = await grants.diedAt(linkId)
    return { upToTicket: diedAt?.getTime() === grantDiedAt.getTime() ? (last?.lastTicket ?? 0) : 0 }
  }

  const insertOrRead = (
    { receiptId, athleteId, linkId, requestedAt }: OpenReceipt,
    scope: Pick<ErasureRow, 'upToTicket'>,
  ) =>
    erasures
      .findOneAndUpdate(
        { _id: receiptId },
        {
          $setOnInsert: {
            ...{ athleteId, linkId, requestedAt, ...scope },
            deleted: nothingOf(scope),
            deleting: null,
            step: 0,
            attempts: 0,
            nextTryAt: null,
            erasedAt: null,
            lookAgainAt: null,
            outbox: [],
          },
        },
        { upsert: true, returnDocument: 'after', projection: withoutOutbox },
      )
      .lean<Erasing>()
      .orFail()

  const open = async (receipt: OpenReceipt): Promise<Erasing> => {
    const scope = await scopeOf(receipt)
    try {
      return await insertOrRead(receipt, scope)
    } catch (error) {
      if (isDuplicateKey(error)) return await insertOrRead(receipt, scope)
      throw error
    }
  }

  /** The row as it is afterwards, whoever wrote it. */
  const write = async ({ _id, step }: Erasing, update: object): Promise<Erasing> => {
    const written = await erasures
      .findOneAndUpdate({ _id, step }, { ...update }, { returnDocument: 'after', projection: withoutOutbox })
      .lean<Erasing>()
    return written ?? (await read(_id))
  }

  const nameNext = async (row: Erasing): Promise<Erasing | null> => {
    for (const { from, find } of countedOf(row)) {
      const ids = (await find(row)).map(({ _id }) => _id)
      if (ids.length > 0) return await write(row, { $set: { deleting: { from, ids } }, $inc: { step: 1 } })
    }
    return null
  }

  const deleteNamed = async (row: Erasing, { from, ids }: NonNullable<Erasing['deleting']>): Promise<Erasing> => {
    await countedOf(row)
      .find((one) => one.from === from)
      ?.remove(ids)
    return await write(row, { $set: { deleting: null }, $inc: { step: 1, [`deleted.${from}`]: ids.length } })
  }

  const erasedEvent = ({ _id: receiptId, athleteId, linkId, deleted }: Erasing, now: Date) =>
    newEvent(
      'athlete.erased',
      { athleteId, linkId, receiptId, deleted, erasedAt: now.toISOString() },
      { id: `${receiptId}.erased`, now },
    )

  /**
   * The end is read before the note: a run of a later link that has noted nothing by then tells what it has to tell behind
   * that end. So whoever is paused here, for however long, takes nothing of its.
   * Counted is what there was before the first purge, by whoever came first: neither a crash in it nor another process changes
   * that. More than was found is what came in between.
   * @returns the row as it is afterwards
   */
  const purgeEvents = async ({ _id, athleteId }: Erasing): Promise<Erasing> => {
    const end = await events.end()
    const { purgeUpTo = end, erasedAt, eventsFound } = await read(_id)
    // A note behind the end is of a stream that has been lost since, with all that was in it.
    const upTo = purgeUpTo > end ? 0 : purgeUpTo
    if (!erasedAt && eventsFound === undefined) {
      const found = await events.count(athleteId, upTo)
      await erasures.updateOne({ _id, eventsFound: { $exists: false } }, { $set: { eventsFound: found } })
    }
    const purged = await events.purge(athleteId, upTo)
    const counted = erasedAt
      ? { $add: ['$deleted.events', purged] }
      : { $max: ['$deleted.events', '$eventsFound', purged] }
    return await erasures
      .findOneAndUpdate({ _id }, [{ $set: { 'deleted.events': counted } }], {
        ...{ updatePipeline: true, returnDocument: 'after' as const, projection: withoutOutbox },
      })
      .lean<Erasing>()
      .orFail()
  }

  const end = async (row: Erasing, changes: Partial<Erasing>): Promise<Erasing> => {
    const now = clock.now()
    const erasedAt = row.erasedAt ?? now
    const event = row.erasedAt ? [] : [erasedEvent({ ...row, ...changes }, now)]
    return await write(row, {
      $set: { ...changes, erasedAt, attempts: 0, nextTryAt: null },
      $inc: { step: 1 },
      $push: { outbox: { $each: event } },
    })
  }

  const finishLink = async (erased: Erasing): Promise<Erasing> => {
    const row = await purgeEvents(erased)
    const { athleteId, linkId, requestedAt } = row
    await fetchTickets.deleteOne({ _id: linkId })
    await deliveries.deleteLettersOf({ athleteId, linkId, until: requestedAt })
    await deadLetters.deleteMany(unreadableLettersOf(linkId))
    const now = clock.now()
    const endedAt = row.erasedAt ?? now
    const lookAgainAt =
      lookAgainAfterMs.map((afterMs) => new Date(endedAt.getTime() + afterMs)).find((time) => time > now) ?? null
    return await end(row, { lookAgainAt })
  }

  /**
   * Most workouts have gone since the grant died, each when it had been kept for as long as it may be: those are counted, too.
   * What was told of them is left in `EVENTS`: what holds data of theirs is older than what that keeps.
   */
  const finishDeadGrant = async (row: Erasing, grantDiedAt: Date): Promise<Erasing> => {
    const { athleteId, linkId, requestedAt, upToTicket = 0 } = row
    const gone = await tombstones.countDocuments({ linkId, reason: 'expired', deletedAt: { $gte: grantDiedAt } })
    // A grant that came back to life keeps everything.
    if (upToTicket > 0) await deadLetters.deleteMany({ athleteId, createdAt: { $lt: requestedAt } })
    return await end(row, { deleted: { ...row.deleted, workouts: gone } })
  }

  const expireWorkouts = async ({ linkId, upToTicket = 0 }: Erasing): Promise<void> => {
    const which = { linkId, ticket: upToTicket }
    for (let step = 0; step < maxSteps; step += 1) {
      if ((await options.workouts.expireUpTo(which, batchSize)) === 0) return
    }
    throw stillMore()
  }

  return {
    erase: async (receipt) => {
      let row = await open(receipt)
      const { grantDiedAt } = receipt
      if (grantDiedAt && row.erasedAt) return row.deleted
      if (isOfDeadGrant(row)) await expireWorkouts(row)
      for (let step = 0; step < maxSteps; step += 1) {
        const next = row.deleting ? await deleteNamed(row, row.deleting) : await nameNext(row)
        row = next ?? (grantDiedAt ? await finishDeadGrant(row, grantDiedAt) : await finishLink(row))
        if (next === null && row.erasedAt) return row.deleted
      }
      throw stillMore()
    },

    states: async (receiptIds) => {
      const found = await erasures.find({ _id: { $in: receiptIds } }, { erasedAt: 1, nextTryAt: 1, attempts: 1 }).lean()
      return new Map(found.map(({ _id, erasedAt, nextTryAt, attempts }) => [_id, { erasedAt, nextTryAt, attempts }]))
    },

    toLookAt: async (now, limit) => {
      const found = await erasures
        .find({ lookAgainAt: { $lte: now } }, { athleteId: 1, linkId: 1, requestedAt: 1, attempts: 1 })
        .sort({ lookAgainAt: 1 })
        .limit(limit)
        .lean()
      return found.map(({ _id: receiptId, attempts, athleteId, linkId, requestedAt }) => ({
        link: { receiptId, athleteId, linkId, requestedAt },
        attempts,
      }))
    },

    letGo: async ({ athleteId, linkId }) => {
      const looking = { athleteId, linkId: { $ne: linkId }, lookAgainAt: { $ne: null }, purgeUpTo: { $exists: false } }
      if (!(await erasures.exists(looking))) return
      await erasures.updateMany(looking, { $set: { purgeUpTo: await events.end() } })
    },

    hurry: async (athleteId) => {
      const now = clock.now()
      await erasures.updateMany({ athleteId, erasedAt: null, nextTryAt: { $gt: now } }, { $set: { nextTryAt: now } })
    },

    postpone: async (receiptId, attempts, until) => {
      await erasures.updateOne(
        { _id: receiptId },
        [{ $set: { attempts, nextTryAt: until, lookAgainAt: { $cond: ['$erasedAt', until, null] } } }],
        { updatePipeline: true },
      )
    },
  }
}
