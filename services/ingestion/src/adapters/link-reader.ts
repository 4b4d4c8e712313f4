import type { Collections } from '@slipstream/persistence'
import { wantsOf } from '@slipstream/records'
import type { LinkReader } from '../domain/ports.ts'

export const createLinkReader = ({
  links,
  schedules,
}: Pick<Collections<'ingestion'>, 'links' | 'schedules'>): LinkReader => ({
  status: async (linkId) => {
    const link = await links.findById(linkId, { status: 1 }).lean()
    return link?.status ?? null
  },
  stravaAthleteId: async (linkId) => {
    const link = await links.findById(linkId, { stravaAthleteId: 1 }).lean()
    return link?.stravaAthleteId ?? null
  },
  wanted: async (athleteId, linkId) => {
    const schedule = await schedules
      .findOne({ _id: athleteId, linkId }, { requestedVersion: 1, completedVersion: 1, request: 1, wants: 1 })
      .lean()
    return schedule && { requestedVersion: schedule.requestedVersion, wants: wantsOf(schedule) }
  },
})
