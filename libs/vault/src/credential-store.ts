import { isDuplicateKey, type WritableCollection } from '@slipstream/persistence'
import type { CredentialRow } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import type { SealedPair, TokenOwner } from './token-pair.ts'

// Two things are kept in one document, and only the first decides who may write tokens:
// - Lineage: `epoch` says from which consent the tokens come, `tokenVersion` rises with every new pair. A pair replaces
//   the one it was made from, however late it comes.
// - The lease (`leaseUntil`, set and compared in the server's time; `fence` rises with every lease) keeps two refreshes
//   of the same token apart. It decides who may say that a refresh failed, nothing else.

/** Where tokens stand in the line: rows of 0.1 have no epoch. */
export type Position = Pick<CredentialRow, '_id' | 'tokenVersion' | 'epoch'>

/** The credential as it was when the lease began; `fence` is the lease's own. `refreshStartedAt` tells of earlier refreshes. */
export type LeasedCredential = CredentialRow

/** A grant whose end or return the link does not show yet. */
export interface GrantTurn {
  linkId: string
  status: CredentialRow['status']
  turnedAt: Date
}

/** A grant that has died, and how often it has failed to end the data that came under it. */
export interface DeadGrant {
  linkId: string
  athleteId: string
  diedAt: Date
  attempts: number
}

/** How many documents hold something sealed under a key. */
export interface KeyCount {
  kid: string
  count: number
}

export interface CredentialStoreOptions {
  credentials: WritableCollection<'credentials'>
  clock: Clock
  owner: string
  leaseMs: number
}

const sealedFields = { athleteId: 1, accessToken: 1, refreshToken: 1, accessExpiresAt: 1 } as const

/** The tokens of a credential, and whom they belong to. */
export type SealedCredential = SealedPair & TokenOwner

const at = ({ _id, tokenVersion, epoch }: Position) => ({ _id, tokenVersion, epoch: epoch ?? null })

export const createCredentialStore = ({ credentials, clock, owner, leaseMs }: CredentialStoreOptions) => {
  const noLease = { leaseOwner: null, leaseUntil: null }
  /** What a grant that dies now is marked with. */
  const deathAt = (now: Date) => ({
    ...{ status: 'dead' as const, diedAt: now, turnedAt: now },
    afterDeath: { nextTryAt: now, attempts: 0 },
  })
  /** The same death: one that was noted later is of a grant that came back in between. */
  const deathOf = ({ linkId, diedAt }: DeadGrant) => ({ _id: linkId, status: 'dead' as const, diedAt })
  const find = (linkId: string): Promise<CredentialRow | null> =>
    credentials.findOne({ _id: linkId }).lean<CredentialRow>().exec()

  return {
    find,

    /** Inserts or replaces. False when tokens of a later consent are there. */
    put: async (
      {
        linkId,
        ...grant
      }: Pick<CredentialRow, 'athleteId' | 'accountId' | 'epoch' | 'status'> & {
        linkId: string
        epoch: number
      },
      tokens: SealedPair,
    ): Promise<boolean> => {
      const now = clock.now()
      const fresh = { ...tokens, ...noLease, refreshStartedAt: null, refusal: null, updatedAt: now }
      try {
        const before = await credentials
          .findOneAndUpdate(
            { _id: linkId, $or: [{ epoch: { $lt: grant.epoch } }, { epoch: null }] },
            {
              $set: { ...grant, ...fresh },
              $unset: { afterDeath: 1 },
              $inc: { tokenVersion: 1, fence: 1 },
              $setOnInsert: { createdAt: now },
            },
            { upsert: true, returnDocument: 'before' },
          )
          .lean<CredentialRow>()
        if (before?.status === 'dead') {
          const turned = { revivedAt: now, turnedAt: now }
          await credentials.updateOne({ _id: linkId, epoch: grant.epoch }, { $set: turned })
        }
        return true
      } catch (error) {
        if (isDuplicateKey(error)) return false
        throw error
      }
    },

    activate: async (linkId: string): Promise<boolean> => {
      const { matchedCount } = await credentials.updateOne(
        { _id: linkId, status: { $in: ['pending', 'active'] } },
        { $set: { status: 'active', updatedAt: clock.now() } },
      )
      return matchedCount === 1
    },

    /**
     * For a credential of 0.1: to which account it belongs, and that its grant has ended if nobody noted when. False when
     * it is gone.
     */
    adopt: async (linkId: string, accountId: string): Promise<boolean> => {
      const now = clock.now()
      const { matchedCount } = await credentials.updateOne({ _id: linkId }, { $set: { accountId } })
      const unnoted = { _id: linkId, status: 'dead' as const, diedAt: { $exists: false } }
      await credentials.updateOne(unnoted, { $set: deathAt(now) })
      return matchedCount === 1
    },

    /** Null while another holds the lease, and when the credential is no longer active with this version. */
    lease: async (linkId: string, tokenVersion: number): Promise<LeasedCredential | null> => {
      const before = await credentials
        .findOneAndUpdate(
          // A missing lease is null, which sorts before every time.
          { _id: linkId, status: 'active', tokenVersion, $expr: { $lte: ['$leaseUntil', '$$NOW'] } },
          [
            {
              $set: {
                leaseOwner: { $literal: owner },
                leaseUntil: { $add: ['$$NOW', leaseMs] },
                fence: { $add: ['$fence', 1] },
                refreshStartedAt: '$$NOW',
              },
            },
          ],
          { updatePipeline: true, returnDocument: 'before' },
        )
        .lean<CredentialRow>()
      return before && { ...before, fence: before.fence + 1 }
    },

    /** @param isAccountedFor whether the provider surely replaced nothing: then only earlier refreshes may have. */
    endLease: async (
      { _id, fence, refreshStartedAt }: LeasedCredential,
      { isAccountedFor }: { isAccountedFor: boolean },
    ): Promise<void> => {
      await credentials.updateOne({ _id, fence }, { $set: { ...noLease, ...(isAccountedFor && { refreshStartedAt }) } })
    },

    /** Keeps the lease until two leases after the refresh before this one began. */
    holdBack: async ({ _id, fence, refreshStartedAt }: LeasedCredential): Promise<void> => {
      if (!refreshStartedAt) return
      const leaseUntil = new Date(refreshStartedAt.getTime() + 2 * leaseMs)
      await credentials.updateOne({ _id, fence }, { $max: { leaseUntil } })
    },

    /**
     * Puts a pair in the place of the one at this position; false when that is not there any more. A grant that counted
     * as dead meanwhile lives. May be repeated when it is not known whether it happened.
     */
    replaceTokens: async (position: Position, tokens: SealedPair): Promise<boolean> => {
      const now = clock.now()
      const ifDead = (then: unknown, otherwise: string) => ({ $cond: [{ $eq: ['$status', 'dead'] }, then, otherwise] })
      const { matchedCount } = await credentials.updateOne(
        at(position),
        [
          {
            $set: {
              accessToken: { $literal: tokens.accessToken },
              refreshToken: { $literal: tokens.refreshToken },
              accessExpiresAt: tokens.accessExpiresAt,
              ...noLease,
              tokenVersion: position.tokenVersion + 1,
              refreshStartedAt: null,
              refusal: null,
              status: ifDead('active', '$status'),
              revivedAt: ifDead(now, '$revivedAt'),
              turnedAt: ifDead(now, '$turnedAt'),
              afterDeath: '$$REMOVE',
              updatedAt: now,
            },
          },
        ],
        { updatePipeline: true },
      )
      return matchedCount === 1
    },

    /**
     * `held_back` until two leases after the refresh before this one began: it may still bring a pair. `superseded` when
     * another has refreshed or taken over: then the refusal was for a token already replaced, or is not the last word.
     */
    markDead: async (leased: LeasedCredential): Promise<'dead' | 'held_back' | 'superseded'> => {
      const { fence, refreshStartedAt } = leased
      const now = clock.now()
      const mine = { ...at(leased), fence, status: 'active' as const }
      const earlierEndsAt = new Date((refreshStartedAt?.getTime() ?? 0) + 2 * leaseMs)
      const { matchedCount } = await credentials.updateOne(
        { ...mine, $expr: { $lte: [earlierEndsAt, '$$NOW'] } },
        { $set: { ...deathAt(now), ...noLease, refreshStartedAt, updatedAt: now } },
      )
      if (matchedCount === 1) return 'dead'
      return (await credentials.exists(mine)) ? 'held_back' : 'superseded'
    },

    /** Notes a refusal that explains nothing. @returns since when the same one has been given, null when superseded */
    noteRefusal: async (leased: LeasedCredential, reason: string): Promise<Date | null> => {
      const since = leased.refusal?.reason === reason ? leased.refusal.since : clock.now()
      const { matchedCount } = await credentials.updateOne(
        { ...at(leased), fence: leased.fence },
        { $set: { refusal: { reason, since } } },
      )
      return matchedCount === 1 ? since : null
    },

    /** False when the credential has been given other tokens since. */
    remove: async (position: Position): Promise<boolean> => {
      const { deletedCount } = await credentials.deleteOne(at(position))
      return deletedCount === 1
    },

    /** Grants that died or came back, until `heard`. */
    turns: async (after: Date | null, limit: number): Promise<GrantTurn[]> => {
      const found = await credentials
        .find({ turnedAt: { $gt: after ?? new Date(0) } }, { status: 1, turnedAt: 1 })
        .sort({ turnedAt: 1 })
        .limit(limit)
        .lean()
      return found.flatMap(({ _id, status, turnedAt }) => (turnedAt ? [{ linkId: _id, status, turnedAt }] : []))
    },

    heard: async ({ linkId, turnedAt }: GrantTurn): Promise<void> => {
      await credentials.updateOne({ _id: linkId, turnedAt }, { $unset: { turnedAt: 1 } })
    },

    /** Those that are to be looked at now, the longest waiting first. */
    deadGrants: async (limit: number): Promise<DeadGrant[]> => {
      const found = await credentials
        .find({ 'afterDeath.nextTryAt': { $lte: clock.now() } }, { athleteId: 1, diedAt: 1, afterDeath: 1 })
        .sort({ 'afterDeath.nextTryAt': 1 })
        .limit(limit)
        .lean()
      return found.flatMap(({ _id: linkId, athleteId, diedAt, afterDeath }) =>
        diedAt && afterDeath ? [{ linkId, athleteId, diedAt, attempts: afterDeath.attempts }] : [],
      )
    },

    settleDead: async (grant: DeadGrant): Promise<void> => {
      await credentials.updateOne(deathOf(grant), { $unset: { afterDeath: 1 } })
    },

    postponeDead: async (grant: DeadGrant, attempts: number, nextTryAt: Date): Promise<void> => {
      await credentials.updateOne(deathOf(grant), { $set: { afterDeath: { nextTryAt, attempts } } })
    },

    /** Links whose credential was written by 0.1, and so names no account yet; a pending one is soon completed or taken back. */
    withoutAccount: async (after: string | null, limit: number): Promise<string[]> => {
      const found = await credentials
        .find({ accountId: null, _id: { $gt: after ?? '' }, status: { $ne: 'pending' } }, { _id: 1 })
        .sort({ accountId: 1, _id: 1 })
        .limit(limit)
        .lean()
      return found.map(({ _id }) => _id)
    },

    /** The key ids under which anything is sealed. */
    kids: (): Promise<string[]> => credentials.distinct('refreshToken.kid'),

    /** Both tokens of a credential are always sealed together, so the key of one tells that of the other. */
    underKey: async (kid: string, after: string | null, limit: number): Promise<SealedCredential[]> => {
      const found = await credentials
        .find({ 'refreshToken.kid': kid, _id: { $gt: after ?? '' } }, sealedFields)
        .sort({ 'refreshToken.kid': 1, _id: 1 })
        .limit(limit)
        .lean()
      return found.map(({ _id, ...sealed }) => ({ ...sealed, linkId: _id }))
    },

    /**
     * Puts the same tokens, sealed anew, in the place of these. Where others have been stored meanwhile they stay; lineage and
     * lease are left as they are, so a refresh under way stores what it gets. @returns how many were replaced
     */
    reseal: async (changes: readonly { from: SealedCredential; to: SealedPair }[]): Promise<number> => {
      const { matchedCount } = await credentials.bulkWrite(
        changes.map(({ from, to: { accessToken, refreshToken } }) => ({
          updateOne: {
            filter: {
              _id: from.linkId,
              'accessToken.ciphertext': from.accessToken.ciphertext,
              'refreshToken.ciphertext': from.refreshToken.ciphertext,
            },
            update: { $set: { accessToken, refreshToken } },
          },
        })),
        { ordered: false },
      )
      return matchedCount
    },

    /** Counts only what is under other keys than this one, of which there is little: the rest is under this one. */
    countByKey: async (primaryKid: string): Promise<KeyCount[]> => {
      const kids = await credentials.distinct('refreshToken.kid')
      const others = await Promise.all(
        kids
          .filter((kid) => kid !== primaryKid)
          .map(async (kid) => ({ kid, count: await credentials.countDocuments({ 'refreshToken.kid': kid }) })),
      )
      const total = await credentials.estimatedDocumentCount()
      const underPrimary = others.reduce((left, { count }) => left - count, total)
      return underPrimary > 0 ? [...others, { kid: primaryKid, count: underPrimary }] : others
    },
  }
}

export type CredentialStore = ReturnType<typeof createCredentialStore>
