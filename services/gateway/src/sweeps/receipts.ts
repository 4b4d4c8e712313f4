import { backoffMs, type Clock, Secret } from '@slipstream/runtime'
import type { StravaOAuth } from '@slipstream/strava'
import type { GrantVault } from '@slipstream/vault'
import type { UnlinkReceipt } from '../domain/model.ts'
import type { Links, Receipts } from '../domain/ports.ts'
import { RefusalError } from '../domain/refusal.ts'

export interface UnlinkWorkerDeps {
  receipts: Pick<Receipts, 'incomplete' | 'incompleteOf' | 'noteRevocation' | 'settleRevocation'>
  links: Pick<Links, 'remove'>
  vault: Pick<GrantVault, 'release'>
  oauth: Pick<StravaOAuth, 'revoke'>
  clock: Clock
  facts: {
    revocationSettled(fact: { receiptId: string; revoked: boolean }): void
    sweepFailed(what: string, error: unknown): void
  }
}

export interface UnlinkWorker {
  /** Removes the link, so that all work for it stops, and begins to settle its grant. */
  wipe(receipt: UnlinkReceipt): Promise<void>
  /**
   * Settles the grant of an earlier unlink, if there is one that is not. A new link must wait for that: revoked later,
   * the old grant would take the new one of the same account with it.
   * @throws RefusalError `strava_unavailable` when it cannot be settled now
   */
  settleEarlierUnlink(athleteId: string): Promise<void>
  /** One pass over receipts that are not complete: does again what a crash or an outage kept from happening. */
  sweep(): Promise<void>
  /** Waits for what was begun. */
  stop(): Promise<void>
}

const dueAfterMs = 30_000
const backoff = { firstMs: dueAfterMs, longestMs: 3_600_000 }
const batchSize = 100

/**
 * Unlinking after its receipt is written. Order: link removed → grant revoked at Strava and tokens deleted. Each step may be
 * repeated, and is until the receipt is complete. Ingestion erases on its own from the open receipt; see erasures.ts.
 */
export const createUnlinkWorker = (deps: UnlinkWorkerDeps): UnlinkWorker => {
  const { receipts, links, vault, oauth, clock, facts } = deps
  const underWay = new Set<Promise<void>>()
  /** When a receipt is tried again; lost at a restart, which then tries at once. */
  const pauses = new Map<string, { until: number; tries: number }>()

  const settle = async ({ receiptId, linkId }: UnlinkReceipt): Promise<void> => {
    const revoke = async (refreshToken: string) => {
      await oauth.revoke({ token: new Secret(refreshToken) })
      await receipts.noteRevocation(receiptId)
    }
    const { revoked, deleted } = await vault.release(linkId, revoke)
    // A receipt is opened only for a link that is there, and the link goes before this: one, whoever removed it.
    await receipts.settleRevocation(receiptId, { links: 1, credentials: deleted ? 1 : 0 }, clock.now())
    facts.revocationSettled({ receiptId, revoked })
  }

  const inBackground = (work: Promise<void>) => {
    const tracked = work.catch((error: unknown) => facts.sweepFailed('unlink', error))
    underWay.add(tracked)
    void tracked.finally(() => underWay.delete(tracked))
  }

  const isDue = ({ receiptId }: UnlinkReceipt): boolean => {
    const now = clock.now().getTime()
    const pause = pauses.get(receiptId) ?? { until: now, tries: 0 }
    if (pause.until > now) return false
    const tries = pause.tries + 1
    pauses.set(receiptId, { until: now + backoffMs(backoff, tries), tries })
    return true
  }

  const finish = async (receipt: UnlinkReceipt): Promise<void> => {
    await links.remove(receipt.linkId)
    if (receipt.revocationSettledAt === null) await settle(receipt)
  }

  return {
    wipe: async (receipt) => {
      await links.remove(receipt.linkId)
      if (receipt.revocationSettledAt === null) inBackground(settle(receipt))
    },
    settleEarlierUnlink: async (athleteId) => {
      const receipt = await receipts.incompleteOf(athleteId)
      if (!receipt || receipt.revocationSettledAt !== null) return
      try {
        await settle(receipt)
      } catch (cause) {
        throw new RefusalError('strava_unavailable', [], { cause })
      }
    },
    sweep: async () => {
      const open = await receipts.incomplete(new Date(clock.now().getTime() - dueAfterMs), batchSize)
      const openIds = new Set(open.map(({ receiptId }) => receiptId))
      for (const receiptId of pauses.keys()) if (!openIds.has(receiptId)) pauses.delete(receiptId)
      for (const receipt of open.filter(isDue)) {
        try {
          await finish(receipt)
        } catch (error) {
          facts.sweepFailed('unlink', error)
        }
      }
    },
    stop: async () => {
      await Promise.all(underWay)
    },
  }
}
