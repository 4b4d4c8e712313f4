import type { Lane } from '@slipstream/contracts'
import { type LaneWants, type LinkRow, openLanesOf, type ScheduleRow, wantsOf } from '@slipstream/records'

export type Schedule = Omit<ScheduleRow, 'outbox'>

/** A link as far as scheduling goes. */
export interface Link extends Pick<LinkRow, 'athleteId' | 'status' | 'statusSince' | 'manualSync'> {
  linkId: string
  /** When it was linked, or became usable again. */
  activeSince: Date
}

/** The next state of a row. `asks`: for each of these lanes a sync.requested event goes out with the write. */
export interface ScheduleChange {
  schedule: Schedule
  asks: Lane[]
}

export const isOpen = (schedule: Schedule): boolean => openLanesOf(wantsOf(schedule)).length > 0

/** Whether the whole window is being listed, or about to be: looks at single activities are no turn. */
export const isListing = (schedule: Schedule): boolean => {
  const wants = wantsOf(schedule)
  return openLanesOf(wants).some((lane) => !wants[lane]?.activities?.length)
}

/** The row with these wants. What 0.1 reads of them, that work is open and since when, follows. */
export const withWants = (schedule: Schedule, wants: LaneWants, now: Date): Schedule => {
  const { requestedVersion, completedVersion, publishedAt } = schedule
  if (openLanesOf(wants).length === 0) {
    return { ...schedule, wants, completedVersion: requestedVersion, publishedAt: null }
  }
  return { ...schedule, wants, completedVersion, publishedAt: publishedAt && publishedAt < now ? publishedAt : now }
}

/** Whether a run was asked for since the link became usable: then linking needs no run of its own. */
export const coversLink = (schedule: Schedule | null, link: Link): boolean =>
  schedule?.linkId === link.linkId && schedule.request !== null && schedule.request.requestedAt >= link.activeSince
