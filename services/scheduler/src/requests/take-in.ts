import type { Inbox, InboxRow } from '../domain/ports.ts'
import { requestLook, type SchedulerDeps } from './request-runs.ts'

export interface TakeInDeps extends SchedulerDeps {
  inbox: Inbox
}

/**
 * Puts what a webhook asks for into the athlete's row, and marks it as taken only then: after a crash in between it is asked for
 * once more, which costs nothing but a look. False where there is nothing to look for.
 */
export const takeIn = async (deps: TakeInDeps, row: InboxRow): Promise<boolean> => {
  const { _id, linkId, objectId: stravaActivityId, aspectType: aspect, eventTime, receivedAt } = row
  const link = await deps.links.find(linkId)
  const isLookedFor = link?.status === 'active'
  if (isLookedFor) await requestLook(deps, link, { stravaActivityId, aspect, eventTime, receivedAt })
  await deps.inbox.markTaken(_id, deps.clock.now())
  return isLookedFor
}
