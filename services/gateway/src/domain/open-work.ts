import { type Lane, lanes } from '@slipstream/contracts'
import { activeSinceOf, answersOf, importRunIdOf, isWantOpen, wantsOf } from '@slipstream/records'
import type { Link, RunView, ScheduleView } from './model.ts'

/** What the three services hold about an athlete's work. */
export interface WorkInput {
  link: Link | null
  schedule: ScheduleView | null
  /** The link's open runs, and those that are to do what the schedule wants. */
  runs: readonly RunView[]
}

/** Work that has not ended: `run` is null until ingestion has heard of it. */
export interface OpenWork {
  runId: string
  lane: Lane
  requestedAt: Date
  run: RunView | null
}

const hasBegun = ({ startedAt }: RunView): boolean => startedAt !== null

/** What the link's row asks for and the scheduler has not taken in: a sync by hand, or the first import. */
const notTakenIn = ({ link, schedule }: WorkInput): Omit<OpenWork, 'lane' | 'run'> | null => {
  if (!link) return null
  if (link.manualSync && link.manualSync.runId !== schedule?.manualRunId) return link.manualSync
  const activeSince = activeSinceOf(link)
  if (schedule?.request && schedule.request.requestedAt >= activeSince) return null
  return { runId: importRunIdOf(link.linkId, activeSince), requestedAt: activeSince }
}

/** What is wanted in a lane, as far as no run that has begun answers it. */
const wantedIn = (lane: Lane, { schedule, runs }: WorkInput): OpenWork | null => {
  const want = schedule && wantsOf(schedule)[lane]
  if (!want || !isWantOpen(want)) return null
  if (runs.some((run) => hasBegun(run) && (answersOf(run)[lane] ?? 0) >= want.asked)) return null
  const run = runs.find(({ runId }) => runId === want.runId) ?? null
  // One that ended without answering is about to be replaced.
  return run?.state === 'finished' ? null : { runId: want.runId, lane, requestedAt: want.requestedAt, run }
}

/** What somebody waits for that no call has been made for: who asks now is served by it as well. */
export const waitingWork = (input: WorkInput): OpenWork | null => {
  const asked = notTakenIn(input)
  return asked ? { ...asked, lane: 'interactive', run: null } : wantedIn('interactive', input)
}

/** What is being done for an athlete, most urgent lane first; in a lane the run that has begun before what waits for it. */
export const openWork = (input: WorkInput): OpenWork | null => {
  for (const lane of lanes) {
    const run = input.runs.find((open) => open.lane === lane && open.state !== 'finished' && hasBegun(open))
    if (run) return { runId: run.runId, lane, requestedAt: run.requestedAt, run }
    const waiting = lane === 'interactive' ? waitingWork(input) : wantedIn(lane, input)
    if (waiting) return waiting
  }
  return null
}
