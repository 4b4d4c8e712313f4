import type { Clock } from '@slipstream/runtime'
import { inTurn, laterTry, rowFailureOf } from '../domain/later-try.ts'
import { countMissed, toldFrom } from '../domain/notices.ts'
import type { DueNotices, RunStore, WebhookReader } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

const batchSize = 100
const dayMs = 24 * 60 * 60_000
/** One may be lost on the way; with so many in a day something is wrong. */
const manyMissed = 3

/**
 * Counts what full lists have found and no webhook has told, once over all replicas. Bound of a turn: 100 runs along `notices_due`,
 * with one read of the inbox each.
 */
export const countMissedWebhooks =
  ({ runs, webhooks, facts, clock }: { runs: RunStore; webhooks: WebhookReader; facts: Facts; clock: Clock }) =>
  async (signal: AbortSignal): Promise<void> => {
    const now = clock.now()
    const due = await runs.noticesDue(now, batchSize)
    if (due.length === 0) return
    const pushedSince = await webhooks.pushedSince()
    const look = async (run: DueNotices): Promise<number> => {
      if (signal.aborted) return 0
      const toldIds = await webhooks.told(run.linkId, run.changedIds, toldFrom(run))
      const missed = countMissed(run, { toldIds, pushedSince })
      if (!(await runs.settleNotices(run.runId, missed, now)) || missed === 0) return 0
      facts.webhooksMissed({ ...run, missed })
      return missed
    }
    const { results, failures } = await inTurn(due, look)
    for (const { row } of failures) await runs.postponeNotices(row.runId, laterTry(row.failures, now))
    facts.rowsFailed('missed-webhooks', failures.map(rowFailureOf))
    const missed = results.reduce((sum, count) => sum + count, 0)
    if (missed === 0) return
    const before = await runs.missedBetween(new Date(now.getTime() - dayMs), now, manyMissed)
    if (before < manyMissed && before + missed >= manyMissed) facts.manyWebhooksMissed(before + missed)
  }
