import { backoffUntil, type Clock } from '@slipstream/runtime'
import type { Erasure, LinkReader, OpenReceipt, ReceiptReader } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

export interface ErasureSweepDeps {
  receipts: Pick<ReceiptReader, 'unerased'>
  links: Pick<LinkReader, 'status'>
  erasure: Erasure
  /** Publishes what was just committed. */
  nudge: () => void
  facts: Facts
  clock: Clock
}

/** Receipts looked at in one turn; where there are more, the next turn goes on behind them and begins anew at the end. */
const batchSize = 100

/** It has to be done, so it is tried for as long as it takes. */
const retryPauses = { firstMs: 30_000, longestMs: 60 * 60_000 }

/** One that fails is tried again later and keeps no other from its turn. */
const eraseOne = async (deps: ErasureSweepDeps, link: OpenReceipt, attempts: number): Promise<void> => {
  const { erasure, nudge, facts, clock } = deps
  try {
    facts.erased(link, await erasure.erase(link))
    nudge()
  } catch (error) {
    facts.erasureFailed(link, error)
    const until = backoffUntil(clock.now(), retryPauses, attempts + 1)
    await erasure.postpone(link.receiptId, attempts + 1, until)
  }
}

/** A link that ends goes first: what is erased before is fetched again. */
const mayErase = async ({ links }: ErasureSweepDeps, { linkId, grantDiedAt }: OpenReceipt): Promise<boolean> =>
  grantDiedAt !== undefined || (await links.status(linkId)) === null

/** What of a batch of open receipts is this service's to do now. */
const eraseUnheard = async (deps: ErasureSweepDeps, open: readonly OpenReceipt[], signal: AbortSignal) => {
  const states = await deps.erasure.states(open.map(({ receiptId }) => receiptId))
  for (const link of open) {
    if (signal.aborted) return
    const { erasedAt = null, nextTryAt = null, attempts = 0 } = states.get(link.receiptId) ?? {}
    const isDue = erasedAt === null && (nextTryAt === null || nextTryAt <= deps.clock.now())
    if (isDue && (await mayErase(deps, link))) await eraseOne(deps, link, attempts)
  }
}

/**
 * Erases what is held of links that were ended, and what came under grants that have died, from their receipts:
 * `athlete.unlinked` only makes it quicker. Then looks
 * again at links erased a while ago. Bounds: 100 receipts along `receipts.unerased`, 100 rows along `erasures.look_again`.
 */
export const sweepErasures = (deps: ErasureSweepDeps) => {
  let after: OpenReceipt | null = null
  return async (signal: AbortSignal): Promise<void> => {
    const open: OpenReceipt[] = await deps.receipts.unerased(after, batchSize)
    after = open.length === batchSize ? (open.at(-1) ?? null) : null
    await eraseUnheard(deps, open, signal)
    for (const { link, attempts } of await deps.erasure.toLookAt(deps.clock.now(), batchSize)) {
      if (signal.aborted) return
      await eraseOne(deps, link, attempts)
    }
  }
}
