import { newEvent } from '@slipstream/messaging'
import { type Collections, isDuplicateKey } from '@slipstream/persistence'
import type { DeliveryLog, ErasureRow } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import type { EndedLink, Erasure } from '../domain/ports.ts'
import { unreadableLettersOf } from './unreadable-keeper.ts'

const batchSize = 500
/** Far more than a link has; whatever is left then is the next turn's. */
const maxSteps = 2_000

const minuteMs = 60_000

/** When to look again for what a worker wrote that had a page in hand, or was paused, when its link went away. */
const lookAgainAfterMs = [minuteMs, 10 * minuteMs, 25 * 60 * minuteMs]

type Erasing = Omit<ErasureRow, 'outbox'>

export interface ErasureOptions {
  collections: Pick<
    Collections<'ingestion'>,
    'erasures' | 'workouts' | 'tombstones' | 'syncRuns' | 'fetchTickets' | 'deadLetters' | 'links'
  >
  deliveries: Pick<DeliveryLog, 'deleteLettersOf'>
  clock: Clock
  /** Takes the athlete's activities out of what can be replayed. @returns how many events */
  purge(athleteId: string): Promise<number>
}

/** The erasure of links in MongoDB; how documents are counted is told with `ErasureRow`. */
export const createErasure = ({ collections, deliveries, clock, purge }: ErasureOptions): Erasure => {
  const { erasures, workouts, tombstones, syncRuns, fetchTickets, deadLetters, links } = collections
  const withoutOutbox = { outbox: 0 } as const

  /** Runs first: a worker that still holds one loses it with the document and commits nothing more. */
  const counted = [
    {
      from: 'sync_runs',
      find: (linkId: string) => syncRuns.find({ linkId }, { _id: 1 }).limit(batchSize).lean(),
      remove: (ids: string[]) => syncRuns.deleteMany({ _id: { $in: ids } }),
    },
    {
      from: 'workouts',
      find: (linkId: string) => workouts.find({ linkId }, { _id: 1 }).limit(batchSize).lean(),
      remove: (ids: string[]) => workouts.deleteMany({ _id: { $in: ids } }),
    },
    {
      from: 'tombstones',
      find: (linkId: string) => tombstones.find({ linkId }, { _id: 1 }).limit(batchSize).lean(),
      remove: (ids: string[]) => tombstones.deleteMany({ _id: { $in: ids } }),
    },
  ]

  const read = (receiptId: string) => erasures.findById(receiptId, withoutOutbox).lean<Erasing>().orFail()

  const insertOrRead = ({ receiptId, ...link }: EndedLink) =>
    erasures
      .findOneAndUpdate(
        { _id: receiptId },
        {
          $setOnInsert: {
            ...link,
            deleted: { ...Object.fromEntries(counted.map(({ from }) => [from, 0])), events: 0 },
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

  const open = async (link: EndedLink): Promise<Erasing> => {
    try {
      return await insertOrRead(link)
    } catch (error) {
      if (isDuplicateKey(error)) return await insertOrRead(link)
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
    for (const { from, find } of counted) {
      const ids = (await find(row.linkId)).map(({ _id }) => _id)
      if (ids.length > 0) return await write(row, { $set: { deleting: { from, ids } }, $inc: { step: 1 } })
    }
    return null
  }

  const deleteNamed = async (row: Erasing, { from, ids }: NonNullable<Erasing['deleting']>): Promise<Erasing> => {
    await counted.find((one) => one.from === from)?.remove(ids)
    return await write(row, { $set: { deleting: null }, $inc: { step: 1, [`deleted.${from}`]: ids.length } })
  }

  const erasedEvent = ({ _id: receiptId, athleteId, linkId, deleted }: Erasing, now: Date) =>
    newEvent(
      'athlete.erased',
      { athleteId, linkId, receiptId, deleted, erasedAt: now.toISOString() },
      { id: `${receiptId}.erased`, now },
    )

  /**
   * The first run of a later link waits until this is done, so nothing of that link is there yet. Afterwards what is there may
   * be its, and stays.
   */
  const purgeEvents = async ({ _id, athleteId, erasedAt }: Erasing): Promise<void> => {
    if (erasedAt && (await links.exists({ athleteId }))) return
    const events = await purge(athleteId)
    if (events > 0) await erasures.updateOne({ _id }, { $inc: { 'deleted.events': events } })
  }

  const finish = async (erased: Erasing): Promise<Erasing> => {
    await purgeEvents(erased)
    const row = { ...erased, deleted: (await read(erased._id)).deleted }
    const { athleteId, linkId, requestedAt, erasedAt } = row
    await fetchTickets.deleteOne({ _id: linkId })
    await deliveries.deleteLettersOf({ athleteId, linkId, until: requestedAt })
    await deadLetters.deleteMany(unreadableLettersOf(linkId))
    const now = clock.now()
    const endedAt = erasedAt ?? now
    const lookAgainAt =
      lookAgainAfterMs.map((afterMs) => new Date(endedAt.getTime() + afterMs)).find((time) => time > now) ?? null
    const end = { erasedAt: endedAt, lookAgainAt, attempts: 0, nextTryAt: null }
    const event = erasedAt ? [] : [erasedEvent(row, now)]
    return await write(row, { $set: end, $inc: { step: 1 }, $push: { outbox: { $each: event } } })
  }

  return {
    erase: async (link) => {
      let row = await open(link)
      for (let step = 0; step < maxSteps; step += 1) {
        const next = row.deleting ? await deleteNamed(row, row.deleting) : await nameNext(row)
        row = next ?? (await finish(row))
        if (next === null && row.erasedAt) return row.deleted
      }
      throw new Error(`there is still more to erase after ${maxSteps} steps`)
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

    postpone: async (receiptId, attempts, until) => {
      await erasures.updateOne(
        { _id: receiptId },
        [{ $set: { attempts, nextTryAt: until, lookAgainAt: { $cond: ['$erasedAt', until, null] } } }],
        { updatePipeline: true },
      )
    },
  }
}
