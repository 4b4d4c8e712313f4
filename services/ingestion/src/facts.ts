import type { OutboxEvent, RunCounts, WaitReason } from '@slipstream/contracts'
import { createGateFacts } from '@slipstream/gate'
import type { ListCursor } from '@slipstream/records'
import { type Clock, systemClock } from '@slipstream/runtime'
import type { StravaActivity, UnreadableActivity } from '@slipstream/strava'
import type { Logger, Metrics } from '@slipstream/telemetry'
import type { SyncRun } from './domain/decide-run.ts'
import type { Unlisted } from './domain/missing.ts'
import type { DueNotices, FinishedRun, OpenReceipt, PageTally, RowFailure, RunWait } from './domain/ports.ts'

const brokenEveryMs = 60 * 60_000

/** What happened, in the words of the business: one function for each fact, with its log line and its metric. */
export type Facts = ReturnType<typeof createFacts>

const runOf = (run: SyncRun) => ({ runId: run._id, athleteId: run.athleteId, lane: run.lane, cause: run.cause })

/** A run takes from one call to many, with waits for quota in between: 100 ms to 4 h. */
const runBucketsSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400]

/** To two days, within which everything is to be mirrored: hourly runs may wait for a quota window. 10 s is promised of webhooks. */
const ingestionBucketsSeconds = [0.25, 0.5, 1, 1.5, 2, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400, 172_800]

export const createFacts = (log: Logger, metrics: Metrics, clock: Clock = systemClock) => {
  let broken = { runs: 0, nextLineAt: 0 }
  const runDuration = metrics.histogram({
    name: 'slipstream_sync_run_duration_seconds',
    help: 'From the first page of a sync run to its end.',
    labelNames: ['lane', 'outcome'],
    buckets: runBucketsSeconds,
  })
  const ingestionLatency = metrics.histogram({
    name: 'slipstream_ingestion_latency_seconds',
    help: 'From the moment a sync was asked for to the published activity event.',
    labelNames: ['cause'],
    buckets: ingestionBucketsSeconds,
  })
  const activities = metrics.counter({
    name: 'slipstream_activities_total',
    help: 'Activities listed by Strava, by what they changed here.',
    labelNames: ['change'],
  })
  const implausibleValues = metrics.counter({
    name: 'slipstream_implausible_values_total',
    help: 'Values of listed activities that nobody can have achieved and that were read as absent, at each listing.',
    labelNames: ['field'],
  })
  const webhooksMissed = metrics.counter({
    name: 'slipstream_webhook_missed_total',
    help: 'Changes that a full list has found and that no webhook told within 15 minutes.',
  })
  const countChanges = (tally: PageTally) => {
    for (const change of ['created', 'updated', 'unchanged', 'stale'] as const)
      activities.inc({ change }, tally[change])
  }

  return {
    ...createGateFacts(log, metrics),
    pageStored: (run: SyncRun, { pages }: ListCursor, result: RunCounts, tally: PageTally) => {
      countChanges(tally)
      log.info({ ...runOf(run), page: pages + 1, ...result }, 'page stored')
    },
    listDoubted: (run: SyncRun, { activityIds, storedInWindow }: Unlisted) => {
      const missing = activityIds.length
      log.warn({ ...runOf(run), missing, storedInWindow }, 'much of what is stored was not listed, asked once more')
    },
    activityChecked: (run: SyncRun, stravaActivityId: string, answer: string, tally: PageTally) => {
      countChanges(tally)
      log.info({ ...runOf(run), stravaActivityId, answer }, 'activity that was not listed looked for')
    },
    activityDeleted: (run: SyncRun, stravaActivityId: string) => {
      activities.inc({ change: 'deleted' })
      log.info({ ...runOf(run), stravaActivityId }, 'activity is gone, workout removed')
    },
    webhooksMissed: ({ runId, athleteId, missed }: DueNotices & { missed: number }) => {
      webhooksMissed.inc(missed)
      log.info({ runId, athleteId, missed }, 'changes found that no webhook told')
    },
    manyWebhooksMissed: (missed: number) => {
      log.warn(
        { missed },
        'webhooks are missed: see whether Strava can reach this deployment, and what its subscription says',
      )
    },
    workoutsExpired: (count: number) => {
      activities.inc({ change: 'expired' }, count)
      log.info({ count }, 'workouts removed that may not be kept any longer')
    },
    removalsEnded: (count: number) => {
      log.warn({ count }, 'removals of workouts left behind by another process ended')
    },
    valuesImplausible: (run: SyncRun, { stravaActivityId, implausible }: StravaActivity) => {
      for (const field of implausible) implausibleValues.inc({ field })
      log.info({ ...runOf(run), stravaActivityId, fields: implausible }, 'implausible values left out')
    },
    activityUnreadable: (run: SyncRun, { stravaActivityId, problem }: UnreadableActivity) => {
      activities.inc({ change: 'unreadable' })
      log.warn({ ...runOf(run), stravaActivityId, problem }, 'activity could not be read')
    },
    runFinished: (run: SyncRun, { outcome, errorCode, counts, finishedAt }: FinishedRun) => {
      const startedAt = run.startedAt ?? finishedAt
      const seconds = Math.max(0, finishedAt.getTime() - startedAt.getTime()) / 1000
      runDuration.observe({ lane: run.lane, outcome }, seconds)
      // The operator is told once for all of what Strava fails (by the ledger, or by `listBroken`), and of a missing key.
      const toldOnce: Partial<Record<string, 'info' | 'warn'>> = {
        strava_unavailable: 'info',
        app_misconfigured: 'warn',
      }
      const level = outcome === 'failed' ? (toldOnce[errorCode ?? ''] ?? 'error') : 'info'
      log[level]({ ...runOf(run), outcome, errorCode, seconds, counts }, 'sync run finished')
    },
    /** One line an hour, with the first run of it and how many there were since the line before: it may be the same for all. */
    listBroken: (run: SyncRun, problem: string) => {
      broken.runs += 1
      const now = clock.now().getTime()
      if (now < broken.nextLineAt) return
      log.error({ ...runOf(run), problem, runs: broken.runs }, 'the list of activities cannot be trusted to end')
      broken = { runs: 0, nextLineAt: now + brokenEveryMs }
    },
    runParked: (run: SyncRun, { reason, until }: RunWait) => {
      log.info({ ...runOf(run), waitingFor: reason, resumeAt: until }, 'sync run waits')
    },
    runsWoken: (reason: WaitReason, count: number) => {
      log.info({ waitedFor: reason, count }, 'what sync runs waited for is over')
    },
    runsResumed: (count: number) => {
      log.info({ count }, 'parked sync runs resumed')
    },
    giveBackFailed: (run: SyncRun, error: unknown) => {
      log.warn({ ...runOf(run), err: error }, 'sync run could not be given back; its lease will end by itself')
    },
    progressNotAnnounced: (run: SyncRun, error: unknown) => {
      log.warn({ ...runOf(run), err: error }, 'progress of a sync run was not announced')
    },
    eventPublished: ({ type, data }: OutboxEvent, delaySeconds: number) => {
      if (type !== 'activity.ingested' && type !== 'activity.updated') return
      if ('latencyMs' in data) ingestionLatency.observe({ cause: data.cause }, data.latencyMs / 1000 + delaySeconds)
    },
    erased: ({ athleteId, linkId, receiptId, grantDiedAt }: OpenReceipt, deleted: Record<string, number>) => {
      const what = grantDiedAt ? 'what came under a dead grant erased' : 'data of an unlinked athlete erased'
      log.info({ athleteId, linkId, receiptId, deleted }, what)
    },
    /** One line for all of a turn. */
    rowsFailed: (task: string, failures: readonly RowFailure[]) => {
      const [first] = failures
      if (first) log.error({ task, rows: failures.length, ...first }, 'rows were left out, tried again later')
    },
    erasureFailed: ({ athleteId, linkId, receiptId }: OpenReceipt, error: unknown) => {
      log.error({ athleteId, linkId, receiptId, err: error }, 'an erasure failed, tried again later')
    },
  }
}
