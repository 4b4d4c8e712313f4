import type { InboxRow } from './ports.ts'

/** A notice as far as others of the same activity are measured by it. */
export type Told = Pick<InboxRow, 'aspectType' | 'eventTime' | 'receivedAt' | 'updates'>

const isLater = (other: Told, { eventTime, receivedAt }: Told): boolean =>
  other.eventTime > eventTime || (other.eventTime.getTime() === eventTime.getTime() && other.receivedAt > receivedAt)

/** Times are in whole seconds: which of two changes in one second came last, nobody knows. */
const saysOtherwise = (other: Told, { eventTime, updates }: Told): boolean =>
  other.eventTime.getTime() === eventTime.getTime() &&
  Object.entries(updates).some(([field, value]) => (other.updates[field] ?? value) !== value)

/**
 * Whether Strava need not show any more what a notice told. What is new stays so, whatever was said of it since, unless it was said
 * to be deleted and Strava says that it does not have it: no word of a webhook alone ends the search for an upload.
 * @param others what was said of the same activity, in the second of the notice or since
 */
export const isOvertaken = (notice: Told, others: readonly Told[], isAbsent: boolean): boolean =>
  notice.aspectType === 'create'
    ? isAbsent && others.some(({ aspectType }) => aspectType === 'delete')
    : others.some((other) => isLater(other, notice) || saysOtherwise(other, notice))
