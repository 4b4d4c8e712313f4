import type { Clock, NewId } from '@slipstream/runtime'
import type { GrantVault } from '@slipstream/vault'
import type { Links } from '../domain/ports.ts'
import { linkedEvent } from '../handlers/link-flow.ts'

export interface GrantSweepDeps {
  links: Pick<Links, 'find' | 'requireReauth' | 'revive'>
  vault: Pick<GrantVault, 'turns' | 'heard' | 'withoutAccount' | 'adopt'>
  clock: Clock
  newId: NewId
  nudge(): void
  facts: {
    reauthRequired(fact: { linkId: string; code: string }): void
    grantRevived(fact: { linkId: string }): void
  }
}

const batchSize = 100

/**
 * Shows in the links which grants have died or come back. Ingestion tells it, too, but a message may be lost. A link that
 * waits for another reason than its grant is left alone.
 */
export const followGrants = async ({ links, vault, clock, newId, nudge, facts }: GrantSweepDeps): Promise<void> => {
  for (const turn of await vault.turns(batchSize)) {
    const link = await links.find(turn.linkId)
    if (link && turn.status === 'dead') {
      // The credential is dead at this moment, so that no later consent stands against it, whatever clocks say.
      const since = turn.turnedAt > link.statusSince ? turn.turnedAt : link.statusSince
      const code = 'reauth_required'
      if (await links.requireReauth(link.linkId, code, since)) facts.reauthRequired({ linkId: link.linkId, code })
    } else if (link && turn.status === 'active') {
      const now = clock.now()
      if (await links.revive(link.linkId, linkedEvent(link, { newId }, now), now)) {
        nudge()
        facts.grantRevived({ linkId: link.linkId })
      }
    }
    await vault.heard(turn)
  }
}

/** Gives the links of 0.1 their accounts, and those that a replica of 0.1 makes beside this one. */
export const adoptLinks = async ({ links, vault }: Pick<GrantSweepDeps, 'links' | 'vault'>): Promise<void> => {
  for (const linkId of await vault.withoutAccount(batchSize)) {
    const link = await links.find(linkId)
    if (link) await vault.adopt(link)
  }
}
