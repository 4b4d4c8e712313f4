import { subjectOf } from '@slipstream/contracts'
import type { RunReader } from '../domain/ports.ts'
import { askAgain, completeOpenRow, judgeOpenRow, type Schedule } from '../domain/schedule.ts'
import { eachRow, type RowFailure } from '../handlers/each-row.ts'
import { requestFirstImport, requestManualRun, type SchedulerDeps } from '../handlers/request-runs.ts'

export interface SweepDeps extends SchedulerDeps {
  runs: RunReader
  /** Whether NATS still holds a message for a subject. */
  hasMessage: (subject: string) => Promise<boolean>
  /** How long an open row may wait before somebody looks whether its message was lost. */
  staleAfterMs: number
}

const batchSize = 100

const sweepRow = async (deps: SweepDeps, schedule: Schedule, verdict: ReturnType<typeof judgeOpenRow>) => {
  const { schedules, facts, clock } = deps
  if (verdict === 'leave' || schedule.request === null) return
  if (verdict === 'complete') {
    const change = completeOpenRow(schedule)
    if (await schedules.save(schedule, change)) facts.lostFinishFound(change)
    return
  }
  const { lane } = schedule.request
  if (await deps.hasMessage(subjectOf({ type: 'sync.requested', data: { athleteId: schedule._id, lane } }))) return
  const change = askAgain(schedule, clock.now())
  if (await schedules.save(schedule, change)) facts.runAskedAgain(change)
}

/** Open rows whose message, or whose run's last event, was lost. */
const sweepOpenRows = async (deps: SweepDeps, signal: AbortSignal) => {
  const { schedules, runs, facts, clock, staleAfterMs } = deps
  const publishedBefore = new Date(clock.now().getTime() - staleAfterMs)
  for await (const batch of schedules.openSince(publishedBefore, batchSize)) {
    if (signal.aborted) return
    const runById = await runs.findMany(batch.flatMap(({ request }) => (request ? [request.runId] : [])))
    const { failures } = await eachRow(batch, (schedule) => {
      const run = (schedule.request && runById.get(schedule.request.runId)) ?? null
      return sweepRow(deps, schedule, judgeOpenRow(run, { now: clock.now(), staleAfterMs }))
    })
    facts.rowsFailed('sweep-open-rows', failures)
  }
}

/** Links whose athlete.linked or sync.triggered was lost. */
const sweepLinks = async (deps: SweepDeps, signal: AbortSignal) => {
  const failures: RowFailure[] = []
  for (const link of await deps.links.neglected()) {
    if (signal.aborted) break
    try {
      await requestFirstImport(deps, link)
      if (link.manualSync) await requestManualRun(deps, link, link.manualSync)
    } catch (err) {
      failures.push({ athleteId: link.athleteId, err })
    }
  }
  deps.facts.rowsFailed('sweep-links', failures)
}

/** Rows whose athlete.unlinked was lost. */
const sweepEndedLinks = async ({ schedules, facts }: SweepDeps, signal: AbortSignal) => {
  for (const { _id, linkId } of await schedules.withoutLink()) {
    if (signal.aborted) return
    if (await schedules.remove(_id, linkId)) facts.scheduleRemoved(_id, linkId)
  }
}

/**
 * Repairs what lost messages leave behind, from MongoDB alone: NATS carries hints, the rows are the truth. Several
 * replicas may sweep at once.
 */
export const sweepLostMessages =
  (deps: SweepDeps) =>
  async (signal: AbortSignal): Promise<void> => {
    await sweepEndedLinks(deps, signal)
    await sweepLinks(deps, signal)
    await sweepOpenRows(deps, signal)
    deps.nudge()
  }
