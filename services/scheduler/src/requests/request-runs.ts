import type { Clock, NewId } from '@slipstream/runtime'
import { type AskInput, decideLinked, decideNotified, decideTriggered, type Notice } from '../domain/ask.ts'
import type { Cadence } from '../domain/cadence.ts'
import type { LinkReader, ScheduleStore } from '../domain/ports.ts'
import type { Link, Schedule, ScheduleChange } from '../domain/schedule.ts'
import type { Facts } from '../facts.ts'
import { changeSchedule } from './change-schedule.ts'

export interface SchedulerDeps {
  schedules: ScheduleStore
  links: LinkReader
  cadence: () => Promise<Cadence>
  facts: Facts
  clock: Clock
  newId: NewId
  random: () => number
  /** Publishes what was just committed. */
  nudge: () => void
}

const askFor = async (
  deps: SchedulerDeps,
  link: Link,
  decide: (input: AskInput) => ScheduleChange | null,
): Promise<boolean> => {
  const cadence = await deps.cadence()
  const input = (schedule: Schedule | null): AskInput => ({
    schedule,
    link,
    now: deps.clock.now(),
    cadence,
    random: deps.random(),
  })
  const change = await changeSchedule(deps.schedules, link.athleteId, (schedule) => decide(input(schedule)))
  if (!change) return false
  deps.nudge()
  deps.facts.runsRequested(change)
  return true
}

/** Asks for the first import of a link. False when that has been done. */
export const requestFirstImport = (deps: SchedulerDeps, link: Link): Promise<boolean> =>
  askFor(deps, link, decideLinked)

/** Asks for the run an athlete wants now. False when that has been done. */
export const requestManualRun = (
  deps: SchedulerDeps,
  link: Link,
  trigger: { runId: string; requestedAt: Date },
): Promise<boolean> => askFor(deps, link, (input) => decideTriggered({ ...input, trigger }))

/** Asks for a look at activities that webhooks spoke of. */
export const requestLook = (deps: SchedulerDeps, link: Link, notices: readonly Notice[]): Promise<boolean> => {
  const runId = deps.newId('run')
  return askFor(deps, link, (input) => decideNotified({ ...input, notices, runId }))
}
