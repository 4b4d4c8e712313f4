import type { WantedActivity } from '@slipstream/records'
import { closedFor, isFirstLook } from '../domain/looks.ts'
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

export interface TakeInDeps extends SchedulerDeps {
  inbox: Inbox
}

/**
 * Puts what a webhook asks for into the athlete's row, and marks it as taken only then: after a crash in between it is asked for
 * once more, which costs nothing but a look. False where there is nothing to look for, or not now.
 */
export const takeIn = async (deps: TakeInDeps, row: InboxRow): Promise<boolean> => {
  const { _id: inboxId, linkId, objectId: stravaActivityId, aspectType: aspect, eventTime, receivedAt } = row
  const [link, schedule] = await Promise.all([deps.links.find(linkId), deps.schedules.find(row.athleteId)])
  const isLookedFor = link?.status === 'active'
  const closed = isLookedFor ? closedFor(schedule, deps.clock.now()) : null
  if (closed && (closed.holds === 'all' || isFirstLook(row))) {
    deps.facts.lookPutOff(row.athleteId, closed.until)
    await deps.inbox.putOff(inboxId, closed.until)
    return false
  }
  const expects = expectedOf(row)
  const { attempts, returned } = row
  const notice = {
    ...{ stravaActivityId, inboxId, aspect, eventTime, receivedAt },
    ...(attempts && { attempts }),
    ...(returned && { returned }),
    ...(expects && { expects }),
  }
  if (isLookedFor) await requestLook(deps, link, notice)
  await deps.inbox.markTaken(row, deps.clock.now())
  return isLookedFor
}
