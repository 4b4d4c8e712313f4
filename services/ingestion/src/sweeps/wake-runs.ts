import type { WaitReason } from '@slipstream/contracts'
import { missingIn, type OpenStop, type QuotaLedger, reasonOf } from '@slipstream/quota'
import type { Clock } from '@slipstream/runtime'
import type { RunStore } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

/** Those who are woken together come back spread over this time. */
const spreadMs = 5_000
const batchSize = 200

/**
 * Brings forward the time of all who waited for something that is over: else all but the one that found out would wait
 * for the next probe. What this process did not see begin ends for its runs at the time they were given.
 */
export const wakeRuns = ({
  ledger,
  runs,
  facts,
  clock,
}: {
  ledger: Pick<QuotaLedger, 'read'>
  runs: Pick<RunStore, 'wake'>
  facts: Facts
  clock: Clock
}) => {
  let seen: OpenStop[] = []

  const wakeAll = async (reason: WaitReason, signal: AbortSignal): Promise<number> => {
    let woken = 0
    while (!signal.aborted) {
      const batch = await runs.wake(reason, clock.now(), spreadMs, batchSize)
      woken += batch
      if (batch < batchSize) break
    }
    return woken
  }

  return async (signal: AbortSignal): Promise<void> => {
    const { stops } = await ledger.read()
    // Two stops may have one reason: who waits for the one that lasts is refused once more, and waits again.
    const ended = new Set(missingIn(seen, stops).map(({ trouble }) => reasonOf(trouble)))
    for (const reason of ended) facts.runsWoken(reason, await wakeAll(reason, signal))
    seen = stops
  }
}
