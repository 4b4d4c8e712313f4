import type { EndedLink } from '../domain/ports.ts'
import type { SchedulerDeps } from '../requests/request-runs.ts'
import type { RowFailure } from './each-row.ts'

/**
 * Removes the rows of ended links whose `athlete.unlinked` was lost. Where the link is still there its receipt was only just
 * opened, or the gateway died in between: that row goes when its turn comes (see claim-due).
 */
export const lookAtEndedLinks =
  ({ schedules, links, facts }: Pick<SchedulerDeps, 'schedules' | 'links' | 'facts'>) =>
  async (ended: readonly EndedLink[], signal: AbortSignal): Promise<void> => {
    const stillThere = await links.findMany(ended.map(({ linkId }) => linkId))
    const failures: RowFailure[] = []
    for (const { athleteId, linkId } of ended) {
      if (signal.aborted) break
      if (stillThere.has(linkId)) continue
      try {
        if (await schedules.remove(athleteId, linkId)) facts.scheduleRemoved(athleteId, linkId)
      } catch (err) {
        failures.push({ athleteId, err })
      }
    }
    facts.rowsFailed('links-ended', failures)
  }
