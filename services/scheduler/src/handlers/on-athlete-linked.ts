import { done, type Handler, skipped } from '@slipstream/messaging'
import { requestFirstImport, type SchedulerDeps } from '../requests/request-runs.ts'

export const onAthleteLinked =
  (deps: SchedulerDeps): Handler<'athlete.linked'> =>
  async ({ linkId }) => {
    const link = await deps.links.find(linkId)
    if (link?.status !== 'active') return skipped('link-inactive')
    return (await requestFirstImport(deps, link)) ? done() : skipped('already-requested')
  }
