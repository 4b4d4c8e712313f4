import { decideDue } from '../domain/ask.ts'
import type { SchedulerDeps } from '../requests/request-runs.ts'
import { eachRow } from './each-row.ts'

const batchSize = 200

/**
 * Takes the athletes whose turn has come and asks for their runs. Replicas may do so at the same time: each row is
 * written by the one that finds it unchanged, the others find it taken. A row without a link has no turn any more and goes.
 */
export const claimDue =
  (deps: SchedulerDeps) =>
  async (signal: AbortSignal): Promise<void> => {
    const { schedules, links, facts, clock, newId } = deps
    while (!signal.aborted) {
      const due = await schedules.due(clock.now(), batchSize)
      if (due.length === 0) return
      const cadence = await deps.cadence()
      const linkById = await links.findMany(due.map(({ linkId }) => linkId))
      const { results, failures } = await eachRow(due, async (schedule) => {
        const link = linkById.get(schedule.linkId) ?? null
        if (link === null) {
          if (await schedules.remove(schedule._id, schedule.linkId))
            facts.scheduleRemoved(schedule._id, schedule.linkId)
          return null
        }
        const change = decideDue({ schedule, link, now: clock.now(), cadence, runId: newId('run') })
        return (await schedules.save(schedule, change)) ? change : null
      })
      deps.nudge()
      facts.rowsFailed('claim-due', failures)
      const changes = results.filter((change) => change !== null)
      // Rows that fail stay due: a batch in which nothing could be taken would be read again and again.
      if (changes.length === 0) return
      facts.dueClaimed({ rows: changes.length, requested: changes.filter(({ asks }) => asks.length > 0).length })
      if (due.length < batchSize) return
    }
  }
