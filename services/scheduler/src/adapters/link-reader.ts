import type { Collections } from '@slipstream/persistence'
import { activeSinceOf, type LinkRow } from '@slipstream/records'
import type { LinkReader } from '../domain/ports.ts'
import type { Link } from '../domain/schedule.ts'

type LinkFields = Pick<LinkRow, '_id' | 'athleteId' | 'status' | 'statusSince' | 'linkedAt' | 'manualSync'>

const fields = { athleteId: 1, status: 1, statusSince: 1, linkedAt: 1, manualSync: 1 } as const

const toLink = (found: LinkFields): Link => ({
  linkId: found._id,
  athleteId: found.athleteId,
  status: found.status,
  activeSince: activeSinceOf(found),
  manualSync: found.manualSync,
})

export const createLinkReader = ({ links }: Pick<Collections<'scheduler'>, 'links'>): LinkReader => ({
  find: async (linkId) => {
    const found = await links.findById(linkId, fields).lean<LinkFields>()
    return found && toLink(found)
  },

  findMany: async (linkIds) => {
    const found = await links.find({ _id: { $in: linkIds } }, fields).lean<LinkFields[]>()
    return new Map(found.map((link) => [link._id, toLink(link)]))
  },

  neglected: async () => {
    const found = await links.aggregate<LinkFields>([
      { $match: { status: 'active' } },
      { $lookup: { from: 'schedules', localField: 'athleteId', foreignField: '_id', as: 'schedule' } },
      { $set: { schedule: { $first: '$schedule' } } },
      {
        $match: {
          $expr: {
            $or: [
              { $ne: ['$schedule.linkId', '$_id'] },
              { $lt: ['$schedule.request.requestedAt', { $max: ['$linkedAt', '$statusSince'] }] },
              {
                $and: [{ $gt: ['$manualSync.runId', null] }, { $ne: ['$manualSync.runId', '$schedule.manualRunId'] }],
              },
            ],
          },
        },
      },
      { $project: fields },
    ])
    return found.map(toLink)
  },
})
