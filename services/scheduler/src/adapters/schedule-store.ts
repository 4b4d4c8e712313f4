import { type EventData, type Lane, lanes, type OutboxEvent } from '@slipstream/contracts'
import { newEvent } from '@slipstream/messaging'
import { type Collections, isDuplicateKey } from '@slipstream/persistence'
import { type ScheduleRow, type Want, wantsOf, windowAt } from '@slipstream/records'
import type { Clock, NewId } from '@slipstream/runtime'
import type { ScheduleStore } from '../domain/ports.ts'
import type { Schedule, ScheduleChange } from '../domain/schedule.ts'

/** What a wake-up tells: the work itself stands in the row, and its window is set when the run makes its first call. */
const eventDataOf = (schedule: Schedule, lane: Lane, want: Want, now: Date): EventData<'sync.requested'> => {
  const { after, before } = windowAt(now, want.windowDays)
  return {
    athleteId: schedule._id,
    linkId: schedule.linkId,
    runId: want.runId,
    lane,
    cause: want.cause,
    window: { after: after.toISOString(), before: before.toISOString() },
    activityIds: want.activities?.map(({ stravaActivityId }) => stravaActivityId) ?? [],
    requestedVersion: schedule.requestedVersion,
    laneVersion: want.asked,
    requestedAt: want.requestedAt.toISOString(),
  }
}

/** More rows than this are not counted: by then the number says enough. */
const countLimit = 10_000

/** Every row is written as a whole and only over the state it was decided on, so replicas may work side by side. */
export const createScheduleStore = (options: {
  collections: Pick<Collections<'scheduler'>, 'schedules'>
  clock: Clock
  newId: NewId
}): ScheduleStore => {
  const { clock, newId } = options
  const { schedules } = options.collections
  const withoutOutbox = { outbox: 0 } as const

  const eventsOf = ({ schedule, asks }: ScheduleChange): OutboxEvent[] => {
    const now = clock.now()
    const wants = wantsOf(schedule)
    return asks.flatMap((lane) => {
      const want = wants[lane]
      return want ? [newEvent('sync.requested', eventDataOf(schedule, lane, want, now), { id: newId('evt'), now })] : []
    })
  }

  const insert = async (document: ScheduleRow): Promise<boolean> => {
    try {
      await schedules.create(document)
      return true
    } catch (error) {
      if (isDuplicateKey(error)) return false
      throw error
    }
  }

  return {
    find: (athleteId) => schedules.findById(athleteId, withoutOutbox).lean<Schedule>().exec(),

    due: (now, limit) =>
      schedules
        .find({ nextDueAt: { $lte: now } }, withoutOutbox)
        .sort({ nextDueAt: 1 })
        .limit(limit)
        .lean<Schedule[]>()
        .exec(),

    // A comparison with a date passes over null, so the index on `publishedAt` leads to the open rows alone.
    openSince: (publishedBefore, limit) =>
      schedules
        .find({ publishedAt: { $lt: publishedBefore } }, withoutOutbox)
        .sort({ publishedAt: 1 })
        .limit(limit)
        .lean<Schedule[]>()
        .exec(),

    save: async (previous, change) => {
      const events = eventsOf(change)
      const next = { ...change.schedule, revision: (previous?.revision ?? 0) + 1 }
      if (!previous) return insert({ ...next, outbox: events })
      // Release 0.1 knows no revision, and changes one of the other fields with every write.
      const { _id, linkId, requestedVersion, completedVersion, manualRunId, publishedAt, nextDueAt } = previous
      const { matchedCount } = await schedules.updateOne(
        {
          ...{ _id, linkId, requestedVersion, completedVersion, manualRunId, publishedAt, nextDueAt },
          revision: previous.revision ?? null,
        },
        { $set: next, $push: { outbox: { $each: events } } },
      )
      return matchedCount === 1
    },

    remove: async (athleteId, linkId) => {
      const { deletedCount } = await schedules.deleteOne({ _id: athleteId, linkId })
      return deletedCount === 1
    },

    countIncomplete: async (since) => {
      const [never, long] = await Promise.all([
        schedules.countDocuments({ completeUpTo: null }, { limit: countLimit }),
        schedules.countDocuments({ completeUpTo: { $lt: since } }, { limit: countLimit }),
      ])
      return never + long
    },

    count: () => schedules.estimatedDocumentCount().exec(),

    backlog: async () => {
      const found = await schedules.aggregate<{ _id: Lane; athletes: number; oldestAt: Date }>([
        { $match: { publishedAt: { $gt: new Date(0) } } },
        { $limit: countLimit },
        { $project: { want: { $objectToArray: '$wants' } } },
        { $unwind: '$want' },
        { $match: { $expr: { $gt: ['$want.v.asked', '$want.v.answered'] } } },
        { $group: { _id: '$want.k', athletes: { $sum: 1 }, oldestAt: { $min: '$want.v.requestedAt' } } },
      ])
      const counted = new Map(found.map(({ _id, ...open }) => [_id, open]))
      return new Map(lanes.map((lane) => [lane, counted.get(lane) ?? { athletes: 0, oldestAt: null }]))
    },
  }
}
