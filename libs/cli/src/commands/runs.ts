import type { SyncRunRow } from '@slipstream/records'
import { Command } from 'commander'
import { findLink } from '../athletes.ts'
import type { Cli } from '../cli.ts'
import { parseLimit } from '../options.ts'
import { table } from '../output/table.ts'
import { duration, moment } from '../output/time.ts'

const describeRun = (run: SyncRunRow) => {
  const {
    _id: runId,
    athleteId,
    lane,
    cause,
    state,
    outcome,
    errorCode,
    counts,
    requestedAt,
    startedAt,
    finishedAt,
  } = run
  const { resumeAt, waits = [] } = run
  const waitingFor = state === 'waiting_for_quota' ? (run.waitingFor ?? 'quota') : null
  return {
    ...{ runId, athleteId, lane, cause, state: waitingFor ? 'waiting' : state, waitingFor, resumeAt },
    ...{ outcome, errorCode, counts, waits, requestedAt, startedAt, finishedAt },
  }
}

const toText = (runs: readonly ReturnType<typeof describeRun>[], now: Date): string => {
  if (runs.length === 0) return 'no runs'
  return table(
    ['asked for', 'run', 'athlete', 'lane', 'cause', 'ended', 'took', 'listed', 'new', 'changed', 'calls'],
    runs.map((run) => [
      moment(run.requestedAt, now),
      run.runId,
      run.athleteId,
      run.lane,
      run.cause,
      run.outcome
        ? [run.outcome, run.errorCode].filter(Boolean).join(': ')
        : `${run.state}${run.waitingFor ? ` for ${run.waitingFor}` : ''}`,
      run.startedAt && run.finishedAt ? duration(run.finishedAt.getTime() - run.startedAt.getTime()) : '-',
      run.counts.listed,
      run.counts.created,
      run.counts.updated,
      run.counts.calls,
    ]),
  )
}

export const runsCommand = (cli: Cli): Command =>
  new Command('runs')
    .description('recent sync runs, newest first, of one athlete or of all')
    .argument('[athlete]', 'athleteId, linkId or Strava athlete id')
    .option('-n, --limit <count>', 'how many', parseLimit, 20)
    .addHelpText(
      'after',
      `
Examples:
  $ slipstream runs
  $ slipstream runs ath_0c1d… --limit 5 --json | jq '.runs[].waits'`,
    )
    .action(
      cli.showing(async (athlete: string | undefined, { limit }: { limit: number }) => {
        const found = await cli.withStore(async ({ collections }) => {
          const filter = athlete ? { athleteId: (await findLink(collections, athlete)).athleteId } : {}
          const newestFirst = { requestedAt: -1, _id: -1 } as const
          return await collections.syncRuns.find(filter).sort(newestFirst).limit(limit).lean<SyncRunRow[]>()
        })
        const runs = found.map(describeRun)
        return { data: { runs }, text: toText(runs, cli.now()) }
      }),
    )
