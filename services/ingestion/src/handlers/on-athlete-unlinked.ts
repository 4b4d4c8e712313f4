import type { OutboxEvent } from '@slipstream/contracts'
import { done, type Handler, newEvent } from '@slipstream/messaging'
import type { Clock, NewId } from '@slipstream/runtime'
import type { Erasure } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

export interface UnlinkedDeps {
  erasure: Erasure
  publish: (event: OutboxEvent) => Promise<void>
  facts: Facts
  clock: Clock
  newId: NewId
}

/**
 * Deletes what is held of the link, then says so. No document is left that could carry the event, so it is published
 * before the ack: a crash in between repeats both, and the repeated receipt counts what was left, usually nothing.
 */
export const onAthleteUnlinked =
  ({ erasure, publish, facts, clock, newId }: UnlinkedDeps): Handler<'athlete.unlinked'> =>
  async ({ athleteId, linkId, receiptId }) => {
    const deleted = await erasure.eraseLink(linkId)
    const now = clock.now()
    await publish(
      newEvent(
        'athlete.erased',
        { athleteId, linkId, receiptId, deleted, erasedAt: now.toISOString() },
        { id: newId('evt'), now },
      ),
    )
    facts.linkErased(linkId, receiptId, deleted)
    return done()
  }
