import { looksAgainAt } from '../domain/looks.ts'
import type { Inbox, InboxRow } from '../domain/ports.ts'
import { requestLook, type SchedulerDeps } from './request-runs.ts'

export interface TakeInDeps extends SchedulerDeps {
  inbox: Inbox
}

/**
 * Puts what a webhook asks for into the athlete's row, and marks it as taken only then: after a crash in between it is asked for
 * once more, which costs nothing but a look. False where there is nothing to look for, or not now.
 */
export const takeIn = async (deps: TakeInDeps, row: InboxRow): Promise<boolean> => {
  const { _id, linkId, objectId: stravaActivityId, aspectType: aspect, eventTime, receivedAt } = row
  const link = await deps.links.find(linkId)
  const isLookedFor = link?.status === 'active'
  const opensAt = isLookedFor ? looksAgainAt(await deps.schedules.find(link.athleteId), deps.clock.now()) : null
  if (opensAt) {
    deps.facts.lookPutOff(row.athleteId, opensAt)
    await deps.inbox.putOff(_id, row.attempts ?? 0, opensAt)
    return false
  }
  if (isLookedFor) await requestLook(deps, link, { stravaActivityId, aspect, eventTime, receivedAt })
  await deps.inbox.markTaken(row, deps.clock.now())
  return isLookedFor
}
