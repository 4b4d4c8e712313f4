import type { WantedActivity } from '@slipstream/records'
import type { Notice } from '../domain/ask.ts'
import { type Closed, closedFor, isFirstLook } from '../domain/looks.ts'
import type { Inbox, InboxRow } from '../domain/ports.ts'
import { requestLook, type SchedulerDeps } from './request-runs.ts'

/** What an update says it has set; null where it says nothing that can be compared. */
const expectedOf = ({ aspectType, updates }: InboxRow): WantedActivity['expects'] | null => {
  const { title, type, private: isPrivate } = aspectType === 'update' ? updates : {}
  const expects = {
    ...(title !== undefined && { title }),
    ...(type && { type }),
    ...(isPrivate !== undefined && { isPrivate: isPrivate === 'true' }),
  }
  return Object.keys(expects).length > 0 ? expects : null
}

const noticeOf = (row: InboxRow): Notice => {
  const {
    _id: inboxId,
    objectId: stravaActivityId,
    aspectType: aspect,
    eventTime,
    receivedAt,
    attempts,
    returned,
    traceparent,
  } = row
  const expects = expectedOf(row)
  return {
    ...{ stravaActivityId, inboxId, aspect, eventTime, receivedAt },
    ...(attempts && { attempts }),
    ...(returned && { returned }),
    ...(expects && { expects }),
    ...(traceparent && { traceparent }),
  }
}

export interface TakeInDeps extends SchedulerDeps {
  inbox: Inbox
}

/**
 * Puts what webhooks said of a link's activities into the athlete's row, and marks it as taken only then: after a crash in between
 * it is asked for once more, which costs nothing but a look.
 * @returns whether something is looked for, and what puts some of it off
 */
export const takeIn = async (
  { inbox, clock, facts, ...deps }: TakeInDeps,
  linkId: string,
  rows: readonly InboxRow[],
): Promise<{ isLookedFor: boolean; closed: Closed | null }> => {
  const link = await deps.links.find(linkId)
  if (link?.status !== 'active') {
    await inbox.markTaken(rows, clock.now())
    return { isLookedFor: false, closed: null }
  }
  const closed = closedFor(await deps.schedules.find(link.athleteId), clock.now())
  const isHeld = (row: InboxRow) => closed !== null && (closed.holds === 'all' || isFirstLook(row))
  const [held, taken] = [rows.filter(isHeld), rows.filter((row) => !isHeld(row))]
  if (closed && held.length > 0) {
    facts.looksPutOff(link.athleteId, closed.until)
    await inbox.putOff(held, closed)
  }
  if (taken.length > 0) {
    await requestLook({ ...deps, clock, facts }, link, taken.map(noticeOf))
    await inbox.markTaken(taken, clock.now())
  }
  return { isLookedFor: taken.length > 0, closed: held.length > 0 ? closed : null }
}
