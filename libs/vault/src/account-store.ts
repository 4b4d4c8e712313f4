import { isDuplicateKey, type WritableCollection } from '@slipstream/persistence'
import type { KeySeen } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import type { Account } from './account.ts'
import type { KeyCount } from './credential-store.ts'

export type AccountCollection = WritableCollection<'accounts'>

/** The row that is no account but holds the key of their ids. Account ids are in hex, so none of them is this. */
export const keyRowId = 'id_key'

type Row = { account: Account; revision: number } | null

const toAccount = ({ epoch, isHeld, linkId, athleteId, owed, endsAt }: Account): Account => ({
  epoch,
  isHeld,
  linkId,
  athleteId,
  owed,
  endsAt,
})

/** The rows of `accounts`; every change is one decision of `account.ts` about the row as it is in that moment. */
export const createAccountStore = (accounts: AccountCollection, clock: Clock) => {
  /** With the server's time, by which the rows live; where there is no row this process's time has to do. */
  const read = async (accountId: string): Promise<{ row: Row; now: Date }> => {
    const [found] = await accounts.aggregate<Account & { revision: number; now: Date }>([
      { $match: { _id: accountId } },
      { $set: { now: '$$NOW' } },
    ])
    if (!found) return { row: null, now: clock.now() }
    return { row: { account: toAccount(found), revision: found.revision }, now: found.now }
  }

  /** False when somebody else came first. */
  const write = async (accountId: string, row: Row, next: Account): Promise<boolean> => {
    if (row) {
      const revision = row.revision + 1
      const { matchedCount } = await accounts.updateOne(
        { _id: accountId, revision: row.revision },
        { $set: { ...next, revision } },
      )
      return matchedCount === 1
    }
    try {
      await accounts.create({ _id: accountId, ...next, revision: 1 })
      return true
    } catch (error) {
      if (isDuplicateKey(error)) return false
      throw error
    }
  }

  return {
    read,

    /**
     * Decides again as long as others change the row in between.
     * @param decide null leaves the row as it is
     * @returns the row before and after; the same where nothing was decided
     */
    change: async (
      accountId: string,
      decide: (account: Account | null, now: Date) => Account | null,
    ): Promise<{ before: Account | null; after: Account | null; now: Date; isChanged: boolean }> => {
      for (;;) {
        const { row, now } = await read(accountId)
        const before = row?.account ?? null
        const next = decide(before, now)
        if (!next) return { before, after: before, now, isChanged: false }
        if (await write(accountId, row, next)) return { before, after: next, now, isChanged: true }
      }
    },

    /** The account that a link holds, or was the last to hold. */
    idOfLink: async (linkId: string): Promise<string | null> =>
      (await accounts.findOne({ linkId }, { _id: 1 }).lean())?._id ?? null,

    /** By the server's time; the sort and the limit come first, so that they run on the index. */
    owedDue: async (limit: number): Promise<string[]> => {
      const due = await accounts.aggregate<{ _id: string }>([
        { $match: { 'owed.nextTryAt': { $gt: new Date(0) } } },
        { $sort: { 'owed.nextTryAt': 1 } },
        { $limit: limit },
        { $match: { $expr: { $lte: ['$owed.nextTryAt', '$$NOW'] } } },
        { $project: { _id: 1 } },
      ])
      return due.map(({ _id }) => _id)
    },

    owedOfAthlete: async (athleteId: string): Promise<string[]> =>
      (await accounts.find({ athleteId, isHeld: false, owed: { $ne: null } }, { _id: 1 }).lean()).map(({ _id }) => _id),

    /** Accounts that no link holds and whose grant may live on, other than this athlete's; null: of all. */
    countUnheld: (exceptAthleteId: string | null): Promise<number> =>
      accounts.countDocuments({ isHeld: false, endsAt: null, athleteId: { $ne: exceptAthleteId } }),

    /** Notes from when on something was sealed under each key; those under which nothing is any more are forgotten. */
    noteKeys: async (kids: readonly string[]): Promise<void> => {
      await accounts.updateOne(
        { _id: keyRowId, keysSeen: { $elemMatch: { kid: { $nin: [...kids] } } } },
        { $pull: { keysSeen: { kid: { $nin: [...kids] } } } },
      )
      for (const kid of new Set(kids)) {
        const isNew = { _id: keyRowId, 'keysSeen.kid': { $ne: kid } }
        await accounts.updateOne(isNew, { $push: { keysSeen: { kid, since: clock.now() } } })
      }
    },

    keysSeen: async (): Promise<KeySeen[]> =>
      (await accounts.findOne({ _id: keyRowId }, { keysSeen: 1 }).lean())?.keysSeen ?? [],

    /** The key ids under which anything is sealed here. */
    kids: async (): Promise<string[]> => {
      const [owed, keyRow] = await Promise.all([
        accounts.distinct('owed.refreshToken.kid', { 'owed.refreshToken.kid': { $gt: '' } }),
        accounts.findOne({ _id: keyRowId }, { sealedKey: 1 }).lean(),
      ])
      return [...owed.map(String), ...(keyRow?.sealedKey ? [keyRow.sealedKey.kid] : [])]
    },

    /** Accounts whose owed revocation is to be made with tokens sealed under this key. */
    owedUnderKey: async (kid: string, after: string | null, limit: number): Promise<string[]> => {
      const found = await accounts
        .find({ 'owed.refreshToken.kid': kid, _id: { $gt: after ?? '' } }, { _id: 1 })
        .sort({ 'owed.refreshToken.kid': 1, _id: 1 })
        .limit(limit)
        .lean()
      return found.map(({ _id }) => _id)
    },

    /** Tokens that wait to be revoked, and the key of the ids. */
    countByKey: (): Promise<KeyCount[]> =>
      accounts.aggregate<KeyCount>([
        { $match: { $or: [{ _id: keyRowId }, { 'owed.nextTryAt': { $gt: new Date(0) } }] } },
        { $group: { _id: { $ifNull: ['$owed.refreshToken.kid', '$sealedKey.kid'] }, count: { $sum: 1 } } },
        { $project: { _id: 0, kid: '$_id', count: 1 } },
      ]),
  }
}

export type AccountStore = ReturnType<typeof createAccountStore>
