import type { Collections } from '@slipstream/persistence'
import { type LinkAttemptRow, named } from '@slipstream/records'
import type { NewId } from '@slipstream/runtime'
import type { LinkAttempt } from '../domain/model.ts'
import type { LinkAttempts } from '../domain/ports.ts'

const hourMs = 3_600_000
/** Nothing hangs on an attempt without a grant; one with a grant must be there until the grant is taken back. */
const keepMs = 24 * hourMs
const keepWithGrantMs = 90 * 24 * hourMs

const after = (now: Date, ms: number): Date => new Date(now.getTime() + ms)

const toAttempt = (found: LinkAttemptRow): LinkAttempt => named(found, 'id')

const toAttemptOrNull = (found: LinkAttemptRow | null): LinkAttempt | null => found && toAttempt(found)

export const createLinkAttempts = (
  attempts: Collections<'gateway'>['linkTransactions'],
  newId: NewId,
): LinkAttempts => ({
  issue: async (attempt, now) => {
    await attempts.create({
      ...attempt,
      _id: newId('att'),
      step: 'issued',
      transactionCookieHash: null,
      pendingLink: null,
      createdAt: now,
      deleteAt: after(now, keepMs),
    })
  },

  findByLinkToken: async (linkTokenHash) => toAttemptOrNull(await attempts.findOne({ linkTokenHash }).lean()),

  authorize: async (id, next, now) => {
    const { modifiedCount } = await attempts.updateOne(
      { _id: id, step: 'issued', expiresAt: { $gt: now } },
      { $set: { step: 'authorizing', ...next } },
    )
    return modifiedCount === 1
  },

  findByState: async (stateHash) => toAttemptOrNull(await attempts.findOne({ stateHash }).lean()),

  consumeState: async (stateHash, expiresAt, now) =>
    toAttemptOrNull(
      await attempts
        .findOneAndUpdate(
          { stateHash, step: 'authorizing', expiresAt: { $gt: now } },
          { $set: { step: 'exchanging', expiresAt } },
          { returnDocument: 'after' },
        )
        .lean(),
    ),

  recordGrant: async (id, pendingLink, now) => {
    await attempts.updateOne({ _id: id }, { $set: { pendingLink, deleteAt: after(now, keepWithGrantMs) } })
  },

  offerResult: async (id, next) => {
    await attempts.updateOne({ _id: id, step: 'exchanging' }, { $set: { step: 'pending', ...next } })
  },

  findByResult: async (resultHash) => toAttemptOrNull(await attempts.findOne({ resultHash }).lean()),

  consumeResult: async (id, expiresAt, now) => {
    const { modifiedCount } = await attempts.updateOne(
      { _id: id, step: 'pending', expiresAt: { $gt: now } },
      { $set: { step: 'exchanging', expiresAt } },
    )
    return modifiedCount === 1
  },

  finish: async (id, step, now) => {
    await attempts.updateOne({ _id: id }, { $set: { step, pendingLink: null, deleteAt: after(now, keepMs) } })
  },

  hasGrantWaiting: async (athleteId, now) => {
    const waiting = { $in: ['exchanging', 'pending'] as const satisfies LinkAttempt['step'][] }
    return (await attempts.exists({ step: waiting, expiresAt: { $gt: now }, athleteId })) !== null
  },

  abandoned: async (expiredBefore, now, limit) => {
    const waiting = { $in: ['exchanging', 'pending'] as const satisfies LinkAttempt['step'][] }
    const found = await attempts
      .find({
        step: waiting,
        expiresAt: { $lt: expiredBefore },
        $or: [{ nextTryAt: null }, { nextTryAt: { $lte: now } }],
      })
      // Not along `pending_expiry`: those whose next try is not due would all be looked at.
      .hint('to_take_back')
      .limit(limit)
      .lean()
    return found.map(toAttempt)
  },

  postpone: async (id, attemptsMade, nextTryAt) => {
    await attempts.updateOne({ _id: id }, { $set: { attempts: attemptsMade, nextTryAt } })
  },
})
