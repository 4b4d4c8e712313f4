import type { Lane } from '@slipstream/contracts'
import type { ScheduleRow } from '@slipstream/records'
import { answersOf, type LaneVersions, type SyncRunRow, type WorkoutRow, wantsOf } from '@slipstream/records'
import type { Steps } from './steps.ts'

// What a later turn makes good again would not be seen in the end. So what must never happen is looked for in every write.

type Change = (key: string, before: object | null, after: object | null) => void

/**
 * The fetch that started last wins: of an activity nothing is stored from a fetch that started before one that was applied. A
 * tombstone repeats what its workout's row has said.
 */
const createTicketWatch = (tell: (problem: string) => void): Change => {
  const highest = new Map<string, number>()
  return (key, _before, after) => {
    if (after === null || key !== 'workouts') return
    const { stravaActivityId, appliedTicket } = after as WorkoutRow
    const before = highest.get(stravaActivityId) ?? 0
    if (appliedTicket < before) tell(`fetch ${appliedTicket} of ${stravaActivityId} was stored after fetch ${before}`)
    highest.set(stravaActivityId, Math.max(before, appliedTicket))
  }
}

/** A run that is held is written by its holder alone, and one that has finished by nobody. */
const createLeaseWatch = (steps: Steps, tell: (problem: string) => void): Change => {
  const essence = ({ state, counts, cursor, startedAt, leaseOwner, answers }: SyncRunRow) =>
    JSON.stringify({ state, counts, cursor, startedAt, leaseOwner, answers })
  return (key, before, after) => {
    if (key !== 'syncRuns' || before === null || after === null) return
    const [was, is] = [before as SyncRunRow, after as SyncRunRow]
    const isHeld = was.leaseUntil !== null && was.leaseUntil.getTime() > steps.now()
    const name = steps.actor()?.name ?? ''
    const isAnothers = was.state === 'finished' || (isHeld && !was.leaseOwner?.startsWith(name))
    if (isAnothers && essence(was) !== essence(is))
      tell(`run ${was._id}, ${was.state}, of ${was.leaseOwner} was changed by ${name}`)
  }
}

/** Nothing counts as answered that no run had frozen before its first call. */
const createAnswerWatch = (tell: (problem: string) => void): Change => {
  const finished: LaneVersions = {}
  return (key, _before, after) => {
    if (after === null) return
    if (key === 'syncRuns') {
      const run = after as SyncRunRow
      if (run.state !== 'finished' || run.outcome === 'cancelled') return
      for (const [lane, version] of Object.entries(answersOf(run)) as [Lane, number][])
        finished[lane] = Math.max(finished[lane] ?? 0, version)
    }
    if (key !== 'schedules') return
    for (const [lane, { asked, answered }] of Object.entries(wantsOf(after as ScheduleRow)))
      if (answered >= asked && asked > (finished[lane as Lane] ?? 0))
        tell(`want ${asked} of lane ${lane} counts as answered, and no run has answered it`)
  }
}

/** What was written and never may be. */
export const createWatch = (steps: Steps) => {
  const problems: string[] = []
  const tell = (problem: string) => {
    steps.log(`!!! ${problem}`)
    problems.push(problem)
  }
  const watches = [createTicketWatch(tell), createLeaseWatch(steps, tell), createAnswerWatch(tell)]
  return {
    problems,
    onChange: ((key, before, after) => {
      for (const watch of watches) watch(key, before, after)
    }) satisfies Change,
  }
}
