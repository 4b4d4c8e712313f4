import { backoffMs, type Clock } from '@slipstream/runtime'
import type { GrantVault } from '@slipstream/vault'
import type { UnlinkReceipt } from '../domain/model.ts'
import type { Links, Receipts } from '../domain/ports.ts'
import type { Revocations } from './revocations.ts'

export interface UnlinkWorkerDeps {
  receipts: Pick<Receipts, 'incomplete'>
  links: Pick<Links, 'find' | 'remove'>
  vault: Pick<GrantVault, 'adopt'>
  revocations: Pick<Revocations, 'end'>
  clock: Clock
  facts: { sweepFailed(what: string, error: unknown): void }
}

export interface UnlinkWorker {
  /** Removes the link, so that all work for it stops, and ends its grant. */
  wipe(receipt: UnlinkReceipt): Promise<void>
  /** One pass over receipts that are not complete: does again what a crash or an outage kept from happening. */
  sweep(): Promise<void>
}

const dueAfterMs = 30_000
const backoff = { firstMs: dueAfterMs, longestMs: 3_600_000 }
const batchSize = 100

/**
 * Unlinking after its receipt is written. Order: link removed → tokens gone, their revocation owed by the account. Each step
 * may be repeated, and is until the receipt is complete. Ingestion erases on its own from the open receipt; see erasures.ts.
 */
export const createUnlinkWorker = (deps: UnlinkWorkerDeps): UnlinkWorker => {
  const { receipts, links, vault, revocations, clock, facts } = deps
  /** When a receipt is tried again; lost at a restart, which then tries at once. */
  const pauses = new Map<string, { until: number; tries: number }>()

  const wipe = async (receipt: UnlinkReceipt): Promise<void> => {
    const link = await links.find(receipt.linkId)
    if (link) {
      // While the link tells which account it is: a credential of 0.1 does not.
      await vault.adopt(link)
      await links.remove(link.linkId)
    }
    if (receipt.revocationSettledAt === null) await revocations.end(receipt)
  }

  const isDue = ({ receiptId }: UnlinkReceipt): boolean => {
    const now = clock.now().getTime()
    const pause = pauses.get(receiptId) ?? { until: now, tries: 0 }
    if (pause.until > now) return false
    const tries = pause.tries + 1
    pauses.set(receiptId, { until: now + backoffMs(backoff, tries), tries })
    return true
  }

  return {
    wipe,
    sweep: async () => {
      const open = await receipts.incomplete(new Date(clock.now().getTime() - dueAfterMs), batchSize)
      const openIds = new Set(open.map(({ receiptId }) => receiptId))
      for (const receiptId of pauses.keys()) if (!openIds.has(receiptId)) pauses.delete(receiptId)
      for (const receipt of open.filter(isDue)) {
        try {
          await wipe(receipt)
        } catch (error) {
          facts.sweepFailed('unlink', error)
        }
      }
    },
  }
}
