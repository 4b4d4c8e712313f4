import { done, type Handler, skipped } from '@slipstream/messaging'
import type { GrantVault } from '@slipstream/vault'
import type { Links } from '../domain/ports.ts'

export interface GrantLostDeps {
  links: Pick<Links, 'requireReauth'>
  vault: Pick<GrantVault, 'isActive'>
  facts: { reauthRequired(fact: { linkId: string; code: string }): void }
}

/**
 * Ingestion found the grant dead; the link says so from now on, unless it was renewed since. The credential knows best:
 * `since` is of another process's clock. A grant with too little scope has a credential that lives.
 */
export const requireReauth = async (
  { links, vault, facts }: GrantLostDeps,
  { linkId, code, since }: { linkId: string; code: string; since: Date },
): Promise<boolean> => {
  const isRenewed = code !== 'scope_missing' && (await vault.isActive(linkId))
  const changed = !isRenewed && (await links.requireReauth(linkId, code, since))
  if (changed) facts.reauthRequired({ linkId, code })
  return changed
}

export const onReauthRequired =
  (deps: GrantLostDeps): Handler<'athlete.reauth_required'> =>
  async ({ linkId, code, since }) =>
    (await requireReauth(deps, { linkId, code, since: new Date(since) })) ? done() : skipped('link-gone-or-renewed')
