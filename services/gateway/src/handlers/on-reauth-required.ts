import { done, type Handler, skipped } from '@slipstream/messaging'
import type { GrantVault } from '@slipstream/vault'
import type { Links } from '../domain/ports.ts'

/**
 * Ingestion found the grant dead; the link says so from now on, unless it was renewed since. The credential knows best:
 * `since` is of another process's clock. A grant with too little scope has a credential that lives.
 */
export const onReauthRequired =
  (deps: {
    links: Pick<Links, 'requireReauth'>
    vault: Pick<GrantVault, 'isActive'>
    facts: { reauthRequired(fact: { linkId: string; code: string }): void }
  }): Handler<'athlete.reauth_required'> =>
  async ({ linkId, code, since }) => {
    const isRenewed = code !== 'scope_missing' && (await deps.vault.isActive(linkId))
    const changed = !isRenewed && (await deps.links.requireReauth(linkId, code, new Date(since)))
    if (!changed) return skipped('link-gone-or-renewed')
    deps.facts.reauthRequired({ linkId, code })
    return done()
  }
