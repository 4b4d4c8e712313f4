import { decideDue } from '../domain/schedule.ts'
import type { SchedulerDeps } from './request-runs.ts'

const batchSize = 200

/**
 * Takes the athletes whose turn has come and asks for their runs. Replicas may do so at the same time: each row is
 * written by the one that finds it unchanged, the others find it taken.
 */
export const claimDue = (deps: SchedulerDeps) => async (): Promise<void> => {
  const { schedules, links, cadence, facts, clock, newId } = deps
  for (;;) {
    const due = await schedules.due(clock.now(), batchSize)
    if (due.length === 0) return
    const linkById = await links.findMany(due.map(({ linkId }) => linkId))
    const taken = await Promise.all(
      due.map(async (schedule) => {
        const link = linkById.get(schedule.linkId) ?? null
        const change = decideDue({ schedule, link, now: clock.now(), cadence, runId: newId('run') })
        return (await schedules.save(schedule, change)) ? change : null
      }),
    )
    deps.nudge()
    const changes = taken.filter((change) => change !== null)
    if (changes.length > 0) {
      facts.dueClaimed({ rows: changes.length, requested: changes.filter(({ asks }) => asks).length })
    }
    if (due.length < batchSize) return
  }
}
