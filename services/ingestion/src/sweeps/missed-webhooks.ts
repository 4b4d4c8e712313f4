import type { Clock } from '@slipstream/runtime'
import { countMissed, toldFrom } from '../domain/notices.ts'
import type { RunStore, WebhookReader } from '../domain/ports.ts'
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
    for (const run of due) {
      if (signal.aborted) return
      const toldIds = await webhooks.told(run.linkId, run.changedIds, toldFrom(run))
      const missed = countMissed(run, { toldIds, pushedSince })
      if (!(await runs.settleNotices(run.runId, missed, now)) || missed === 0) continue
      const ofDay = await runs.missedSince(new Date(now.getTime() - dayMs))
      facts.webhooksMissed({ ...run, missed })
      if (ofDay >= manyMissed && ofDay - missed < manyMissed) facts.manyWebhooksMissed(ofDay)
    }
  }
