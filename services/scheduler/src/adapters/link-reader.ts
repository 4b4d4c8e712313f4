import { storedLinkStatuses } from '@slipstream/contracts'
import { behindPlace, type Collections } from '@slipstream/persistence'
import { activeSinceOf, type LinkRow } from '@slipstream/records'
import type { LinkReader } from '../domain/ports.ts'
import type { Link } from '../domain/schedule.ts'

type LinkFields = Pick<LinkRow, '_id' | 'athleteId' | 'status' | 'statusSince' | 'linkedAt' | 'manualSync'>

const passiveStatuses = storedLinkStatuses.filter((status) => status !== 'active')

const fields = { athleteId: 1, status: 1, statusSince: 1, linkedAt: 1, manualSync: 1 } as const

const toLink = (found: LinkFields): Link => ({
  linkId: found._id,
  athleteId: found.athleteId,
  status: found.status,
  statusSince: found.statusSince,
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

  // All are known without counting, and those that take no turn are few.
  countActive: async () => {
    const [all, passive] = await Promise.all([
      links.estimatedDocumentCount(),
      links.countDocuments({ status: { $in: passiveStatuses } }),
    ])
    return Math.max(0, all - passive)
  },

  changed: {
    behind: async (place, limit) => {
      const { filter, sort } = behindPlace('statusSince', place)
      const found = await links.find(filter, fields).sort(sort).limit(limit).lean<LinkFields[]>()
      return found.map(toLink)
    },
    placeOf: ({ linkId, statusSince }) => ({ time: statusSince, id: linkId }),
  },

  asked: {
    behind: async (place, limit) => {
      const { filter, sort } = behindPlace('manualSync.requestedAt', place)
      const found = await links.find(filter, fields).sort(sort).limit(limit).lean<LinkFields[]>()
      return found.map(toLink)
    },
    placeOf: ({ linkId, statusSince, manualSync }) => ({ time: manualSync?.requestedAt ?? statusSince, id: linkId }),
  },
})
