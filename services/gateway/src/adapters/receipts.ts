import { type Collections, isDuplicateKey } from '@slipstream/persistence'
import { endingReasons, named, policyReceiptIdOf, type ReceiptRow } from '@slipstream/records'
import type { UnlinkReceipt } from '../domain/model.ts'
import type { Receipts } from '../domain/ports.ts'

const toReceipt = (found: ReceiptRow): UnlinkReceipt => named(found, 'receiptId')

const toReceiptOrNull = (found: ReceiptRow | null): UnlinkReceipt | null => found && toReceipt(found)

const countsOf = (deleted: Record<string, number>) =>
  Object.fromEntries(Object.entries(deleted).map(([collection, count]) => [`deleted.${collection}`, count]))

/** The receipt that ends a link, among those it may have. */
const endOf = (linkId: string) => ({ linkId, reason: { $in: endingReasons } })

/** So long the one who opens a receipt has for wiping; then the sweep does it. */
const firstTryAfterMs = 30_000

const behind = ({ requestedAt, receiptId }: UnlinkReceipt) => ({
  $or: [{ requestedAt: { $gt: requestedAt } }, { requestedAt, _id: { $gt: receiptId } }],
})

export const createReceipts = (receipts: Collections<'gateway'>['receipts']): Receipts => {
  /**
   * Complete is what has both: the grant settled at Strava and the data erased here. Whoever comes second completes, in the
   * same write: a crash in between would leave the receipt open for good.
   */
  const completing = (now: Date) => ({
    $set: {
      completedAt: {
        $cond: [{ $and: ['$revocationSettledAt', '$erasedAt'] }, { $ifNull: ['$completedAt', now] }, '$completedAt'],
      },
    },
  })

  return {
    open: async ({ receiptId, ...receipt }, event) => {
      try {
        const opened = await receipts.create({
          _id: receiptId,
          ...receipt,
          revokedAtStrava: false,
          revocationSettledAt: null,
          erasedAt: null,
          completedAt: null,
          wipedAt: null,
          attempts: 0,
          // Whoever opens it wipes at once.
          nextTryAt: new Date(receipt.requestedAt.getTime() + firstTryAfterMs),
          deleted: {},
          outbox: [event],
        })
        return toReceipt(opened.toObject())
      } catch (error) {
        const earlier = isDuplicateKey(error) ? await receipts.findOne(endOf(receipt.linkId)).lean() : null
        if (!earlier) throw error
        return toReceipt(earlier)
      }
    },

    openForPolicy: async ({ linkId, athleteId, diedAt }, now) => {
      const opened = await receipts
        .findByIdAndUpdate(
          policyReceiptIdOf(linkId, diedAt),
          {
            $setOnInsert: {
              ...{ athleteId, linkId, reason: 'policy', requestedAt: now, grantDiedAt: diedAt },
              // The grant had ended at Strava, and the link is not to be removed: what is left to do is ingestion's.
              ...{ revokedAtStrava: false, revocationSettledAt: now, wipedAt: now },
              ...{ erasedAt: null, completedAt: null, deleted: {}, outbox: [] },
            },
          },
          { upsert: true, returnDocument: 'after' },
        )
        .lean<ReceiptRow>()
        .orFail()
      return toReceipt(opened)
    },

    find: async (receiptId, athleteId) => toReceiptOrNull(await receipts.findOne({ _id: receiptId, athleteId }).lean()),

    newest: async (athleteId, limit) => {
      const found = await receipts.find({ athleteId }).sort({ requestedAt: -1 }).limit(limit).lean<ReceiptRow[]>()
      return found.map(toReceipt)
    },
    incompleteOf: async (athleteId) =>
      toReceiptOrNull(
        await receipts
          .findOne({ athleteId, completedAt: null, reason: { $in: endingReasons } })
          .sort({ requestedAt: -1 })
          .lean(),
      ),

    incompleteSince: async () => {
      const first = await receipts.findOne({ completedAt: null }, { requestedAt: 1 }).sort({ requestedAt: 1 }).lean()
      return first?.requestedAt ?? null
    },

    toWipe: async (now, limit) => {
      const found = await receipts
        .find({ completedAt: null, wipedAt: null, $or: [{ nextTryAt: null }, { nextTryAt: { $lte: now } }] })
        // Not along `incomplete`: those that wait for Strava alone would all be looked at.
        .hint('to_wipe')
        .limit(limit)
        .lean()
      return found.map(toReceipt)
    },

    noteWiped: async (receiptId, now) => {
      await receipts.updateOne({ _id: receiptId }, { $set: { wipedAt: now } })
    },

    postponeWipe: async (receiptId, attempts, nextTryAt) => {
      await receipts.updateOne({ _id: receiptId }, { $set: { attempts, nextTryAt } })
    },

    unerased: async (after, limit) => {
      const found = await receipts
        .find({ erasedAt: null, ...(after && behind(after)) })
        .sort({ requestedAt: 1, _id: 1 })
        .limit(limit)
        .lean()
      return found.map(toReceipt)
    },

    endOf: async (linkId) => toReceiptOrNull(await receipts.findOne(endOf(linkId)).lean()),

    settleRevocation: async (linkId, { revokedAtStrava, note = null, deleted }, now) => {
      await receipts.updateOne(
        { ...endOf(linkId), revokedAtStrava: { $ne: true } },
        { $set: { revokedAtStrava, note } },
      )
      const larger = Object.entries({ revocationSettledAt: now, ...countsOf(deleted) }).map(
        ([field, value]) => [field, { $max: [`$${field}`, value] }] as const,
      )
      await receipts.updateOne(endOf(linkId), [{ $set: Object.fromEntries(larger) }, completing(now)], {
        updatePipeline: true,
      })
    },

    recordErasure: async (receiptId, deleted, erasedAt, now) => {
      const { matchedCount } = await receipts.updateOne(
        { _id: receiptId, erasedAt: null },
        [{ $set: { erasedAt, ...countsOf(deleted) } }, completing(now)],
        { updatePipeline: true },
      )
      return matchedCount === 1
    },
  }
}
