import { setTimeout as delay } from 'node:timers/promises'
import type { CredentialRow } from '@slipstream/records'
import { backoffMs, type Secret } from '@slipstream/runtime'
import { oweLate } from './account.ts'
import type { AccountStore } from './account-store.ts'
import type { CredentialStore, LeasedCredential, Position } from './credential-store.ts'
import { SealBrokenError } from './envelope.ts'
import type { Keyring } from './keyring.ts'
import type { Timings } from './timings.ts'
import { holdsPair, openToken, type SealedPair, sealPair, type TokenPair } from './token-pair.ts'

/** What a refresh brought, and what it was made with. */
export interface Child {
  /** The credential that was refreshed. */
  parent: LeasedCredential
  /** The refresh token it was made with. */
  spent: Secret
  pair: TokenPair
}

/** `owed`: its grant has ended and nobody holds the account, so it is to be revoked. `superseded`: of no use to anyone. */
export type Kept = 'stored' | 'owed' | 'superseded'

export interface ChildKeeperOptions {
  store: CredentialStore
  accounts: AccountStore
  keyring: Keyring
  timings: Timings
  /** A pair waits in memory because the store does not take it; told at each failed try. */
  onStoreFailed: (linkId: string, error: unknown, attempt: number) => void
}

export const createChildKeeper = ({ store, accounts, keyring, timings, onStoreFailed }: ChildKeeperOptions) => {
  const holds = (credential: CredentialRow, token: Secret): boolean => {
    try {
      return openToken({ ...credential, linkId: credential._id }, 'refreshToken', keyring).reveal() === token.reveal()
    } catch (error) {
      if (error instanceof SealBrokenError) return false
      throw error
    }
  }

  /**
   * A pair replaces the one it was made from: the next version of it, or any version that still has the refresh token
   * which the provider replaced by this one.
   */
  const place = async (
    { parent, spent, pair }: Child,
    sealed: SealedPair,
  ): Promise<'stored' | 'superseded' | 'ended'> => {
    let position: Position = parent
    for (;;) {
      if (await store.replaceTokens(position, sealed)) return 'stored'
      const current = await store.find(parent._id)
      if (!current) return 'ended'
      // Compared opened: what an earlier try has stored may have been sealed anew under another key since.
      if (holdsPair({ ...current, linkId: current._id }, pair, keyring)) return 'stored'
      const isReplaced = pair.refreshToken.reveal() !== spent.reveal() && holds(current, spent)
      if (!isReplaced) return (current.epoch ?? null) === (parent.epoch ?? null) ? 'superseded' : 'ended'
      position = current
    }
  }

  const owe = async ({ parent }: Child, sealed: SealedPair): Promise<Kept> => {
    const accountId = parent.accountId ?? (await accounts.idOfLink(parent._id))
    if (accountId === null) return 'superseded'
    const { athleteId, epoch = 0, tokenVersion } = parent
    const tokens = { ...sealed, linkId: parent._id, athleteId, epoch, tokenVersion: tokenVersion + 1, isCertain: true }
    const { isChanged } = await accounts.change(accountId, (account, now) => oweLate(account, tokens, now))
    return isChanged ? 'owed' : 'superseded'
  }

  const keepOnce = async (child: Child, sealed: SealedPair): Promise<Kept> => {
    const placed = await place(child, sealed)
    return placed === 'ended' ? await owe(child, sealed) : placed
  }

  /**
   * Finds the place of a new pair and stores it there. It may be the only copy of the grant, so this is tried for as
   * long as the process lives.
   */
  return async (child: Child): Promise<Kept> => {
    const { _id: linkId, athleteId } = child.parent
    const sealed = sealPair(child.pair, { linkId, athleteId }, keyring)
    for (let attempt = 1; ; attempt++) {
      try {
        return await keepOnce(child, sealed)
      } catch (error) {
        onStoreFailed(linkId, error, attempt)
        await delay(backoffMs({ firstMs: timings.pollMs, longestMs: timings.storePauseMs }, attempt))
      }
    }
  }
}

export type KeepChild = ReturnType<typeof createChildKeeper>
