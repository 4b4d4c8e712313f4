import { type EventData, type Lane, lanes, type OutboxEvent } from '@slipstream/contracts'
import { newEvent } from '@slipstream/messaging'
import { type Collections, isDuplicateKey } from '@slipstream/persistence'
import type { RunRequest, ScheduleRow } from '@slipstream/records'
import type { Clock, NewId } from '@slipstream/runtime'
import type { ScheduleStore } from '../domain/ports.ts'
import type { Schedule, ScheduleChange } from '../domain/schedule.ts'

const eventDataOf = (schedule: Schedule, request: RunRequest): EventData<'sync.requested'> => ({
  athleteId: schedule._id,
  linkId: schedule.linkId,
  runId: request.runId,
  lane: request.lane,
  cause: request.cause,
  window: { after: request.window.after.toISOString(), before: request.window.before.toISOString() },
  requestedVersion: schedule.requestedVersion,
  requestedAt: request.requestedAt.toISOString(),
})

/** Every row is written as a whole and only over the state it was decided on, so replicas may work side by side. */
export const createScheduleStore = (options: {
  collections: Pick<Collections<'scheduler'>, 'schedules'>
  clock: Clock
  newId: NewId
}): ScheduleStore => {
  const { clock, newId } = options
  const { schedules } = options.collections
  const withoutOutbox = { outbox: 0 } as const

  const eventsOf = ({ schedule, asks }: ScheduleChange): OutboxEvent[] =>
    asks && schedule.request
      ? [newEvent('sync.requested', eventDataOf(schedule, schedule.request), { id: newId('evt'), now: clock.now() })]
      : []

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
    async *openSince(publishedBefore, batchSize) {
      let batch: Schedule[] = []
      const rows = schedules
        .find({ publishedAt: { $lt: publishedBefore } }, withoutOutbox)
        .sort({ publishedAt: 1 })
        .lean<Schedule[]>()
        .cursor({ batchSize })
      for await (const row of rows) {
        batch.push(row as Schedule)
        if (batch.length < batchSize) continue
        yield batch
        batch = []
      }
      if (batch.length > 0) yield batch
    },

    withoutLink: () =>
      schedules.aggregate<Schedule>([
        {
          $lookup: {
            from: 'links',
            localField: 'linkId',
            foreignField: '_id',
            pipeline: [{ $project: { _id: 1 } }],
            as: 'link',
          },
        },
        { $match: { link: [] } },
        { $project: { link: 0, outbox: 0 } },
      ]),

    save: async (previous, change) => {
      const events = eventsOf(change)
      if (!previous) return insert({ ...change.schedule, outbox: events })
      const { _id, linkId, requestedVersion, completedVersion, manualRunId, publishedAt, nextDueAt } = previous
      const { matchedCount } = await schedules.updateOne(
        { _id, linkId, requestedVersion, completedVersion, manualRunId, publishedAt, nextDueAt },
        { $set: change.schedule, $push: { outbox: { $each: events } } },
      )
      return matchedCount === 1
    },

    remove: async (athleteId, linkId) => {
      const { deletedCount } = await schedules.deleteOne({ _id: athleteId, linkId })
      return deletedCount === 1
    },

    backlog: async () => {
      const found = await schedules.aggregate<{ _id: Lane; rows: number }>([
        { $match: { publishedAt: { $gt: new Date(0) } } },
        { $group: { _id: '$request.lane', rows: { $sum: 1 } } },
      ])
      const counted = new Map(found.map(({ _id, rows }) => [_id, rows]))
      return new Map(lanes.map((lane) => [lane, counted.get(lane) ?? 0]))
    },
  }
}
