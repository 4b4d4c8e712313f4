import type { EventData } from '@slipstream/contracts'
import type { Logger } from '@slipstream/telemetry'
import type { Schedule, ScheduleChange } from './domain/schedule.ts'
import type { RowFailure } from './handlers/each-row.ts'

/** What happened, in the words of the business, one function for each fact. The backlog is counted when scraped. */
export type Facts = ReturnType<typeof createFacts>

const requestOf = ({ _id, linkId, requestedVersion, request }: Schedule) => ({
  athleteId: _id,
  linkId,
  requestedVersion,
  runId: request?.runId,
  lane: request?.lane,
  cause: request?.cause,
})

export const createFacts = (log: Logger) => ({
  runRequested: ({ schedule }: ScheduleChange) => {
    log.info(requestOf(schedule), 'sync run requested')
  },
  dueClaimed: (counts: { rows: number; requested: number }) => {
    log.info(counts, 'due athletes taken')
  },
  runFinished: ({ athleteId, linkId, requestedVersion, runId, outcome }: EventData<'sync.finished'>) => {
    log.debug({ athleteId, linkId, requestedVersion, runId, outcome }, 'sync run finished')
  },
  runAskedAgain: ({ schedule }: ScheduleChange) => {
    log.warn(requestOf(schedule), 'open sync run had no message, asked for again')
  },
  lostFinishFound: ({ schedule }: ScheduleChange) => {
    log.warn(requestOf(schedule), 'sync run had finished unnoticed, completed')
  },
  scheduleRemoved: (athleteId: string, linkId: string) => {
    log.info({ athleteId, linkId }, 'schedule of an ended link removed')
  },
  /** One line for all of a turn: when MongoDB is away, every row fails. */
  rowsFailed: (task: string, failures: readonly RowFailure[]) => {
    const [first] = failures
    if (first) log.error({ task, rows: failures.length, ...first }, 'rows were left out')
  },
  backgroundFailed: (task: string, error: unknown) => {
    log.error({ task, err: error }, 'background task failed')
  },
})
