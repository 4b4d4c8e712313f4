import { backoffUntil, type Clock } from '@slipstream/runtime'
import type { DeadGrant, GrantVault } from '@slipstream/vault'
import type { Links, Receipts } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

export interface DeadGrantSweepDeps {
  vault: Pick<GrantVault, 'deadGrants' | 'settleDead' | 'postponeDead'>
  links: Pick<Links, 'find'>
  receipts: Pick<Receipts, 'openForPolicy'>
  clock: Clock
  facts: Pick<Facts, 'dataOutdated' | 'rowFailed'>
}

const backoff = { firstMs: 30_000, longestMs: 3_600_000 }
const batchSize = 100

/**
 * Has the data of grants erased that have been dead for as long as data may be kept. The link stays, with its place: the
 * athlete may consent again at any time. Ingestion erases from the receipt, and leaves what came under a grant that is back by
 * then. A crash between the receipt and its mark finds the same receipt again. Bound of a turn: 100 grants along `dead`, each met
 * once when it has died and once when its time has come.
 */
export const endDeadGrants = (deps: DeadGrantSweepDeps, keepForMs: number) => {
  const { vault, links, receipts, clock, facts } = deps

  const follow = async (grant: DeadGrant): Promise<void> => {
    const until = new Date(grant.diedAt.getTime() + keepForMs)
    if (until > clock.now()) return await vault.postponeDead(grant, 0, until)
    // Without a link it was unlinked meanwhile, and all goes with that.
    if (await links.find(grant.linkId)) {
      const { linkId, receiptId } = await receipts.openForPolicy(grant, clock.now())
      facts.dataOutdated({ linkId, receiptId })
    }
    await vault.settleDead(grant)
  }

  return async (signal: AbortSignal): Promise<void> => {
    for (const grant of await vault.deadGrants(batchSize)) {
      if (signal.aborted) return
      try {
        await follow(grant)
      } catch (error) {
        facts.rowFailed('dead-grants', error)
        const attempts = grant.attempts + 1
        await vault.postponeDead(grant, attempts, backoffUntil(clock.now(), backoff, attempts))
      }
    }
  }
}
