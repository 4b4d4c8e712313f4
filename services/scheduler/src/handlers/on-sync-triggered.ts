import { done, type Handler, skipped } from '@slipstream/messaging'
import { requestManualRun, type SchedulerDeps } from '../requests/request-runs.ts'

export const onSyncTriggered =
  (deps: SchedulerDeps): Handler<'sync.triggered'> =>
  async ({ linkId, runId, requestedAt }) => {
    const link = await deps.links.find(linkId)
    if (link?.status !== 'active') return skipped('link-inactive')
    const trigger = { runId, requestedAt: new Date(requestedAt) }
    return (await requestManualRun(deps, link, trigger)) ? done() : skipped('already-requested')
  }
