import type { Logger } from '@slipstream/telemetry'
import type { Schedule, ScheduleChange } from './domain/schedule.ts'

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
  runCompleted: ({ schedule }: ScheduleChange) => {
    log.debug(requestOf(schedule), 'sync run completed')
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
  backgroundFailed: (task: string, error: unknown) => {
    log.error({ task, err: error }, 'background task failed')
  },
})
