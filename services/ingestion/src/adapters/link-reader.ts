import type { Collections } from '@slipstream/persistence'
import type { LinkReader } from '../domain/ports.ts'

export const createLinkReader = ({
  links,
  schedules,
}: Pick<Collections<'ingestion'>, 'links' | 'schedules'>): LinkReader => ({
  status: async (linkId) => {
    const link = await links.findById(linkId, { status: 1 }).lean()
    return link?.status ?? null
  },
  newestVersion: async (athleteId, linkId) => {
    const schedule = await schedules.findOne({ _id: athleteId, linkId }, { requestedVersion: 1 }).lean()
    return schedule?.requestedVersion ?? null
  },
})
