import type { Clock, NewId } from '@slipstream/runtime'
import type { GrantTurn, GrantVault } from '@slipstream/vault'
import type { Links } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'
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
    rowFailed: Facts['rowFailed']
  }
}

/** Looked at in one turn; where there are more, the next turn goes on behind them and begins anew at the end. */
const batchSize = 100

const follow = async ({ links, clock, newId, nudge, facts }: GrantSweepDeps, turn: GrantTurn): Promise<void> => {
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
}

/**
 * Shows in the links which grants have died or come back. Ingestion tells it, too, but a message may be lost. A link that
 * waits for another reason than its grant is left alone. One that fails comes again and keeps no other from its turn.
 */
export const followGrants = (deps: GrantSweepDeps) => {
  let after: Date | null = null
  return async (): Promise<void> => {
    const turns: GrantTurn[] = await deps.vault.turns(after, batchSize)
    after = turns.length === batchSize ? (turns.at(-1)?.turnedAt ?? null) : null
    for (const turn of turns) {
      try {
        await follow(deps, turn)
        await deps.vault.heard(turn)
      } catch (error) {
        deps.facts.rowFailed('turned-grants', error)
      }
    }
  }
}

/**
 * Gives the links of 0.1 their accounts, and those that a replica of 0.1 makes beside this one. Tokens whose link is gone, or
 * not made yet, are passed over.
 */
export const adoptLinks = ({ links, vault, facts }: Pick<GrantSweepDeps, 'links' | 'vault' | 'facts'>) => {
  let after: string | null = null
  return async (): Promise<void> => {
    const linkIds: string[] = await vault.withoutAccount(after, batchSize)
    after = linkIds.length === batchSize ? (linkIds.at(-1) ?? null) : null
    for (const linkId of linkIds) {
      try {
        const link = await links.find(linkId)
        if (link) await vault.adopt(link)
      } catch (error) {
        facts.rowFailed('links-without-account', error)
      }
    }
  }
}
