import type { WritableCollection } from '@slipstream/persistence'
import type { CredentialRow } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import type { SealedPair } from './token-pair.ts'

// The lease and the tokens are one document, so that who may write and what is written are decided together:
// - `leaseUntil` is set and compared in the server's time; clocks of processes do not matter.
// - `fence` rises with every lease and every new grant. A write under a lease repeats it, so a holder that was paused
//   past its time changes nothing.
// - `tokenVersion` rises with every new pair.

/** The credential as it was when the lease began; `fence` is the lease's own. */
export type LeasedCredential = CredentialRow

/** `stored`, or what happened to the credential meanwhile. */
export type Replacement = 'stored' | 'fenced_off' | 'gone'

export interface CredentialStoreOptions {
  credentials: WritableCollection<'credentials'>
  clock: Clock
  owner: string
  leaseMs: number
}

export const createCredentialStore = ({ credentials, clock, owner, leaseMs }: CredentialStoreOptions) => {
  const noLease = { leaseOwner: null, leaseUntil: null }

  const lease = async (condition: Record<string, unknown>, changes: Record<string, unknown>) => {
    const before = await credentials
      .findOneAndUpdate(
        // A missing lease is null, which sorts before every time.
        { ...condition, $expr: { $lte: ['$leaseUntil', '$$NOW'] } },
        [
          {
            $set: {
              leaseOwner: { $literal: owner },
              leaseUntil: { $add: ['$$NOW', leaseMs] },
              fence: { $add: ['$fence', 1] },
              ...changes,
            },
          },
        ],
        { updatePipeline: true, returnDocument: 'before' },
      )
      .lean<CredentialRow>()
    return before && { ...before, fence: before.fence + 1 }
  }

  return {
    find: (linkId: string): Promise<CredentialRow | null> =>
      credentials.findOne({ _id: linkId }).lean<CredentialRow>().exec(),

    /** Inserts or replaces. The newest grant always wins: raising the fence shuts out a refresh of the one before. */
    put: async (linkId: string, athleteId: string, status: 'pending' | 'active', tokens: SealedPair): Promise<void> => {
      const now = clock.now()
      await credentials.updateOne(
        { _id: linkId },
        {
          $set: { athleteId, status, ...tokens, ...noLease, refreshStartedAt: null, updatedAt: now },
          $inc: { tokenVersion: 1, fence: 1 },
          $setOnInsert: { createdAt: now },
        },
        { upsert: true },
      )
    },

    activate: async (linkId: string): Promise<boolean> => {
      const { matchedCount } = await credentials.updateOne(
        { _id: linkId, status: { $in: ['pending', 'active'] } },
        { $set: { status: 'active', updatedAt: clock.now() } },
      )
      return matchedCount === 1
    },

    /** Null while another holds the lease, and when the credential is no longer active with this version. */
    leaseForRefresh: (linkId: string, tokenVersion: number): Promise<LeasedCredential | null> =>
      lease(
        { _id: linkId, status: 'active', tokenVersion },
        // Stays at the oldest refresh whose result was not stored: the trace of a crash in between.
        { refreshStartedAt: { $ifNull: ['$refreshStartedAt', '$$NOW'] } },
      ),

    /** Null while another holds the lease, and when there is no credential. */
    leaseForRelease: (linkId: string): Promise<LeasedCredential | null> => lease({ _id: linkId }, {}),

    endLease: async ({ _id, fence }: LeasedCredential): Promise<void> => {
      await credentials.updateOne({ _id, fence }, { $set: noLease })
    },

    /** Stores the rotated pair and ends the lease. May be repeated when it is not known whether it happened. */
    replaceTokens: async ({ _id, fence, tokenVersion }: LeasedCredential, tokens: SealedPair): Promise<Replacement> => {
      const { matchedCount } = await credentials.updateOne(
        { _id, fence, tokenVersion },
        {
          $set: { ...tokens, ...noLease, refreshStartedAt: null, updatedAt: clock.now() },
          $inc: { tokenVersion: 1 },
        },
      )
      if (matchedCount === 1) return 'stored'
      const current = await credentials.findOne({ _id }, { fence: 1, tokenVersion: 1 }).lean()
      if (!current) return 'gone'
      return current.fence === fence && current.tokenVersion === tokenVersion + 1 ? 'stored' : 'fenced_off'
    },

    /** False when another has refreshed or taken over: then the refusal was for a token already replaced. */
    markDead: async ({ _id, fence, tokenVersion }: LeasedCredential): Promise<boolean> => {
      const { matchedCount } = await credentials.updateOne(
        { _id, fence, tokenVersion },
        { $set: { status: 'dead', ...noLease, updatedAt: clock.now() } },
      )
      return matchedCount === 1
    },

    /** False when the lease was lost meanwhile. */
    remove: async ({ _id, fence }: LeasedCredential): Promise<boolean> => {
      const { deletedCount } = await credentials.deleteOne({ _id, fence })
      return deletedCount === 1
    },

    countByKey: async (): Promise<Record<string, number>> => {
      const counts = await credentials.aggregate<{ _id: string; count: number }>([
        { $group: { _id: '$refreshToken.kid', count: { $sum: 1 } } },
      ])
      return Object.fromEntries(counts.map(({ _id, count }) => [_id, count]))
    },
  }
}

export type CredentialStore = ReturnType<typeof createCredentialStore>
