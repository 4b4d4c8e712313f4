import { done, type Handler, skipped } from '@slipstream/messaging'
import type { Clock } from '@slipstream/runtime'
import type { Receipts } from '../domain/ports.ts'

/** Ingestion erased what it held of an unlinked athlete: the receipt says what, and is complete once the grant is settled too. */
export const onAthleteErased =
  (deps: { receipts: Pick<Receipts, 'recordErasure'>; clock: Clock }): Handler<'athlete.erased'> =>
  async ({ receiptId, deleted, erasedAt }) => {
    const recorded = await deps.receipts.recordErasure(receiptId, deleted, new Date(erasedAt), deps.clock.now())
    return recorded ? done() : skipped('receipt-unknown-or-erased-before')
  }
