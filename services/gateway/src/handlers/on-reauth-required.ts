import { done, type Handler, skipped } from '@slipstream/messaging'
import type { Links } from '../domain/ports.ts'

/** Ingestion found the grant dead; the link says so from now on, unless it was renewed since. */
export const onReauthRequired =
  (deps: {
    links: Pick<Links, 'requireReauth'>
    facts: { reauthRequired(fact: { linkId: string; code: string }): void }
  }): Handler<'athlete.reauth_required'> =>
  async ({ linkId, code, since }) => {
    const changed = await deps.links.requireReauth(linkId, code, new Date(since))
    if (!changed) return skipped('link-gone-or-renewed')
    deps.facts.reauthRequired({ linkId, code })
    return done()
  }
