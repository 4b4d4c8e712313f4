import { backoffMs, type Clock } from '@slipstream/runtime'
import type { EndedLink, Erasure, LinkReader, ReceiptReader } from '../domain/ports.ts'
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
const eraseOne = async (deps: ErasureSweepDeps, link: EndedLink, attempts: number): Promise<void> => {
  const { erasure, nudge, facts, clock } = deps
  try {
    facts.linkErased(link, await erasure.erase(link))
    nudge()
  } catch (error) {
    facts.erasureFailed(link, error)
    const until = new Date(clock.now().getTime() + backoffMs(retryPauses, attempts + 1))
    await erasure.postpone(link.receiptId, attempts + 1, until)
  }
}

/** What of a batch of open receipts is this service's to do now. The link goes first: what is erased before is fetched again. */
const eraseUnheard = async (deps: ErasureSweepDeps, open: readonly EndedLink[], signal: AbortSignal) => {
  const states = await deps.erasure.states(open.map(({ receiptId }) => receiptId))
  for (const link of open) {
    if (signal.aborted) return
    const { erasedAt = null, nextTryAt = null, attempts = 0 } = states.get(link.receiptId) ?? {}
    const isDue = erasedAt === null && (nextTryAt === null || nextTryAt <= deps.clock.now())
    if (isDue && (await deps.links.status(link.linkId)) === null) await eraseOne(deps, link, attempts)
  }
}

/**
 * Erases what is held of links that were ended, from their receipts: `athlete.unlinked` only makes it quicker. Then looks
 * again at links erased a while ago. Bounds: 100 receipts along `receipts.unerased`, 100 rows along `erasures.look_again`.
 */
export const sweepErasures = (deps: ErasureSweepDeps) => {
  let after: EndedLink | null = null
  return async (signal: AbortSignal): Promise<void> => {
    const open: EndedLink[] = await deps.receipts.unerased(after, batchSize)
    after = open.length === batchSize ? (open.at(-1) ?? null) : null
    await eraseUnheard(deps, open, signal)
    for (const { link, attempts } of await deps.erasure.toLookAt(deps.clock.now(), batchSize)) {
      if (signal.aborted) return
      await eraseOne(deps, link, attempts)
    }
  }
}
