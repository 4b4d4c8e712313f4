import type { Clock } from '@slipstream/runtime'
import type { UnlinkReceipt } from '../domain/model.ts'
import type { Erasures, Receipts } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

export interface ErasureSweepDeps {
  receipts: Pick<Receipts, 'unerased' | 'recordErasure'>
  erasures: Erasures
  clock: Clock
  facts: Pick<Facts, 'rowFailed'>
}

/** Receipts looked at in one turn; where there are more, the next turn goes on behind them and begins anew at the end. */
const batchSize = 100

/**
 * Receipts whose `athlete.erased` was lost: what was erased stands in ingestion's row, too. Bound: 100 receipts along
 * `receipts.unerased`, and as many rows by their id.
 */
export const sweepErasures = ({ receipts, erasures, clock, facts }: ErasureSweepDeps) => {
  let after: UnlinkReceipt | null = null
  return async (): Promise<void> => {
    const open: UnlinkReceipt[] = await receipts.unerased(after, batchSize)
    after = open.length === batchSize ? (open.at(-1) ?? null) : null
    const done = await erasures.done(open.map(({ receiptId }) => receiptId))
    for (const [receiptId, { deleted, erasedAt }] of done) {
      try {
        await receipts.recordErasure(receiptId, deleted, erasedAt, clock.now())
      } catch (error) {
        facts.rowFailed('erasures', error)
      }
    }
  }
}
