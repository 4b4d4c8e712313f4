import { type Collections, isDuplicateKey } from '@slipstream/persistence'
import { type LinkAttemptRow, named } from '@slipstream/records'
import type { NewId } from '@slipstream/runtime'
import type { LinkAttempt } from '../domain/model.ts'
import type { LinkAttempts } from '../domain/ports.ts'

const hourMs = 3_600_000
/** Nothing hangs on an attempt without a grant; one with a grant must be there until the grant is taken back. */
const keepMs = 24 * hourMs
const keepWithGrantMs = 90 * 24 * hourMs

/** With the state of one attempt; each costs calls to Strava. */
const mostLaterCodes = 5

const after = (now: Date, ms: number): Date => new Date(now.getTime() + ms)

/** Steps of an attempt that has, or may have, a grant and no end. */
const waiting = { $in: ['exchanging', 'pending'] satisfies LinkAttempt['step'][] }

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

  find: async (id) => toAttemptOrNull(await attempts.findById(id).lean()),

  athletesWith: (place, hash) => attempts.distinct('athleteId', { [place]: hash }),

  findByState: async (stateHash) => toAttemptOrNull(await attempts.findOne({ stateHash }).lean()),

  consumeState: async (id, taken) => {
    const { modifiedCount } = await attempts.updateOne(
      { _id: id, step: 'authorizing' },
      { $set: { step: 'exchanging', ...taken } },
    )
    return modifiedCount === 1
  },

  takeLaterCode: async ({ id, athleteId, platform }, { codeHash, expiresAt }, now) => {
    const known = async () => {
      const row = await attempts.findOne({ linkTokenHash: codeHash, athleteId }).lean()
      return row && { isNew: false, attempt: toAttempt(row) }
    }
    const before = await known()
    if (before) return before
    const { modifiedCount } = await attempts.updateOne(
      { _id: id, laterCodes: { $not: { $gte: mostLaterCodes } } },
      { $inc: { laterCodes: 1 } },
    )
    if (modifiedCount === 0) return 'too_many'
    try {
      const row = await attempts.create({
        ...{ _id: newId('att'), athleteId, platform, step: 'exchanging', createdAt: now, expiresAt },
        // No link token leads here; under its index, this one stands for the code, which is taken once.
        ...{ linkTokenHash: codeHash, codeHash, browserHash: null, transactionCookieHash: null },
        ...{ codeChallenge: null, returnTo: null, pendingLink: null, deleteAt: after(now, keepMs) },
      })
      return { isNew: true, attempt: toAttempt(row.toObject()) }
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
      return (await known()) ?? 'too_many'
    }
  },

  recordGrant: async (id, pendingLink, now) => {
    await attempts.updateOne({ _id: id }, { $set: { pendingLink, deleteAt: after(now, keepWithGrantMs) } })
  },

  offerResult: async (id, next) => {
    await attempts.updateOne({ _id: id, step: 'exchanging' }, { $set: { step: 'pending', ...next } })
  },

  renewResult: async (id, resultHash, now) => {
    const { modifiedCount } = await attempts.updateOne(
      { _id: id, step: 'pending', expiresAt: { $gt: now } },
      { $set: { resultHash } },
    )
    return modifiedCount === 1
  },

  findByResult: async (resultHash) => toAttemptOrNull(await attempts.findOne({ resultHash }).lean()),

  consumeResult: async (id, expiresAt, now) => {
    const { modifiedCount } = await attempts.updateOne(
      { _id: id, step: 'pending', expiresAt: { $gt: now } },
      { $set: { step: 'exchanging', expiresAt } },
    )
    return modifiedCount === 1
  },

  finish: async (id, answer, now) => {
    const step = answer.code === null ? 'completed' : 'failed'
    await attempts.updateOne({ _id: id }, { $set: { step, answer, pendingLink: null, deleteAt: after(now, keepMs) } })
  },

  wasRefused: async (athleteId, codes) => {
    // A later code, which has no state of its own, has linked nothing.
    const ended = { answer: { $exists: true }, stateHash: { $exists: true } }
    const last = await attempts
      .findOne({ athleteId, ...ended, 'answer.code': { $in: [null, ...codes] } }, { answer: 1 })
      .sort({ createdAt: -1 })
      .lean()
    return last?.answer != null && last.answer.code !== null
  },

  hasGrantWaiting: async (athleteId, now) =>
    (await attempts.exists({ step: waiting, expiresAt: { $gt: now }, athleteId })) !== null,

  othersWithGrantWaiting: (athleteId) =>
    attempts.distinct('athleteId', { step: waiting, athleteId: { $ne: athleteId } }),

  abandoned: async (expiredBefore, now, limit) => {
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
