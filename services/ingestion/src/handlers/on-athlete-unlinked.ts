import type { OutboxEvent } from '@slipstream/contracts'
import { done, type Handler, newEvent, TransientError } from '@slipstream/messaging'
import type { Clock } from '@slipstream/runtime'
import type { Erasure, LinkReader } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

export interface UnlinkedDeps {
  links: Pick<LinkReader, 'status'>
  erasure: Erasure
  publish: (event: OutboxEvent) => Promise<void>
  facts: Facts
  clock: Clock
}

/**
 * Deletes what is held of the link, then says so. The event is told before the link is removed: data erased too early
 * would be fetched and published again for the link still there.
 *
 * No document is left that could carry the answer, so it is published before the ack. A crash in between repeats both
 * under the same id; the first answer is the one that counts what was there.
 */
export const onAthleteUnlinked =
  ({ links, erasure, publish, facts, clock }: UnlinkedDeps): Handler<'athlete.unlinked'> =>
  async ({ athleteId, linkId, receiptId }) => {
    if ((await links.status(linkId)) !== null) throw new TransientError('the link is still there')
    const deleted = await erasure.eraseLink(linkId)
    const now = clock.now()
    await publish(
      newEvent(
        'athlete.erased',
        { athleteId, linkId, receiptId, deleted, erasedAt: now.toISOString() },
        { id: `${receiptId}.erased`, now },
      ),
    )
    facts.linkErased(linkId, receiptId, deleted)
    return done()
  }
