import { done, type Handler, skipped } from '@slipstream/messaging'
import type { Erasure, LinkReader } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

export interface UnlinkedDeps {
  links: Pick<LinkReader, 'status'>
  erasure: Pick<Erasure, 'erase'>
  /** Publishes what was just committed. */
  nudge: () => void
  facts: Facts
}

/**
 * Erases what is held of the link at once; the sweep would find the receipt a little later. Not while the link is still
 * there: data erased too early would be fetched and published again. The sweep comes back for that.
 */
export const onAthleteUnlinked =
  ({ links, erasure, nudge, facts }: UnlinkedDeps): Handler<'athlete.unlinked'> =>
  async ({ athleteId, linkId, receiptId, unlinkedAt }) => {
    if ((await links.status(linkId)) !== null) return skipped('link-still-there')
    const link = { receiptId, athleteId, linkId, requestedAt: new Date(unlinkedAt) }
    const deleted = await erasure.erase(link)
    nudge()
    facts.erased(link, deleted)
    return done()
  }
