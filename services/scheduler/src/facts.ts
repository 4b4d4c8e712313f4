import type { EventData } from '@slipstream/contracts'
import type { Logger, Metrics } from '@slipstream/telemetry'
import type { Cadence } from './domain/cadence.ts'
import type { InboxRow } from './domain/ports.ts'
import type { Schedule, ScheduleChange } from './domain/schedule.ts'
import type { RowFailure } from './sweeps/each-row.ts'

/** What happened, in the words of the business, one function for each fact. The backlog is counted when scraped. */
export type Facts = ReturnType<typeof createFacts>

const rowOf = ({ _id, linkId, requestedVersion }: Schedule) => ({ athleteId: _id, linkId, requestedVersion })

const asksOf = ({ schedule, asks }: ScheduleChange) =>
  asks.map((lane) => ({ lane, runId: schedule.wants?.[lane]?.runId, cause: schedule.wants?.[lane]?.cause }))

/** Of more athletes than this it is told anew. */
const mostTold = 10_000

export const createFacts = (log: Logger, metrics: Metrics) => {
  const toldUntil = new Map<string, number>()
  const turnInterval = metrics.gauge({
    name: 'slipstream_turn_interval_seconds',
    help: 'Time between two turns of an athlete, as this process found it last.',
  })
  const webhooks = metrics.counter<'kind' | 'outcome'>({
    name: 'slipstream_webhooks_total',
    help: 'Webhooks of Strava by what they speak of and what became of them.',
    labelNames: ['kind', 'outcome'],
  })
  return {
    runsRequested: (change: ScheduleChange) => {
      for (const asked of asksOf(change)) log.info({ ...rowOf(change.schedule), ...asked }, 'sync run requested')
    },
    cadenceFound: ({ intervalMs, isStretched }: Cadence, before: Cadence | null) => {
      turnInterval.set(intervalMs / 1_000)
      const everyMinutes = intervalMs / 60_000
      if (isStretched === (before?.isStretched ?? false)) return
      if (isStretched)
        log.warn({ everyMinutes }, 'the quota does not carry turns as often as is set, they are stretched')
      else log.warn({ everyMinutes }, 'the quota carries turns as often as is set again')
    },
    dueClaimed: (counts: { rows: number; requested: number }) => {
      log.info(counts, 'due athletes taken')
    },
    runFinished: ({ athleteId, linkId, requestedVersion, runId, outcome }: EventData<'sync.finished'>) => {
      log.debug({ athleteId, linkId, requestedVersion, runId, outcome }, 'sync run finished')
    },
    runsAskedAgain: (change: ScheduleChange) => {
      for (const asked of asksOf(change)) {
        log.warn({ ...rowOf(change.schedule), ...asked }, 'nobody was at an open want, asked for again')
      }
    },
    lostFinishFound: ({ schedule }: ScheduleChange) => {
      log.warn(rowOf(schedule), 'sync run had finished unnoticed, completed')
    },
    /** One line a pause, however much is told in it. */
    looksPutOff: (athleteId: string, until: Date) => {
      if (toldUntil.get(athleteId) === until.getTime()) return
      if (toldUntil.size >= mostTold) toldUntil.clear()
      toldUntil.set(athleteId, until.getTime())
      log.info({ athleteId, until }, 'webhooks have asked for enough of this athlete, put off')
    },
    notSeen: ({ athleteId, objectId: stravaActivityId, aspectType }: InboxRow) => {
      webhooks.inc({ kind: `activity_${aspectType}`, outcome: 'not_seen' })
      log.info({ athleteId, stravaActivityId, aspectType }, 'what a webhook told was never seen, left to the next turn')
    },
    scheduleRemoved: (athleteId: string, linkId: string) => {
      log.info({ athleteId, linkId }, 'schedule of an ended link removed')
    },
    /** One line for all of a turn: when MongoDB is away, every row fails. */
    rowsFailed: (task: string, failures: readonly RowFailure[]) => {
      const [first] = failures
      if (first) log.error({ task, rows: failures.length, ...first }, 'rows were left out')
    },
  }
}
