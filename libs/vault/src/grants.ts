import type { CredentialRow } from '@slipstream/records'
import { adopt, hold, isCallUnderWay, type Leaving, leaveTo, release } from './account.ts'
import type { AccountIds } from './account-ids.ts'
import type { AccountStore } from './account-store.ts'
import type { CredentialStore, DeadGrant, GrantTurn } from './credential-store.ts'
import type { Keyring } from './keyring.ts'
import type { Timings } from './timings.ts'
import { resealPair, sealPair, type TokenOwner, type TokenPair } from './token-pair.ts'

/** A consent that was taken up. */
export interface BegunGrant {
  accountId: string
  /** An earlier grant of the account is being revoked at this moment: wait for it, then prove that this one lives. */
  isRevocationUnderWay: boolean
}

/**
 * What an ended link leaves behind. `owed`: its account owes the revocation now. `held`: another link holds the account.
 * `dead`: Strava had ended the grant. `unknown`: there is nothing to revoke with, and the grant may live on.
 */
export type EndedGrant = (Owed | { kind: 'held' | 'dead' | 'unknown' }) & { hadTokens: boolean }
type Owed = { kind: 'owed'; accountId: string }

/** Begins and ends grants; hands out no token. */
export interface Grants {
  /** Whether a grant could be taken up now. @throws SealBrokenError when the key of the account ids does not open */
  assertUsable(): Promise<void>
  /**
   * Takes up a consent: the link holds the Strava account from now on, whoever held it before, and these are its tokens.
   * A revocation that the account owes is cancelled, unless its call has left.
   */
  begin(
    grant: TokenOwner & { stravaAthleteId: string; status: 'pending' | 'active'; tokens: TokenPair },
  ): Promise<BegunGrant>
  /**
   * Leaves the account to another link. Its tokens go there if they are wanted, unless those of a later consent are there;
   * else they are dropped. False when the first link had none.
   */
  handOver(fromLinkId: string, to: TokenOwner & { areTokensWanted: boolean }): Promise<boolean>
  /** Pending becomes active. False when it has no tokens, they are dead, or a later consent has the account. */
  activate(linkId: string): Promise<boolean>
  isActive(linkId: string): Promise<boolean>
  /** A link has ended: its tokens go, and its account owes their revocation. May be repeated. */
  end(owner: TokenOwner): Promise<EndedGrant>
  /** Makes sure that the account of a link from 0.1 is known. May be repeated. */
  adopt(link: TokenOwner & { stravaAthleteId: string }): Promise<void>
  /** Links of 0.1 that are to be adopted, by their id, from the one behind `after` on. */
  withoutAccount(after: string | null, limit: number): Promise<string[]>
  /** Grants that died or came back, oldest first, each until it is `heard`; those later than `after`. */
  turns(after: Date | null, limit: number): Promise<GrantTurn[]>
  heard(turn: GrantTurn): Promise<void>
  /** Grants that have died and are to be looked at now; each until it is settled, postponed, or comes back. */
  deadGrants(limit: number): Promise<DeadGrant[]>
  /** A receipt stands for the data that came under it. */
  settleDead(grant: DeadGrant): Promise<void>
  postponeDead(grant: DeadGrant, attempts: number, nextTryAt: Date): Promise<void>
}

export interface GrantsOptions {
  store: CredentialStore
  accounts: AccountStore
  accountIds: AccountIds
  keyring: Keyring
  timings: Timings
}

/** A refresh token that was refused, and no refresh that could have replaced it: then Strava has ended the grant. */
const leavingOf = (credential: CredentialRow): Leaving => {
  const { _id: linkId, athleteId, epoch = 0, tokenVersion } = credential
  const isAccountedFor = credential.refreshStartedAt === null && !credential.refusal
  if (credential.status === 'dead' && isAccountedFor) return { kind: 'dead' }
  const { accessToken, refreshToken, accessExpiresAt } = credential
  const isCertain = credential.status !== 'dead' && credential.refreshStartedAt === null
  const sealed = { accessToken, refreshToken, accessExpiresAt }
  return { kind: 'revoke', tokens: { linkId, athleteId, epoch, tokenVersion, ...sealed, isCertain } }
}

export const createGrants = (options: GrantsOptions): Grants => {
  const { store, accounts, accountIds, keyring, timings } = options

  const leave = async (accountId: string, holder: TokenOwner, leaving: Leaving) => {
    const { after, isChanged } = await accounts.change(accountId, (account, now) =>
      release(account, { holder, leaving, now, keptMs: timings.accountKeptMs }),
    )
    if (!isChanged) return { kind: 'held' } as const
    if (after?.owed) return { kind: 'owed', accountId } as const
    return { kind: leaving.kind === 'dead' ? 'dead' : 'unknown' } as const
  }

  /** Nothing is kept for the link: it was ended before, or its tokens never came to be stored. */
  const endWithoutTokens = async (holder: TokenOwner): Promise<EndedGrant> => {
    const accountId = await accounts.idOfLink(holder.linkId)
    if (accountId === null) return { kind: 'unknown', hadTokens: false }
    const { row } = await accounts.read(accountId)
    if (row?.account.owed) return { kind: 'owed', accountId, hadTokens: true }
    if (row?.account.endsAt) return { kind: 'dead', hadTokens: true }
    return { ...(await leave(accountId, holder, { kind: 'unknown' })), hadTokens: false }
  }

  const end: Grants['end'] = async ({ linkId, athleteId }) => {
    const credential = await store.find(linkId)
    if (!credential) return await endWithoutTokens({ linkId, athleteId })
    const holder = { linkId, athleteId: credential.athleteId }
    const { accountId } = credential
    const left = accountId ? await leave(accountId, holder, leavingOf(credential)) : ({ kind: 'unknown' } as const)
    // A refresh that ended meanwhile has stored newer tokens: it is those that are to be revoked.
    return (await store.remove(credential)) ? { ...left, hadTokens: true } : await end({ linkId, athleteId })
  }

  return {
    assertUsable: accountIds.assertUsable,

    begin: async ({ stravaAthleteId, linkId, athleteId, status, tokens }) => {
      const accountId = await accountIds.of(stravaAthleteId)
      const { before, after, now } = await accounts.change(accountId, (account, now) =>
        hold(account, { linkId, athleteId }, now),
      )
      const epoch = after?.epoch ?? 0
      const sealed = sealPair(tokens, { linkId, athleteId }, keyring)
      await store.put({ linkId, athleteId, accountId, epoch, status }, sealed)
      return { accountId, isRevocationUnderWay: isCallUnderWay(before, now) }
    },

    handOver: async (fromLinkId, { linkId, athleteId, areTokensWanted }) => {
      const from = await store.find(fromLinkId)
      if (!from) return false
      const { accountId, epoch } = from
      if (accountId !== undefined && epoch !== undefined) {
        if (areTokensWanted) {
          const sealed = resealPair({ ...from, linkId: fromLinkId }, { linkId, athleteId }, keyring)
          await store.put({ linkId, athleteId, accountId, epoch, status: 'active' }, sealed)
        }
        await accounts.change(accountId, (account) => account && leaveTo(account, { linkId, athleteId }))
      }
      await store.remove(from)
      return true
    },

    activate: async (linkId) => {
      const accountId = (await store.find(linkId))?.accountId
      if (accountId) {
        const { row } = await accounts.read(accountId)
        if (!row?.account.isHeld || row.account.linkId !== linkId) return false
      }
      return await store.activate(linkId)
    },

    isActive: async (linkId) => (await store.find(linkId))?.status === 'active',
    end,

    adopt: async ({ stravaAthleteId, linkId, athleteId }) => {
      const credential = await store.find(linkId)
      if (!credential || credential.accountId) return
      const accountId = await accountIds.of(stravaAthleteId)
      await accounts.change(accountId, (account) => adopt(account, { linkId, athleteId }))
      // Ended meanwhile: then nobody else would let go of the account.
      if (!(await store.adopt(linkId, accountId))) await end({ linkId, athleteId })
    },
    withoutAccount: store.withoutAccount,
    turns: store.turns,
    heard: store.heard,
    deadGrants: store.deadGrants,
    settleDead: store.settleDead,
    postponeDead: store.postponeDead,
  }
}
