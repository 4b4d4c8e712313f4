import { backoffUntil, type Clock } from '@slipstream/runtime'
import type { GrantVault } from '@slipstream/vault'
import type { UnlinkReceipt } from '../domain/model.ts'
import type { Inbox, Links, Receipts } from '../domain/ports.ts'
import type { KeyedRequests } from '../domain/repeated-request.ts'
import type { Facts } from '../facts.ts'
import type { Revocations } from './revocations.ts'

export interface UnlinkWorkerDeps {
  receipts: Pick<Receipts, 'toWipe' | 'noteWiped' | 'postponeWipe'>
  links: Pick<Links, 'find' | 'remove'>
  inbox: Pick<Inbox, 'removeOf'>
  keyedRequests: Pick<KeyedRequests, 'removeOf'>
  vault: Pick<GrantVault, 'adopt'>
  revocations: Pick<Revocations, 'end'>
  clock: Clock
  facts: Pick<Facts, 'rowFailed'>
}

export interface UnlinkWorker {
  /** Removes the link, so that all work for it stops, and ends its grant. */
  wipe(receipt: UnlinkReceipt): Promise<void>
  /** One pass over receipts that are not wiped: does again what a crash or an outage kept from happening. */
  sweep(): Promise<void>
}

const backoff = { firstMs: 30_000, longestMs: 3_600_000 }
const batchSize = 100

/**
 * Unlinking after its receipt is written. Order: link removed → tokens gone, their revocation owed by the account. Each step
 * may be repeated, and is until both have happened; from then on the account's row leads to the revocation and ingestion erases
 * on its own from the open receipt (see revocations.ts and erasures.ts). Bound of a pass: 100 receipts along `to_wipe`.
 */
export const createUnlinkWorker = (deps: UnlinkWorkerDeps): UnlinkWorker => {
  const { receipts, links, inbox, keyedRequests, vault, revocations, clock, facts } = deps

  const wipe = async (receipt: UnlinkReceipt): Promise<void> => {
    const link = await links.find(receipt.linkId)
    if (link) {
      // While the link tells which account it is: a credential of 0.1 does not.
      await vault.adopt(link)
      await links.remove(link.linkId)
    }
    // What comes in the meantime is of a link that is gone, and ends by its time.
    await inbox.removeOf(receipt.linkId)
    await keyedRequests.removeOf(receipt.athleteId)
    if (receipt.revocationSettledAt === null) await revocations.end(receipt)
    await receipts.noteWiped(receipt.receiptId, clock.now())
  }

  return {
    wipe,
    sweep: async () => {
      for (const receipt of await receipts.toWipe(clock.now(), batchSize)) {
        try {
          await wipe(receipt)
        } catch (error) {
          facts.rowFailed('open-receipts', error)
          const attempts = (receipt.attempts ?? 0) + 1
          const nextTryAt = backoffUntil(clock.now(), backoff, attempts)
          await receipts.postponeWipe(receipt.receiptId, attempts, nextTryAt)
        }
      }
    },
  }
}
