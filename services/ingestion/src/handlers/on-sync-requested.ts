import { type Handler, PostponedError, skipped } from '@slipstream/messaging'
import { linkTraces } from '@slipstream/telemetry'
import { beginRun, chooseRun, needlessRun, type Wanted } from '../domain/choose-run.ts'
import { decideRun, type SyncRun } from '../domain/decide-run.ts'
import type { RunLease, SyncRequested } from '../domain/ports.ts'
import { announce, eraseGone, finishRun, type RunDeps } from './run-step.ts'
import { syncStep } from './sync-step.ts'

/** A request for a run in other hands looks again after this time; a dead worker's lease lasts for a few rounds of it. */
const takenRetryMs = 3_000
const erasingRetryMs = 1_000

interface Work {
  wanted: Wanted | null
  openRuns: SyncRun[]
}

/** Ends the run of this lane that another one has made needless. Whoever holds it at the moment will see for himself. */
const endNeedless = async (deps: RunDeps, run: SyncRun, joinedTo: string | null): Promise<void> => {
  const lease = await deps.runs.lease(run._id)
  if (!lease) return
  const { counts } = lease.run
  const end = { outcome: 'cancelled', errorCode: null, counts, finishedAt: deps.clock.now() } as const
  await finishRun(deps, lease, { ...end, ...(joinedTo && { joinedTo }) })
}

/** What is wanted of a link, and its open runs: read side by side, as either may go on while the other is read in any order. */
export const readWork = async (
  { links, runs }: RunDeps,
  { athleteId, linkId }: Pick<SyncRequested, 'athleteId' | 'linkId'>,
): Promise<Work> => {
  const [wanted, openRuns] = await Promise.all([links.wanted(athleteId, linkId), runs.openOf(linkId)])
  return { wanted, openRuns }
}

/** Which run this wake-up is for; its own words count for nothing but athlete, link and lane. */
export const findRun = async (
  deps: RunDeps,
  { athleteId, linkId, lane }: SyncRequested,
  { wanted, openRuns }: Work,
) => {
  const needless = needlessRun(lane, wanted, openRuns)
  if (needless) await endNeedless(deps, needless.run, needless.joinedTo)
  const choice = chooseRun(
    lane,
    wanted,
    openRuns.filter((run) => run !== needless?.run),
  )
  if (choice.kind !== 'open') return choice
  const requestedVersion = wanted?.requestedVersion ?? choice.want.asked
  const run = await deps.runs.open({ athleteId, linkId, lane, want: choice.want, requestedVersion })
  return { kind: 'continue' as const, run }
}

/**
 * Fixes what the run answers for. What is wanted, and what other runs have frozen, is read once more: all that was asked for
 * until now is before the first call.
 */
const beginLeased = async (deps: RunDeps, lease: RunLease): Promise<RunLease | null> => {
  const { run } = lease
  const [isErasing, work] = await Promise.all([deps.receipts.isErasing(run.athleteId), readWork(deps, run)])
  if (isErasing) {
    // What it would tell would be purged with what was told of the earlier link.
    await deps.runs.release(lease, run.counts)
    await deps.erasure.hurry(run.athleteId)
    throw new PostponedError(new Date(deps.clock.now().getTime() + erasingRetryMs))
  }
  await deps.erasure.letGo(run)
  const begun = await deps.runs.begin(lease, beginRun(run, { ...work, now: deps.clock.now() }))
  if (!begun) return null
  linkTraces(begun.run.activities?.flatMap(({ traceparent }) => traceparent ?? []) ?? [])
  announce(deps, begun.run, { state: 'running' })
  return begun
}

/** One delivery is one step of a run: guard, lease, then fetch and store. */
export const onSyncRequested =
  (deps: RunDeps): Handler<'sync.requested'> =>
  async (request, delivery) => {
    const [linkStatus, work] = await Promise.all([deps.links.status(request.linkId), readWork(deps, request)])
    if (linkStatus === null) return eraseGone(deps, request.linkId)
    const choice = await findRun(deps, request, work)
    if (choice.kind === 'skip') return skipped(choice.reason)
    const decision = decideRun({ run: choice.run, linkStatus, now: deps.clock.now() })
    if (decision.kind === 'skip') return skipped(decision.reason)

    const lease = await deps.runs.lease(choice.run._id)
    // Whoever holds the run asks for its next page, in place of this message; should they be dead, this one goes on.
    if (!lease) throw new PostponedError(new Date(deps.clock.now().getTime() + takenRetryMs))
    if (decision.kind === 'end') {
      const { outcome } = decision
      const { counts } = lease.run
      await finishRun(deps, lease, { outcome, errorCode: null, counts, finishedAt: deps.clock.now() })
      return skipped(decision.reason)
    }
    const begun = lease.run.startedAt === null ? await beginLeased(deps, lease) : lease
    return begun ? syncStep(deps, begun, delivery) : skipped('lease-lost')
  }
